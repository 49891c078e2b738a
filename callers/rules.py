"""The rules of JSON Schema that run a pattern, each within a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from catalog.patterns import found


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """A pattern that takes too long says nothing: the upstream holds its values against it."""
    if validator.is_type(value, "string") and found(pattern, value) is False:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _named(validator: Any, patterns: Mapping[str, Any], value: Any, schema: Any) -> Iterator[ValidationError]:
    """The fields of an object by patterns of their names."""
    for pattern, inner in patterns.items() if validator.is_type(value, "object") else ():
        for name in [name for name in value if found(pattern, name)]:
            yield from validator.descend(value[name], inner, path=name, schema_path=pattern)


def _others(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """The fields of an object that no name and no pattern speaks of."""
    if not validator.is_type(value, "object"):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in [n for n in value if n not in named and all(found(p, n) is False for p in patterns)]:
        if allowed is False:
            yield ValidationError(f"Additional properties are not allowed ({name!r} was unexpected)")
        else:
            yield from validator.descend(value[name], allowed, path=name)


BoundedValidator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _named, "additionalProperties": _others}
)

"""A JSON Schema of a function's arguments as parameters, and one of its result as the shape of a response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, at, first_problem, kind
from catalog.importers.switchboard_parameters import KEYWORDS
from catalog.models import JsonType, Parameter

TYPES: frozenset[str] = frozenset(get_args(JsonType))
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
MOST_PARTS = 5_000  # a few definitions that name each other twice would grow without end
DEEPEST = 32


def parameters_of(schema: JsonValue) -> tuple[Parameter, ...]:
    """The properties of an object schema, in their order. Raises UnreadableDocument."""
    if not isinstance(schema, dict):
        raise UnreadableDocument("", f"must be a JSON Schema, not {kind(schema)}")
    whole = _Inlined(schema).value(schema)
    properties, required = _of(whole, "properties"), whole.get("required") or []
    if not isinstance(required, list):
        raise UnreadableDocument("required", f"must be a list of names, not {kind(required)}")
    return tuple(_parameter(name, said, name in required) for name, said in properties.items())


def shape_of(schema: JsonValue) -> JsonValue:
    """Keys and value types, as `Api.response_shape` has them; None: nothing is known. Raises UnreadableDocument."""
    return _shape(_Inlined(schema).value(schema)) if isinstance(schema, dict) else None


@dataclass
class _Inlined:
    """Puts definitions in place of the references to them; one that holds itself ends in `{}`."""

    root: Fields
    parts: int = 0

    def value(self, schema: Fields) -> dict[str, JsonValue]:
        written = self._written(schema, ())
        return written if isinstance(written, dict) else {}

    def _written(self, value: JsonValue | Fields, within: tuple[str, ...], depth: int = 0) -> JsonValue:
        self.parts += 1
        if self.parts > MOST_PARTS or depth > DEEPEST:
            raise UnreadableDocument("", f"holds more than {MOST_PARTS} parts, or is nested deeper than {DEEPEST}")
        if isinstance(value, list):
            return [self._written(item, within, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value  # type: ignore[return-value]  # a scalar by now
        reference = value.get("$ref")
        beside = {k: self._written(v, within, depth + 1) for k, v in value.items() if k not in ("$ref", "$defs")}
        if not isinstance(reference, str):
            return beside
        if reference in within:
            return beside
        meant = self._written(self._meant(reference), (*within, reference), depth + 1)
        return {**meant, **beside} if isinstance(meant, dict) else beside

    def _meant(self, reference: str) -> JsonValue:
        found: JsonValue | Fields = self.root
        for part in reference.removeprefix("#").split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        if not reference.startswith("#") or not isinstance(found, dict):
            raise UnreadableDocument("$ref", f"{reference!r} leads nowhere in this schema")
        return found


def _of(schema: Fields, name: str) -> Fields:
    value = schema.get(name) or {}
    if not isinstance(value, dict):
        raise UnreadableDocument(name, f"must be an object, not {kind(value)}")
    return value


def _parameter(name: str, said: JsonValue, required: bool) -> Parameter:
    schema = _single(said if isinstance(said, dict) else {})
    constraints = {key: value for key, value in schema.items() if key in KEYWORDS or key == "required"}
    constraints.pop("const", None)  # said as the one choice there is
    where = at("properties", name)
    try:
        Draft202012Validator.check_schema(constraints)
        return Parameter(
            name=name,
            place="body",
            type=_type(schema),  # type: ignore[arg-type]  # checked by the model
            required=required,
            title=_text(schema, "title"),
            description=_text(schema, "description"),
            enum=tuple(_choices(schema) or ()),
            default=schema.get("default"),
            example=_example(schema),
            constraints=constraints,
        )
    except SchemaError as error:
        raise UnreadableDocument(where, error.message[:200]) from error
    except ValidationError as error:
        raise UnreadableDocument(where, first_problem(error)) from error


def _text(schema: Fields, name: str) -> str:
    value = schema.get(name)
    return value if isinstance(value, str) else ""


def _example(schema: Fields) -> JsonValue:
    examples = schema.get("examples")
    return examples[0] if isinstance(examples, list) and examples else schema.get("example")


def _choices(schema: Fields) -> list[JsonValue] | None:
    if "const" in schema:
        return [schema["const"]]
    enum = schema.get("enum")
    return [value for value in enum if value is not None] if isinstance(enum, list) else None


def _single(schema: Fields) -> dict[str, JsonValue]:
    """One schema where there were several: null left out, and of the others the one that takes most from a person.

    A value of one alternative is a value of the whole, so nothing wrong can come of it.
    """
    for word in ("anyOf", "oneOf", "allOf"):
        several = schema.get(word)
        if not isinstance(several, list):
            continue
        beside = {key: value for key, value in schema.items() if key != word}
        others = [_single(each) for each in several if isinstance(each, dict) and each.get("type") != "null"]
        if len(others) == 1:
            return {**others[0], **beside}
        if word != "allOf" and others:
            return {**_widest(others), **beside}
    return dict(schema)


def _widest(alternatives: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    choices = [_choices(each) for each in alternatives]
    if all(choices):
        first = {key: value for key, value in alternatives[0].items() if key != "const"}
        return {**first, "enum": [value for each in choices for value in each or ()]}
    types = [_type(each) for each in alternatives]
    if set(types) == {"integer", "number"}:
        return alternatives[types.index("number")]
    return alternatives[types.index("string")] if "string" in types else alternatives[0]


def _type(schema: Fields) -> str:
    """The declared type, else the one that the rest speaks of, else text."""
    declared = schema.get("type")
    named = [each for each in (declared if isinstance(declared, list) else [declared]) if each in TYPES]
    return next((str(each) for each in named), None) or next(_guessed(schema), "string")


def _guessed(schema: Fields) -> Iterator[str]:
    if "properties" in schema:
        yield "object"
    if "items" in schema:
        yield "array"
    for value in (*(_choices(schema) or ()), schema.get("default")):
        names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
        if type(value) in names:
            yield names[type(value)]


def _shape(schema: Fields) -> JsonValue:
    single = _single(schema)
    declared = _type(single)
    if declared == "object":
        properties = single.get("properties")
        named = properties.items() if isinstance(properties, dict) else ()
        return {key: _shape(value) if isinstance(value, dict) else None for key, value in named} or None
    if declared == "array":
        items = single.get("items")
        return [_shape(items)] if isinstance(items, dict) else []
    return SCALARS.get(declared) if "type" in single or "enum" in single or "const" in single else None

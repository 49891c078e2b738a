"""What a JSON Schema says against a value. Its validator is kept: to make one takes twenty times as long as to ask."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError, best_match
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from callers.rules import BoundedValidator

KEPT = 256
LONGEST = 20_000
"""Characters of a schema whose validator is kept: all of them together stay small."""
_LOCAL_ONLY: Registry[bool | Mapping[str, Any]] = Registry()
"""Without a registry of its own, jsonschema would fetch a remote `$ref` from the network."""


def fault(schema: Mapping[str, JsonValue], value: JsonValue) -> ValidationError | None:
    """The worst; None: it fits. A rule that cannot be applied (a pattern of another dialect, a reference to nowhere)
    says nothing."""
    text = json.dumps(schema)
    validator = _kept(text) if len(text) <= LONGEST else _made(schema)
    found: list[ValidationError] = []
    with suppress(SchemaError, UnknownType, Unresolvable, re.error, TypeError, ValueError):
        for error in validator.iter_errors(value):
            found.append(error)  # one by one: what came before a broken rule counts
    worst: ValidationError | None = best_match(found) if found else None
    return worst


@lru_cache(maxsize=KEPT)
def _kept(text: str) -> Draft202012Validator:
    return _made(json.loads(text))


def _made(schema: Mapping[str, JsonValue]) -> Draft202012Validator:
    return BoundedValidator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER, registry=_LOCAL_ONLY)

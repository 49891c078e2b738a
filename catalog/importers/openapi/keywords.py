"""The plain keywords of a schema: types and limits, in the words of JSON Schema 2020-12."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, kind
from catalog.models import JsonType

LONGEST_TEXT = 400  # of what is said of a nested value
MOST_CHOICES = 1_000
LARGEST_EXAMPLE = 2_000  # characters

TYPES: Mapping[str, JsonType] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
    "file": "string",
    # What documents say that mean well.
    "int": "integer",
    "int32": "integer",
    "int64": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "bool": "boolean",
    "date": "string",
    "datetime": "string",
    "date-time": "string",
    "str": "string",
    "uuid": "string",
    "list": "array",
    "dict": "object",
    "json": "object",
}


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_pattern(value: JsonValue) -> bool:
    """Whether it means something here: JavaScript knows some that Python does not."""
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except (re.error, OverflowError, RecursionError):
        return False


PLAIN: Mapping[str, Callable[[JsonValue], bool]] = {
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_count),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("title", "format", "contentEncoding", "contentMediaType"), _is_text),
    "multipleOf": lambda value: isinstance(value, int | float) and value > 0,
    "pattern": _is_pattern,
    "uniqueItems": lambda value: isinstance(value, bool),
    "const": lambda value: True,
}
"""Keywords that are taken over, each if its value makes sense; what makes none limits nothing."""


def read_types(fields: Fields) -> tuple[list[JsonType], bool]:
    """The types that a schema allows, and whether null is one of them. No types: it does not say."""
    said = fields.get("type")
    names = said if isinstance(said, list) else [] if said is None else [said]
    types: list[JsonType] = []
    for name in names:
        if name is None:  # YAML's null without quotes
            continue
        if not isinstance(name, str):
            raise UnreadableDocument("type", f"must be a name, not {kind(name)}")
        if name in ("null", "any", ""):
            continue
        if name.lower() not in TYPES:
            raise UnreadableDocument("type", f"{name!r} is no type of JSON Schema")
        types.append(TYPES[name.lower()])
    nullable = "null" in names or None in names or fields.get("nullable") is True or fields.get("x-nullable") is True
    return (types or _implied(fields)), nullable


def _implied(fields: Fields) -> list[JsonType]:
    if "properties" in fields or isinstance(fields.get("additionalProperties"), dict):
        return ["object"]
    if "items" in fields:
        return ["array"]
    choices = fields.get("enum")
    values = choices if isinstance(choices, list) else [fields["const"]] if "const" in fields else []
    return [json_type(values[0])] if values and values[0] is not None else []


def json_type(value: JsonValue) -> JsonType:
    kinds: dict[type, JsonType] = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "string")


def copied(fields: Fields, types: list[JsonType]) -> dict[str, JsonValue]:
    """The keywords that stand by themselves."""
    said = {key: fields[key] for key, fits in PLAIN.items() if key in fields and fits(fields[key])}
    if fields.get("type") == "file":
        said["format"] = "binary"
    if isinstance(text := fields.get("description"), str) and text.strip():
        said["description"] = text.strip()[:LONGEST_TEXT]
    said.update(_bounds(fields))
    if choices := choices_of(fields, types):
        said["enum"] = choices
    return said


def _bounds(fields: Fields) -> dict[str, JsonValue]:
    """Exclusive limits: a number since 3.1, before that a flag beside the limit."""
    said: dict[str, JsonValue] = {}
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value, bound = fields.get(exclusive), fields.get(limit)
        if value is True and _is_number(bound):
            said[exclusive] = bound
        elif _is_number(value):
            said[exclusive] = value
    return said


def choices_of(fields: Fields, types: list[JsonType]) -> list[JsonValue]:
    """The values of `enum`; too many to be shown are none."""
    choices = fields.get("enum")
    if choices is None:
        return []
    if not isinstance(choices, list):
        raise UnreadableDocument("enum", f"must be a list of values, not {kind(choices)}")
    if len(choices) > MOST_CHOICES:
        return []
    kept: list[JsonValue] = [choice for choice in choices if choice is not None]
    if types != ["string"]:
        return kept
    # YAML reads an unquoted 2 or true; beside `type: string` the text is meant.
    return [choice if isinstance(choice, str | list | dict) else json.dumps(choice) for choice in kept]


def example_of(*said: Fields) -> JsonValue:
    """The first example of several places that may hold one. It never stands for a default."""
    for fields in said:
        for key in ("example", "x-example"):
            if fields.get(key) is not None and is_short(fields[key]):
                return fields[key]
        for value in _several(fields.get("examples")):
            if value is not None and is_short(value):
                return value
    return None


def _several(examples: JsonValue) -> list[JsonValue]:
    if isinstance(examples, list):
        return examples
    if not isinstance(examples, dict):
        return []
    named = (each for each in examples.values() if isinstance(each, dict))
    return [each.get("value", each.get("dataValue")) for each in named]


def is_short(value: JsonValue) -> bool:
    return len(value if isinstance(value, str) else json.dumps(value)) <= LARGEST_EXAMPLE

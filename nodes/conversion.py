"""What a person typed, as the value that was meant: only where that is unambiguous."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic import JsonValue

from callers.schemas import fault

Schema = Mapping[str, JsonValue]

WORDS_FOR: Mapping[str, bool] = {
    "yes": True, "y": True, "true": True, "on": True, "1": True,
    "no": False, "n": False, "false": False, "off": False, "0": False,
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}(\.0+)?")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WRAPPING = " \t\r\n#\"'`.,;:!?()<>"
"""What people put around a code: "#123456", "(rtn003)."."""


class Misread(ValueError):
    """What was typed is not of the type. The message goes on after "must"."""


def is_blank(value: JsonValue) -> bool:
    """Left out: forms send empty strings for fields that nobody touched."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def single(schema: Schema) -> Schema:
    """The schema without null as a choice: who fills in a form leaves a field out instead."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        others = [name for name in kinds if name != "null"] or kinds
        return {**schema, "type": others[0] if len(others) == 1 else others}
    for word in ("anyOf", "oneOf"):
        said = [each for each in alternatives(schema, word) if each.get("type") != "null"]
        if len(said) == 1:
            return single({**said[0], **{key: value for key, value in schema.items() if key != word}})
    return schema


def alternatives(schema: Schema, *words: str) -> list[Schema]:
    """The schemas of which one is meant, where there are such."""
    listed = [schema.get(word) for word in words or ("anyOf", "oneOf")]
    return [each for part in listed if isinstance(part, list) for each in part if isinstance(each, dict)]


def converted(value: JsonValue, schema: Schema) -> JsonValue:
    """The value in the declared type. Raises Misread when it cannot be read so; it may still break other rules."""
    value = value.strip() if isinstance(value, str) else value
    schema = single(schema)
    listed = schema.get("enum")
    if isinstance(listed, list) and listed and schema.get("type") != "array":
        return _chosen(value, listed)
    match schema.get("type"):
        case "integer" | "number" if isinstance(value, str):
            return _number(value, schema)
        case "integer" if isinstance(value, float) and value.is_integer():
            return int(value)
        case "boolean":
            return _boolean(value)
        case "array":
            return _list(value, schema)
        case "object" if isinstance(value, str):
            return _from_json(value, "object")
        case "string":
            return _string(value, schema)
        case None | list():
            return _fitting(value, schema)
    return value


def _fitting(value: JsonValue, schema: Schema) -> JsonValue:
    """Of several types: as it stands if it fits so, else as the first that it can be read as."""
    kinds = schema.get("type")
    said: list[Schema] = [{"type": kind} for kind in kinds] if isinstance(kinds, list) else alternatives(schema)
    if not isinstance(value, str) or fault(schema, value) is None:
        return value
    for each in said:
        with suppress(Misread):
            read = converted(value, each)
            if fault(schema, read) is None:
                return read
    return value


def _chosen(value: JsonValue, listed: list[JsonValue]) -> JsonValue:
    """The choice that was meant: as it stands, as it is written, or in another case. Else the value unchanged."""
    if value in listed and not isinstance(value, bool):
        return value
    text = choice_text(value)
    exact = [choice for choice in listed if choice_text(choice) == text]
    alike = exact or [choice for choice in listed if choice_text(choice).casefold() == text.casefold()]
    return alike[0] if len(alike) == 1 else value


def choice_text(choice: JsonValue) -> str:
    """How a choice stands in a form: forms choose among strings."""
    return choice if isinstance(choice, str) else json.dumps(choice, ensure_ascii=False)


def _number(text: str, schema: Schema) -> JsonValue:
    if schema.get("type") == "integer":
        if not _INTEGER.fullmatch(text):
            raise Misread("be a whole number, in digits only")
        return int(text.partition(".")[0])
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise Misread("be a number, in digits, with a dot before the decimals")
    return int(text) if _INTEGER.fullmatch(text) and "." not in text else float(text)


def _boolean(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    meant = WORDS_FOR.get(str(value).lower())
    if meant is None:
        raise Misread("be yes or no")
    return meant


def _string(value: JsonValue, schema: Schema) -> JsonValue:
    """Text; a number that was sent for a text is the text of its digits. A code is freed of what stands around it."""
    if isinstance(value, bool | int | float):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise Misread("be text")
    if fault(schema, value) is None:
        return value
    bare = value.strip(_WRAPPING)
    fitting = [other for other in dict.fromkeys((bare, bare.upper(), bare.lower())) if fault(schema, other) is None]
    return fitting[0] if bare in fitting or len(fitting) == 1 else value


def _list(value: JsonValue, schema: Schema) -> JsonValue:
    """A list from JSON, or from words with commas between them where the entries are simple."""
    items = schema.get("items")
    item_schema: Schema = single(items) if isinstance(items, dict) else {}
    simple = item_schema.get("type", "string") in ("string", "integer", "number", "boolean")
    if isinstance(value, str) and (value.startswith("[") or not simple):
        value = _from_json(value, "array")
    elif isinstance(value, str):
        value = list(_words(value))
    entries = value if isinstance(value, list) else [value]
    return [converted(entry, item_schema) for entry in entries]


def _words(text: str) -> Iterator[str]:
    return (word.strip() for word in text.split(",") if word.strip())


def _from_json(text: str, wanted: str) -> JsonValue:
    example = '["a", "b"]' if wanted == "array" else '{"name": "value"}'
    problem = Misread(f"be {'a list' if wanted == 'array' else 'an object'} in JSON, like {example}")
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise problem from None
    if not isinstance(value, list if wanted == "array" else dict):
        raise problem
    return value


def _no_number(constant: str) -> JsonValue:
    raise ValueError(constant)

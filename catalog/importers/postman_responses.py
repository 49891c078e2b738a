"""What saved responses say of an answer: keys and types, no values."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import JsonValue

from catalog.importers.record import Fields

DEEPEST = 8
WIDEST = 100
TYPES = {bool: "bool", int: "int", float: "float", str: "str"}


def response_shape(responses: Iterable[Fields]) -> JsonValue:
    """Of the first saved response that went well and is JSON; None: there is none."""
    for response in responses:
        code, body = response.get("code"), response.get("body")
        went_well = code is None or (isinstance(code, int) and 200 <= code < 300)
        if went_well and isinstance(body, str) and (found := _parsed(body)) is not None:
            return shape_of(found)
    return None


def _parsed(body: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def shape_of(value: JsonValue, depth: int = 0) -> JsonValue:
    """`{"id": "str", "items": [{"name": "str"}]}`, of a list's first item."""
    if isinstance(value, dict):
        if depth >= DEEPEST:
            return "dict"
        return {name: shape_of(each, depth + 1) for name, each in list(value.items())[:WIDEST]}
    if isinstance(value, list):
        if depth >= DEEPEST:
            return "list"
        return [shape_of(value[0], depth + 1)] if value else "empty list"
    return TYPES.get(type(value), "null")

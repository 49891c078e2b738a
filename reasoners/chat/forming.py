"""Brings a value that a model wrote into the form that a parameter declares, where the meaning stays the same."""

from __future__ import annotations

import re
from math import isfinite

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.chat.reading import parsed, whole_number

_HOUR = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_HOUR_OF_A_DAY = re.compile(rf"\d{{4}}-\d\d-\d\d[T ]{_HOUR.pattern}")


def in_form(value: JsonValue, parameter: Parameter) -> JsonValue:
    """The value in the declared type and the spelling of its enum; None: it cannot be that."""
    typed = _typed(value, parameter.type) if _is_plain(value) else None
    if isinstance(typed, str):
        typed = _with_zone(typed, str(parameter.constraints.get("format", "")))
    if typed is None or not parameter.enum or parameter.type in ("array", "object"):
        return typed
    said = str(typed).casefold()
    return typed if typed in parameter.enum else next((e for e in parameter.enum if str(e).casefold() == said), None)


def _with_zone(value: str, wanted: str) -> str:
    """JSON Schema wants the zone of an hour, which people seldom name: UTC, as without a model."""
    if wanted == "date-time" and _HOUR_OF_A_DAY.fullmatch(value):
        return f"{value.replace(' ', 'T')}{'' if value.count(':') > 1 else ':00'}Z"
    if wanted == "time" and _HOUR.fullmatch(value):
        return f"{value}{'' if value.count(':') > 1 else ':00'}Z"
    return value


def _is_plain(value: JsonValue, depth: int = 20) -> bool:
    """No NaN, no number beyond all bounds, no nesting without end: JSON parsers let them in, requests do not."""
    if isinstance(value, int | float):
        return abs(value) < 1e300
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_plain(part, depth - 1) for part in inner)


def _typed(value: JsonValue, wanted: str) -> JsonValue:
    if wanted == "string":
        return _text(value)
    if wanted == "boolean":
        flags = {"true": True, "false": False, "yes": True, "no": False}
        return value if isinstance(value, bool) else flags.get(str(value).strip().casefold())
    if wanted == "integer":
        return whole_number(value)
    if wanted == "number":
        return _number(value)
    read = parsed(value)
    if wanted == "array":
        return read if isinstance(read, list) else [value] if not isinstance(read, dict) else None
    return read if isinstance(read, dict) else None


def _text(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else None


def _number(value: JsonValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return value if isinstance(value, int | float) else int(number) if value.strip().isdigit() else number

"""Whether values may be sent at all: known, complete, of the declared schema, sayable in UTF-8 and JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from callers.schemas import fault
from catalog.models import Api, Parameter

Problem = tuple[str, str]
"""The name of a value, and what is wrong with it."""

MAX_DEPTH = 64  # deeper than any real request body, and far from Python's own recursion limit
MAX_INTEGER_BITS = 1024  # Python refuses to write integers of more than 4,300 digits
MAX_DETAIL = 300  # jsonschema repeats the value in its message, and the value may be long


def problems(api: Api, values: Mapping[str, JsonValue]) -> list[Problem]:
    """Everything that is wrong with these values; empty when they may be sent."""
    known = {parameter.name for parameter in api.parameters}
    found = [(name, "the API has no such parameter") for name in values if name not in known]
    found += [(p.name, "is required") for p in api.required if p.name not in values]
    for parameter in api.parameters:
        if parameter.name in values:
            found += [(parameter.name, detail) for detail in _faults(parameter, values[parameter.name])]
    return found


def _faults(parameter: Parameter, value: JsonValue) -> Iterator[str]:
    """What is wrong with one value; at most one thing, so that one cause is not told twice."""
    detail = unsayable(value) or _misfit(parameter, value)
    if detail:
        yield detail


def unsayable(value: JsonValue) -> str:
    """Why no request can carry this value, in words; empty when one can."""
    waiting: list[tuple[JsonValue, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return f"is nested more than {MAX_DEPTH} levels deep"
        if detail := _unsayable_scalar(item):
            return detail
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]
    return ""


def _unsayable_scalar(value: JsonValue) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        return "is too large a number"
    if isinstance(value, str) and not _is_unicode(value):
        return "holds half a character (a lone surrogate)"
    return ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _misfit(parameter: Parameter, value: JsonValue) -> str:
    """What the parameter's schema says against this value, in words; empty when it fits.

    A rule that cannot be applied (a pattern of another dialect, a reference to nowhere) is left to the upstream:
    what keeps a value in its place is how it is written, not the schema.
    """
    error = fault(parameter.json_schema(), value)
    return error.message[:MAX_DETAIL] if error else ""

"""JSON as strict as the standard says: no NaN, no half characters, nothing nested or numbered beyond reason."""

from __future__ import annotations

import json
import math
from typing import Never

from pydantic import JsonValue

LONGEST_NUMBER = 4000  # digits; Python refuses 4,300, with a message about itself
DEEPEST = 64  # nested deeper than any catalog; 1,000 would end in the parser


def parse(text: bytes) -> JsonValue:
    """One JSON value, as strict as the standard says. Raises ValueError."""
    try:
        decoded = text.decode()
        value: JsonValue = DECODER.decode(decoded)
        check(value, decoded)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return value


def check(value: JsonValue, text: str) -> None:
    """Raises ValueError for what the standard's grammar allows and we cannot carry."""
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError(f"is nested deeper than {DEEPEST}")
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode()


def _depth(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def reason(error: ValueError) -> str:
    """What is wrong with a text that is no document, as the end of a sentence."""
    if isinstance(error, json.JSONDecodeError):
        return f"is no valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    if isinstance(error, UnicodeEncodeError):
        return "holds half of a character (a lone surrogate)"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text (byte {error.start})"
    return str(error)


def _refuse(constant: str) -> Never:
    raise ValueError(f"holds {constant}, which is no JSON value")


def _whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("holds a number that is too long")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("holds a number that is too large")
    return number


DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_whole_number, parse_float=_number)

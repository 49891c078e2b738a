"""Turns what an upstream sent into plain JSON values, whatever it sent. Never raises on bad content."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection
from functools import partial

from pydantic import JsonValue

from catalog.echoes import cut_off, masked

MAX_DEPTH = 64  # as in requests: whatever reads the value later may recurse
MAX_PARTS = 200_000  # brackets and commas; small text can hold values of a hundred times its size
MAX_INTEGER = 2**63  # beyond it, stores and clients lose digits; as text they stay whole

_TEXT_TYPES = re.compile(r"text/|.*\b(json|xml|javascript|yaml|csv|html|x-www-form-urlencoded|graphql)\b")
_CHARSETS = re.compile(r"(utf-?(8|16|32)|iso-?8859|latin|us-ascii|ascii|windows-?12|cp12|shift|euc|gb|big5|koi8)", re.I)
"""Text encodings of the world; Python knows others (rot13, punycode, utf-7) that no answer needs."""
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(content: bytes, content_type: str, *, secrets: Collection[str] = ()) -> JsonValue:
    """Parsed where it is JSON, else text; None: there is nothing. Secrets that come back are blotted out."""
    if not content.strip():
        return None
    media_type, _, parameters = content_type.lower().partition(";")
    if media_type.strip() and not _TEXT_TYPES.match(media_type.strip()) and not _is_plainly_text(content):
        return f"({media_type.strip()}, {len(content)} bytes)"
    text = _decode(content, parameters)
    value = _parse(text) if "json" in media_type or text.lstrip()[:1] in ("{", "[") else text
    # Afterwards, and not in the text: JSON can write the same characters in several ways.
    value = changed(value, lambda part: masked(part, secrets)) if secrets else value
    return cut_off(value, secrets) if isinstance(value, str) else value


def _is_plainly_text(content: bytes) -> bool:
    """Some servers call JSON an octet-stream. Bytes that are UTF-8 without control characters are text."""
    try:
        return not re.search(r"[\x00-\x08\x0e-\x1f]", content.decode())
    except UnicodeDecodeError:
        return False


def _decode(content: bytes, parameters: str) -> str:
    named = re.search(r"charset=\"?([\w.:-]+)", parameters)
    charset = named[1] if named and _CHARSETS.match(named[1]) else json.detect_encoding(content)
    try:
        text = content.decode(charset, errors="replace")
    except LookupError:
        text = content.decode(errors="replace")
    return _SURROGATE.sub("\ufffd", text.removeprefix("\ufeff"))


def _parse(text: str) -> JsonValue:
    """The JSON value of a text; the text itself when it is none, or too deep or too large to be handed on."""
    if sum(text.count(mark) for mark in "[{,") > MAX_PARTS:
        return text
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_number, parse_float=_float, parse_int=_integer)
    except (ValueError, RecursionError):
        return text
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        return text
    # Half characters become U+FFFD: they cannot be written in UTF-8.
    return changed(value, partial(_SURROGATE.sub, "\ufffd")) if _ESCAPED_SURROGATE.search(text) else value


def _no_number(constant: str) -> None:
    """NaN and Infinity are no JSON; like a browser, we read them as null."""


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _integer(digits: str) -> int | str:
    if len(digits) > 20:
        return digits
    number = int(digits)
    return number if -MAX_INTEGER <= number < MAX_INTEGER else digits


def _is_deep(value: JsonValue) -> bool:
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        level = [part for item in level for part in _parts(item)]
        if not level:
            return False
    return True


def _parts(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def changed(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """The value with every text in it changed, names included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    if isinstance(value, dict):
        return {change(name): changed(item, change) for name, item in value.items()}
    return value

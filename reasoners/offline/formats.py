"""Texts with a form of their own: addresses, numbers of phones, quoted words."""

from __future__ import annotations

import re

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.dates import days
from reasoners.words import name_words

QUOTED = re.compile(
    r"\"([^\"\n]{1,300})\"|“([^”\n]{1,300})”|‘([^’\n]{1,300})’|`([^`\n]{1,300})`|(?<!\w)'([^'\n]{1,300})'(?!\w)"
)
FORMATS = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    "uri": re.compile(r"https?://[^\s<>\"'“”]{1,2000}[^\s<>\"'“”.,;:!?)\]]"),
    "uuid": re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    "ipv4": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "phone": re.compile(r"(?<![\w.])\+?\(?\d[\d\s().-]{5,18}\d(?!\w)"),
    "domain": re.compile(
        r"\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|io|gov|edu|co|dev|ai|app|info|uk|de|fr|cn|in|ru)\b", re.I
    ),
}
# What a parameter's name says about its format where the schema does not.
NAMED = {
    "email": "email", "mail": "email", "url": "uri", "uri": "uri", "link": "uri", "website": "domain",
    "domain": "domain", "uuid": "uuid", "guid": "uuid", "ip": "ipv4", "ipv4": "ipv4", "phone": "phone",
    "telephone": "phone", "mobile": "phone",
}  # fmt: skip


def format_of(parameter: Parameter) -> str:
    """The parameter's format, as declared or as its name says; empty: none."""
    declared = parameter.constraints.get("format")
    if isinstance(declared, str) and declared:
        return {"url": "uri", "ip": "ipv4"}.get(declared, declared)
    if re.search(r"\be-?mail address", parameter.description[:300], re.I):
        return "email"
    words = name_words(parameter.name)
    return next((NAMED[word] for word in reversed(words) if word in NAMED), "")


def shaped(value: JsonValue, parameter: Parameter) -> bool:
    """Whether a text has the format that the schema declares, where every value has a form that can be told."""
    declared = parameter.constraints.get("format")
    if not isinstance(value, str) or not isinstance(declared, str):
        return True
    if declared in ("date", "date-time"):
        return bool(days(value))
    return declared not in ("email", "uuid", "ipv4") or FORMATS[declared].search(value) is not None

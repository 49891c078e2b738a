"""Months and years that a question names without a day: "in May 2026", "last month", "this year"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from catalog.models import Parameter
from reasoners.dates import MONTHS, days, written_as
from reasoners.fits import fits
from reasoners.offline.spans import Span
from reasoners.words import name_words

_NAMED = re.compile(
    rf"\b(?P<month>{'|'.join(name.capitalize() for name in MONTHS)})\b(?:,? (?P<year>(?:19|20)\d\d)\b)?"
)
_SPOKEN = re.compile(r"\b(?P<which>last|this|next|current|previous) (?P<unit>month|year)\b", re.IGNORECASE)
_STEPS = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1}
_IN = re.compile(r"\b(?:in|for|of|during|since|until|from|to)\s+$", re.IGNORECASE)
_WRITTEN = 0.93
_RECKONED = 0.91
"""From the clock: "last month"."""


def months(text: str, parameter: Parameter, today: date | None) -> Iterator[Span]:
    """Values for a parameter that takes a month or a year."""
    words = set(name_words(parameter.name))
    if not words & {"month", "year"} or words & {"day", "date", "time"}:
        return
    for start, end, year, month, sure in _said(text, today):
        value = _as_wanted(parameter, year, month)
        if value is not None and fits(value, parameter):
            yield Span(start, end, value, sure, "month")


def _said(text: str, today: date | None) -> Iterator[tuple[int, int, int | None, int | None, float]]:
    dated = [(day.start, day.end) for day in days(text)]
    for match in _NAMED.finditer(text):
        whole = any(start < match.end() and match.start() < end for start, end in dated)
        if not whole and (match["year"] or _IN.search(text[max(0, match.start() - 8) : match.start()])):
            month = MONTHS.index(match["month"].casefold()) + 1
            yield match.start(), match.end(), int(match["year"]) if match["year"] else None, month, _WRITTEN
    if today is not None:
        yield from _reckoned(text, today)


def _reckoned(text: str, today: date) -> Iterator[tuple[int, int, int, int | None, float]]:
    """What counts from today: "last month"."""
    for match in _SPOKEN.finditer(text):
        step = _STEPS[match["which"].casefold()]
        if match["unit"].casefold() == "year":
            yield match.start(), match.end(), today.year + step, None, _RECKONED
        else:
            at = today.year * 12 + today.month - 1 + step
            yield match.start(), match.end(), at // 12, at % 12 + 1, _RECKONED


def _as_wanted(parameter: Parameter, year: int | None, month: int | None) -> int | str | None:
    words = set(name_words(parameter.name))
    if parameter.type in ("integer", "number"):
        return month if "month" in words else year
    if "year" in words and "month" not in words:
        return str(year) if year else None
    if year and month and fits(f"{year}-{month:02}", parameter) and _takes_year(parameter):
        return f"{year}-{month:02}"
    return None


def _takes_year(parameter: Parameter) -> bool:
    said = f"{parameter.description} {parameter.constraints.get('pattern', '')}"
    return re.search(r"YYYY-MM\b|\d\{4\}-|\{4\}-", said) is not None and written_as(parameter) is None

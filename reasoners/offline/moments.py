"""Which of a question's days and times belongs to which parameter, in the form that it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from catalog.models import Parameter
from reasoners.dates import Clock, Day, clocks, days, written_as
from reasoners.fits import pattern_of
from reasoners.offline.spans import Span
from reasoners.words import before, name_words

_STARTS = "start from begin beginning since after departure depart checkin in pickup earliest min new"
_ENDS = "end to until till before return back checkout out dropoff latest max finish stop due expiry"
STARTS, ENDS = frozenset(_STARTS.split()), frozenset(_ENDS.split())
_DATED = "date day datetime when birthday dob deadline timestamp"
DATED = frozenset(_DATED.split())
_TIMED = "time hour clock start"
TIMED = frozenset(_TIMED.split())
ANCHOR = re.compile(
    r"\btoday(?: is|['’]s date is|:)\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:the )?", re.I
)


def wants_day(parameter: Parameter) -> bool:
    words = set(name_words(parameter.name))
    return (
        parameter.constraints.get("format") in ("date", "date-time")
        or bool(words & DATED)
        or bool(written_as(parameter) and "time" in words)
    )


def moments(text: str, parameter: Parameter, today: date | None) -> Iterator[Span]:
    """Days for a parameter that wants a day, times of day for one that wants a time."""
    if wants_day(parameter):
        yield from _days(text, parameter, today)
    elif pattern_takes_clock(parameter) or set(name_words(parameter.name)) & {"time", "hour"}:
        yield from _clocks(text, parameter)


def pattern_takes_clock(parameter: Parameter) -> bool:
    pattern = pattern_of(parameter)
    return pattern is not None and bool(pattern.search("19:30")) and not pattern.search("Hello")


def _clocks(text: str, parameter: Parameter) -> Iterator[Span]:
    found = clocks(text)
    sure = pattern_takes_clock(parameter) or bool(re.search(r"HH:MM|24[- ]?h", parameter.description, re.I))
    for at, clock in enumerate(found):
        yield Span(
            clock.start,
            clock.end,
            clock.value.strftime("%H:%M"),
            _role(text, clock, at, len(found), parameter, 0.93 if sure else 0.8),
            "clock",
        )


def _days(text: str, parameter: Parameter, today: date | None) -> Iterator[Span]:
    anchor = ANCHOR.search(text)
    known = _anchored(text, anchor, today)
    found = [day for day in days(text, known) if anchor is None or not anchor.start() <= day.start <= anchor.end()]
    found = _with_year(found)
    mixed = len({day.certainty for day in found}) > 1  # "next Monday, 2023-10-02": whose Monday?
    for at, day in enumerate(found):
        if day.value is None:
            continue
        value = _written(day.value, text, parameter)
        if value is None:
            continue
        strength = min(_sure(day), 0.6 if mixed and day.certainty == "likely" else 1.0)
        if written_as(parameter) is None:
            strength -= 0.05
        yield Span(
            day.start, day.end, value, _role(text, day, at, len(found), parameter, strength), f"day {day.certainty}"
        )


def _sure(day: Day) -> float:
    """A day without its year is shown first: the clock's year is only the likeliest."""
    if day.certainty == "exact":
        return 0.95
    return 0.75 if day.partial else 0.91


def _anchored(text: str, anchor: re.Match[str] | None, today: date | None) -> date | None:
    """The clock, or the day that the question itself calls today."""
    if anchor is None:
        return today
    said = [day for day in days(text) if anchor.start() <= day.start <= anchor.end() and day.value]
    return said[-1].value if said else today


def _with_year(found: list[Day]) -> list[Day]:
    """ "15 May to 22 May 2023": the year stands once and holds for both."""
    years = {day.value.year for day in found if day.value and day.certainty == "exact"}
    if len(years) != 1:
        return found
    year = years.pop()
    return [
        Day(day.start, day.end, day.partial.replace(year=year), "exact")
        if day.partial and day.certainty != "exact"
        else day
        for day in found
    ]


def _role(text: str, moment: Day | Clock, at: int, count: int, parameter: Parameter, strength: float) -> float:
    """Of two moments the first begins and the last ends; one alone begins unless its preposition says otherwise."""
    words = set(name_words(parameter.name))
    ends = bool(words & ENDS) and not words & {"start", "from", "begin", "departure"}
    starts = bool(words & STARTS) and not ends
    if count == 1:
        closing = bool(
            re.search(
                r"\b(?:until|till|before|by|ending|return(?:ing)?|back)\s+(?:on )?(?:the )?$",
                before(text, moment.start),
                re.I,
            )
        )
        return strength if ends == closing or not (ends or starts) else 0.3
    if not (starts or ends):
        return strength * 0.6 if at else strength - 0.1
    return strength if count == 2 and at == (1 if ends else 0) else 0.3


def _written(day: date, text: str, parameter: Parameter) -> str | None:
    shape = written_as(parameter) or "%Y-%m-%d"
    if "%H" not in shape:
        return day.strftime(shape)
    found = clocks(text)
    if not found:
        return None
    return datetime.combine(day, found[0].value).strftime(shape) if len(found) == 1 else None

"""Days and clock times as people write them, and as an API wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal

from catalog.models import Parameter
from reasoners.months_abroad import RULES as ABROAD
from reasoners.months_abroad import month_abroad

_MONTHS = "january february march april may june july august september october november december"
MONTHS = _MONTHS.split()
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
WEEKDAY = "|".join(WEEKDAYS)
Certainty = Literal["exact", "likely", "open"]

_RULES: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        r"(?<![\w.-])(?P<year>\d{4})(?P<dash>[-/.])(?P<number>\d{1,2})(?P=dash)(?P<day>\d{1,2})(?![\d-])",
        rf"\b{MONTH}\s+{NTH}(?!\d|:|\s*[ap]\.?m)(?:\s*,?\s*(?P<year>\d{{4}}))?\b",
        rf"\b{NTH}\s*(?:of\s+)?{MONTH}(?:\s*,?\s*(?P<year>\d{{4}}))?\b",
        r"(?<![\w./-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])",
        r"\b(?P<relative>(?:the )?day after tomorrow|the day before yesterday|today|tonight|tomorrow|yesterday)\b",
        r"\bin (?P<ahead>\d{1,3}|one|two|three|a) (?P<span>day|week)s?(?: time)?\b",
        r"\b(?P<back>\d{1,3}|one|two|three|a) (?P<ago>day|week)s? ago\b",
        rf"\b(?:(?P<which>next|this|coming|last|on|to|by|until|till)\s+)(?P<weekday>{WEEKDAY})\b",
        *ABROAD,
    )
)
CLOCK = re.compile(
    r"\b(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?<![\d:])(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])|\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3}
_OFFSETS = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "day after tomorrow": 2,
    "day before yesterday": -2,
}


@dataclass(frozen=True)
class Day:
    """A day named in a text. `value` is None where it takes a clock that was not given."""

    start: int
    end: int
    value: date | None
    certainty: Certainty
    """`exact`: written in full. `likely`: the year or the reference comes from the clock. `open`: not known."""
    partial: date | None = None
    """Where only the year is missing: the day in a leap year."""


@dataclass(frozen=True)
class Clock:
    """A time of day named in a text."""

    start: int
    end: int
    value: time


@lru_cache(maxsize=256)
def days(text: str, today: date | None = None) -> tuple[Day, ...]:
    """The days that a text names, in order; `today` is what "tomorrow" counts from."""
    found: list[Day] = []
    for rule in _RULES:
        for match in rule.finditer(text):
            if not any(match.start() < day.end and day.start < match.end() for day in found):
                found += _day(match, today)
    return tuple(sorted(found, key=lambda day: day.start))


@lru_cache(maxsize=256)
def clocks(text: str) -> tuple[Clock, ...]:
    """The times of day that a text names, in order."""
    return tuple(Clock(match.start(), match.end(), _time(match)) for match in CLOCK.finditer(text))


def _time(match: re.Match[str]) -> time:
    if match["word"]:
        return time(12 if match["word"].casefold() == "noon" else 0)
    if match["hour24"]:
        return time(int(match["hour24"]), int(match["minute24"]), int(match["second"] or 0))
    hour = int(match["hour"]) % 12 + (12 if match["half"].casefold() == "p" else 0)
    return time(hour, int(match["minute"] or 0))


def _day(match: re.Match[str], today: date | None) -> list[Day]:
    parts = match.groupdict()
    if parts.get("day"):
        return _calendar(match, today)
    if parts.get("first"):
        return _numeric(match)
    value = None if today is None else today + timedelta(days=_offset(parts, today))
    return [Day(match.start(), match.end(), value, "likely" if value else "open")]


def _calendar(match: re.Match[str], today: date | None) -> list[Day]:
    parts = match.groupdict()
    month = int(parts["number"]) if parts.get("number") else _month(parts)
    year = int(parts["year"]) if parts["year"] else today.year if today else None
    value = _valid(year or 2000, month, int(parts["day"]))  # 2000 knows a 29th of February
    if value is None:
        return []
    certainty: Certainty = "exact" if parts["year"] else "likely" if year else "open"
    return [Day(match.start(), match.end(), value if year else None, certainty, None if parts["year"] else value)]


def _numeric(match: re.Match[str]) -> list[Day]:
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    day_first = match["mark"] == "." or first > 12
    value = _valid(year, second, first) if day_first else _valid(year, first, second)
    sure = day_first or second > 12 or first == second
    return [Day(match.start(), match.end(), value, "exact" if sure else "likely")] if value else []


def _offset(parts: dict[str, str | None], today: date) -> int:
    if parts.get("relative"):
        return _OFFSETS[str(parts["relative"]).casefold().removeprefix("the ")]
    if parts.get("ahead"):
        return _count(str(parts["ahead"])) * (7 if str(parts["span"]).casefold() == "week" else 1)
    if parts.get("back"):
        return -_count(str(parts["back"])) * (7 if str(parts["ago"]).casefold() == "week" else 1)
    ahead = (WEEKDAYS.index(str(parts["weekday"]).casefold()) - today.weekday()) % 7
    return ahead - 7 if str(parts["which"]).casefold() == "last" else ahead or 7


def _count(text: str) -> int:
    return _COUNTS.get(text.casefold()) or int(text)


def _month(parts: dict[str, str]) -> int:
    if abroad := parts.get("abroad"):
        return month_abroad(abroad)
    return next(at for at, name in enumerate(MONTHS, 1) if name.startswith(parts["month"].casefold()[:3]))


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_SHAPES = (
    (re.compile(r"YYYY-?MM-?DD[T ]+HH:MM:SS|%Y-%m-%d %H:%M:%S", re.I), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"YYYY-MM-DD[T ]+HH:MM|%Y-%m-%d %H:%M", re.I), "%Y-%m-%d %H:%M"),
    (re.compile(r"DD/MM/YYYY[T ]+HH:MM", re.I), "%d/%m/%Y %H:%M"),
    (re.compile(r"MM/DD/YYYY[T ]+HH:MM", re.I), "%m/%d/%Y %H:%M"),
    (re.compile(r"YYYY-MM-DD|%Y-%m-%d|\\d\{4\}-|ISO[ -]?8601|\b\d{4}-\d{2}-\d{2}\b", re.I), "%Y-%m-%d"),
    (re.compile(r"YYYY/MM/DD|\b\d{4}/\d{2}/\d{2}\b", re.I), "%Y/%m/%d"),
    (re.compile(r"DD/MM/YYYY", re.I), "%d/%m/%Y"),
    (re.compile(r"MM/DD/YYYY", re.I), "%m/%d/%Y"),
    (re.compile(r"DD-MM-YYYY", re.I), "%d-%m-%Y"),
    (re.compile(r"MM-DD-YYYY", re.I), "%m-%d-%Y"),
    (re.compile(r"DD\.MM\.YYYY", re.I), "%d.%m.%Y"),
    (re.compile(r"YYYYMMDD|%Y%m%d", re.I), "%Y%m%d"),
)


@lru_cache(maxsize=4_096)
def _shape(text: str) -> str | None:
    return next((written for rule, written in _SHAPES if rule.search(text)), None)


def written_as(parameter: Parameter) -> str | None:
    """How this parameter writes a day (a `strftime` format); None: its schema does not say."""
    wanted = str(parameter.constraints.get("format", ""))
    if wanted == "date":
        return "%Y-%m-%d"
    if wanted == "date-time":
        return "%Y-%m-%dT%H:%M:%SZ"
    said = f"{parameter.description} {parameter.constraints.get('pattern', '')} {parameter.example or ''}"
    return _shape(said[:2_000])

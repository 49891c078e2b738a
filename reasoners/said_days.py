"""Whether a question names a day or an hour: in full, by its number, as an end of a period, or counted from another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from reasoners.dates import MONTHS, WEEKDAYS, Clock, Day, clocks, days
from reasoners.numbers import VALUES

SpanOf = tuple[int, int]
Named = tuple[int, int, frozenset[date]]
"""Words of a question, and the days that they may mean."""

_NEAR_YEARS = 1  # "March 5" without a year is of this one, or of one beside it
_LAST_MINUTE = time(23, 59)
_COUNT = r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty)"
_STATED = re.compile(
    r"\b(?:today|(?:the )?current date|(?:the )?date today)(?:'s date)?(?: is|:)\s+(?P<rest>.{6,40})", re.I
)
_PERIOD = re.compile(
    r"\b(?P<which>this|next|last|past|coming|upcoming|current|previous)\s+(?P<unit>week|weekend|month|quarter|year)\b",
    re.I,
)
_MONTH = re.compile(
    rf"\b(?P<name>{'|'.join(MONTHS)}|[A-Z][a-z]{{2}}\.?)(?:\s+|\s*,\s*|\s+of\s+)(?P<year>\d{{4}})\b", re.I
)
_BARE_MONTH = re.compile(rf"\b(?:{'|'.join(name.title() for name in MONTHS)})\b")
_YEAR = re.compile(r"(?<![\w.,$€£-])(?:19|20)\d\d(?![\w%]|[.,]\d)")
_NTH = re.compile(r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)\b", re.I)
_WEEKDAY = re.compile(rf"\b(?P<name>{'|'.join(WEEKDAYS)})s?\b", re.I)
_AHEAD = re.compile(rf"\b{_COUNT}[\s-]+(?P<unit>day|night|week|month|year)s?\b", re.I)
_NEXT_DAY = re.compile(r"\b(?:the )?(?:next|following) (?P<unit>day|morning)\b|\bovernight\b", re.I)
_HOUR = re.compile(
    r"\b(?P<hour>1[0-2]|0?[1-9]|" + "|".join(list(VALUES)[1:13]) + r")(?:[:.](?P<minute>[0-5]\d))?"
    r"(?:\s?o'?clock)?(?:\s+(?:in the|at)\s+(?P<half>morning|afternoon|evening|night)|\s?o'?clock\b)",
    re.I,
)
_HOURS = re.compile(rf"\b{_COUNT}(?:\.(?P<part>\d))?[\s-]*(?P<unit>hour|hr|minute|min)s?\b", re.I)


def moment(value: str, query: str, today: date | None) -> SpanOf | None:
    """The same day, and the same time of day where the value names one."""
    value = re.sub(r"(?<=\d)T(?=\d)", " ", value)
    wanted = _readings(value)
    clock = next((clock.value for clock in clocks(value)), None)
    if not wanted and clock is None:
        return None
    found: list[SpanOf | None] = []
    if wanted:
        found.append(next(((s, e) for s, e, meant in named_days(query, today) if meant & wanted), None))
    if clock is not None and not (wanted and _bounds_a_day(clock)):
        found.append(next((span for span, times in _hours(query) if clock in times), None))
    spans = [span for span in found if span is not None]
    return (min(s for s, _ in spans), max(e for _, e in spans)) if len(spans) == len(found) else None


def _bounds_a_day(clock: time) -> bool:
    """Midnight or the last minute: how a bare day is written as a date-time."""
    return clock.replace(second=0) in (time(0), _LAST_MINUTE)


def _readings(value: str) -> frozenset[date]:
    """The days that a written value may be: 03/04/2023 is one of two."""
    day = next((day for day in days(value) if day.value), None)
    if day is None or day.value is None:
        month = re.fullmatch(r"\s*(?:(?P<y>\d{4})[-/](?P<m>\d{1,2})|(?P<m2>\d{1,2})[-/](?P<y2>\d{4}))\s*", value)
        return (
            frozenset(_valid(int(month["y"] or month["y2"]), int(month["m"] or month["m2"]), 1))
            if month
            else frozenset()
        )
    numeric = re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}", value[day.start : day.end])
    return frozenset([day.value, *(_swapped(day.value) if numeric else ())])


def _swapped(day: date) -> Sequence[date]:
    return _valid(day.year, day.day, day.month)


def _valid(year: int, month: int, day: int) -> Sequence[date]:
    try:
        return (date(year, month, day),)
    except ValueError:
        return ()


@lru_cache(maxsize=64)
def named_days(query: str, today: date | None) -> tuple[Named, ...]:
    """All that a question says of days, the plain ways of saying it first."""
    today = _stated(query) or today
    years = frozenset(int(match[0]) for match in _YEAR.finditer(query))
    full = [_whole(day, query, years, today) for day in days(query, today)]
    taken = [(start, end) for start, end, _ in full]
    known = frozenset(day for _, _, meant in full for day in meant)
    further = [*_counted(query, known, today), *_numbered(query, known, today), *_periods(query, years, today)]
    apart = [named for named in further if not any(named[0] < end and start < named[1] for start, end in taken)]
    return (*full, *apart)


def _stated(query: str) -> date | None:
    """The day that the question itself calls today."""
    stated = _STATED.search(query)
    named = [day.value for day in days(stated["rest"]) if day.value] if stated else []
    return next((day for day in named if 1900 < day.year < 2200), None)  # what is counted from it stays a date


def _whole(day: Day, query: str, years: frozenset[int], today: date | None) -> Named:
    meant = {day.value} if day.value else set()
    if re.fullmatch(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}", query[day.start : day.end]) and day.value:
        meant.update(_swapped(day.value))
    if day.partial:
        for year in _possible(years, today):
            meant.update(_valid(year, day.partial.month, day.partial.day))
    return day.start, day.end, frozenset(meant)


def _possible(years: frozenset[int], today: date | None) -> range | frozenset[int]:
    """The years that a day without one may be of."""
    if years:
        return years
    return range(today.year - _NEAR_YEARS, today.year + _NEAR_YEARS + 1) if today else range(1970, 2101)


def _counted(query: str, known: frozenset[date], today: date | None) -> Iterator[Named]:
    """So many days or weeks from another day: "for 3 nights", "a week later", "the last 30 days"."""
    bases = known | ({today} if today else set())
    for match in _AHEAD.finditer(query):
        steps = [_moved(base, sign * _count(match["count"]), match["unit"]) for base in bases for sign in (1, -1)]
        yield match.start(), match.end(), frozenset(day for day in steps if day)
    for match in _NEXT_DAY.finditer(query):
        yield match.start(), match.end(), frozenset(day for base in bases for day in _plus(base, 1))


def _count(text: str) -> int:
    return int(text) if text.isdigit() else VALUES.get(text.casefold(), 1)


def _moved(base: date, count: int, unit: str) -> date | None:
    unit = unit.casefold()
    if unit in ("month", "year"):
        months = base.year * 12 + base.month - 1 + count * (12 if unit == "year" else 1)
        return next(
            (d for last in range(base.day, 27, -1) for d in _valid(months // 12, months % 12 + 1, last)), None
        ) or (next(iter(_valid(months // 12, months % 12 + 1, base.day)), None))
    return next(iter(_plus(base, count * (7 if unit == "week" else 1))), None)


def _plus(day: date, count: int) -> Sequence[date]:
    """None where the calendar ends."""
    try:
        return (day + timedelta(days=count),)
    except OverflowError:
        return ()


def _numbered(query: str, known: frozenset[date], today: date | None) -> Iterator[Named]:
    """By the day of the month, or of the week: "until the 12th", "on Saturday"."""
    bases = known | ({today} if today else set())
    for match in _NTH.finditer(query):
        months = {(base.year, base.month) for base in bases} | {_month_after(base) for base in bases}
        meant = frozenset(day for year, month in months for day in _valid(year, month, int(match["day"])))
        yield match.start(), match.end(), meant
    for match in _WEEKDAY.finditer(query):
        index = WEEKDAYS.index(match["name"].casefold())
        near = (day for base in bases for ahead in range(-7, 15) for day in _plus(base, ahead))
        yield match.start(), match.end(), frozenset(day for day in near if day.weekday() == index)


def _month_after(day: date) -> tuple[int, int]:
    return (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)


def _periods(query: str, years: frozenset[int], today: date | None) -> Iterator[Named]:
    """A period stands for its first and its last day."""
    for match in _PERIOD.finditer(query) if today else ():
        if today:
            yield match.start(), match.end(), _ends_of(match["which"].casefold(), match["unit"].casefold(), today)
    for match in _MONTH.finditer(query):
        if month := _month_of(match["name"]):
            yield match.start(), match.end(), _month_ends(int(match["year"]), month)
    for match in _BARE_MONTH.finditer(query):
        ends = [_month_ends(year, _month_of(match[0])) for year in _possible(years, today)]
        yield match.start(), match.end(), frozenset[date]().union(*ends)
    for match in _YEAR.finditer(query):
        yield match.start(), match.end(), frozenset([date(int(match[0]), 1, 1), date(int(match[0]), 12, 31)])


def _month_of(name: str) -> int:
    """0: it is none."""
    folded = name.casefold().rstrip(".")
    return next((at for at, month in enumerate(MONTHS, 1) if month.startswith(folded)), 0)


def _month_ends(year: int, month: int) -> frozenset[date]:
    return frozenset([*_valid(year, month, 1), *(_valid(year, month, 31) or _last_days(year, month))])


def _last_days(year: int, month: int) -> Sequence[date]:
    return next((day for last in (30, 29, 28) if (day := _valid(year, month, last))), ())


def _ends_of(which: str, unit: str, today: date) -> frozenset[date]:
    """Of weeks from Monday and from Sunday; "past" and "next" also as counted from today."""
    step = {"next": 1, "coming": 1, "upcoming": 1, "last": -1, "past": -1, "previous": -1}.get(which, 0)
    if unit in ("week", "weekend"):
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        first, last = (monday + timedelta(days=5 if unit == "weekend" else 0)), monday + timedelta(days=6)
        ends = {first, last, first - timedelta(days=1), last - timedelta(days=1)}
        if unit == "weekend" and step == 1:  # some say it of the one that comes
            ends |= {first - timedelta(weeks=1), last - timedelta(weeks=1)}
        return frozenset(ends | ({today, today + timedelta(weeks=step)} if step and unit == "week" else set()))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = today.year * 12 + (today.month - 1) // months * months + step * months
    ends = {
        date(start // 12, start % 12 + 1, 1),
        date((start + months) // 12, (start + months) % 12 + 1, 1) - timedelta(days=1),
    }
    moved = _moved(today, step * months, "month")
    return frozenset(ends | ({today, moved} if step and moved else set()))


def _hours(query: str) -> Iterator[tuple[SpanOf, frozenset[time]]]:
    """Times of day, also in words, and when something that long ends."""
    told = clocks(query)
    for clock in told:
        yield (clock.start, clock.end), frozenset([clock.value])
    spoken = [(match.span(), _spoken(match)) for match in _HOUR.finditer(query)]
    yield from spoken
    begun = [clock.value for clock in told] + [value for _, values in spoken for value in values]
    for match in _HOURS.finditer(query):
        hours = match["unit"].casefold().startswith("h")
        length = timedelta(**{"hours" if hours else "minutes": _count(match["count"]) + int(match["part"] or 0) / 10})
        ends = frozenset((datetime.combine(date(2000, 1, 2), start) + length).time() for start in begun)
        yield (_first_clock(told, match.start()), match.end()), ends


def _first_clock(told: Sequence[Clock], at: int) -> int:
    return min([clock.start for clock in told if clock.start < at], default=at)


def _spoken(match: re.Match[str]) -> frozenset[time]:
    hour = _count(match["hour"]) % 12
    minute, half = int(match["minute"] or 0), (match["half"] or "").casefold()
    halves = (0,) if half == "morning" else (0, 12) if half in ("", "night") else (12,)
    return frozenset(time(hour + later, minute) for later in halves)

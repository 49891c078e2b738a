"""What kinds of values a question gives besides ids: places, days, times of day, limits; and which APIs take them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.models import Api, Parameter
from reasoners.dates import clocks, days
from reasoners.offline.bounds import Limit, limits, side_of, takes
from reasoners.offline.moments import pattern_takes_clock, wants_day
from reasoners.offline.phrases import is_place
from reasoners.words import name_words

Kind = Literal["place", "day", "clock", "limit"]

_IN_PLACE = re.compile(r"\b(?:in|near|around)\s+(?:the\s+)?(?=[^\W\d_a-z])")


@dataclass(frozen=True)
class Hint:
    """A value in the question that tells something of the API that is meant."""

    start: int
    kind: Kind
    limit: Limit | None = None


def hints(text: str) -> tuple[Hint, ...]:
    """The hints of a question, in no order."""
    return tuple(_found(text))


def _found(text: str) -> Iterator[Hint]:
    dated = days(text)
    for day in dated:
        yield Hint(day.start, "day")
    for clock in clocks(text):
        yield Hint(clock.start, "clock")
    for limit in limits(text):
        yield Hint(limit.number.start, "limit", limit)
    for match in _IN_PLACE.finditer(text):
        if not any(day.start <= match.end() < day.end for day in dated):
            yield Hint(match.end(), "place")


@dataclass(frozen=True)
class Taste:
    """Which hints an API has a parameter for."""

    kinds: frozenset[Kind]
    limited: tuple[Parameter, ...]
    """Its parameters that are limits."""


def taste_of(api: Api) -> Taste:
    kinds: set[Kind] = set()
    for parameter in api.parameters:
        if is_place(parameter):
            kinds.add("place")
        if wants_day(parameter):
            kinds.add("day")
        if pattern_takes_clock(parameter) or set(name_words(parameter.name)) & {"time", "hour"}:
            kinds.add("clock")
    limited = tuple(p for p in api.parameters if p.type in ("integer", "number") and side_of(p))
    return Taste(frozenset(kinds), limited)


def taken(hint: Hint, taste: Taste) -> bool:
    if hint.limit is None:
        return hint.kind in taste.kinds
    return any(takes(parameter, hint.limit, alone=_alone(parameter, taste.limited)) for parameter in taste.limited)


def _alone(parameter: Parameter, others: Sequence[Parameter]) -> bool:
    return sum(side_of(other) == side_of(parameter) for other in others) == 1

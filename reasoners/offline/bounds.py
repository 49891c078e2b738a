"""Limits that a question sets ("under 150 euros", "at least 4 stars"), and which parameter takes each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from catalog.models import Parameter
from reasoners.codes import mentions
from reasoners.dates import clocks, days
from reasoners.numbers import Number, numbers
from reasoners.offline.amounts import MONEY
from reasoners.offline.labels import GENERIC
from reasoners.offline.spans import Span, as_number
from reasoners.words import before, name_words, stem, stems, tokens

Side = Literal["least", "most"]

_LEAST = (
    r"at least|at minimum|(?:a )?min(?:imum)?(?: of)?|(?:not|no) less than|no fewer than|starting (?:at|from)|from|>=|≥"
)
_OVER = r"more than|greater than|higher than|over|above|exceeding|upwards? of|beyond|>"
_MOST = (
    r"at most|at maximum|(?:a )?max(?:imum)?(?: of)?|(?:not|no) more than|up to|not exceeding|no (?:longer|older) than"
    r"|<=|≤"
)
_UNDER = r"less than|fewer than|lower than|under|below|<"
# What is compared, where the comparing word says it itself.
_GRADES: dict[str, tuple[Side, str]] = {
    "cheaper": ("most", "price cost fare fee amount"),
    "pricier": ("least", "price cost fare fee amount"),
    "older": ("least", "age"),
    "younger": ("most", "age"),
    "longer": ("least", "duration length minutes hours days"),
    "shorter": ("most", "duration length minutes hours days"),
    "heavier": ("least", "weight mass"),
    "lighter": ("most", "weight mass"),
    "bigger": ("least", "size area"),
    "larger": ("least", "size area"),
    "smaller": ("most", "size area"),
    "taller": ("least", "height"),
    "faster": ("least", "speed"),
    "slower": ("most", "speed"),
    "closer": ("most", "distance radius"),
    "better": ("least", "rating score stars"),
}
_BEFORE = re.compile(
    rf"(?<!\w)(?:(?P<least>{_LEAST})|(?P<over>{_OVER})|(?P<most>{_MOST})|(?P<under>{_UNDER})"
    rf"|(?P<grade>{'|'.join(_GRADES)}) than)\s*(?:about |around |only |just |a price of |the )?$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s*(?:[^\W\d_]+\s+)?(?:"
    r"(?P<least>or (?:more|above|higher|better|over|longer)|and (?:up|above|over|more)|minimum|(?<=\d)\+)|"
    r"(?P<most>or (?:less|fewer|below|lower|under|cheaper|shorter)|and (?:less|below|under)|max(?:imum)?|at most|tops)"
    r")(?!\w)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?<!\w)(?:between|from)\s+(?:the )?$", re.IGNORECASE)
_JOINS = re.compile(r"\W*(?:\w+\s+)?(?:and|to|until|-|–)\s*\W?", re.IGNORECASE)  # "between 5 euros and 10 euros"
_SMALL = 50
"""Up to here people count one by one, and "more than 3" means 4; above, the limit itself does no harm."""
_REACH = 3
"""Words between a limit and the word before it that it limits: "a rating of at least 4"."""

_LOWER_WORDS = "min minimum least above over lower gte gt more floor"
_LOWER = frozenset(_LOWER_WORDS.split())
_UPPER_WORDS = "max maximum most below under upper lte lt less ceiling budget"
_UPPER = frozenset(_UPPER_WORDS.split())
_AFTER, _UNTIL = frozenset({"after", "since", "from"}), frozenset({"before", "until", "to"})
_STRICT_WORDS = "above over gt more below under lt less after before"
_STRICT = frozenset(_STRICT_WORDS.split())
_SAYS_LEAST = re.compile(r"\b(?:at least|minimum|minimal|lowest|or more|or better|and up)\b", re.IGNORECASE)
_SAYS_MOST = re.compile(
    r"\b(?:at most|maximum|maximal|highest|no more than|or less|upper limit|up to)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Limit:
    """A number that the question sets as a limit."""

    start: int
    """Where the comparing words begin."""
    end: int
    """Where the thing counted ends: "at least 4 stars"."""
    number: Number
    side: Side
    strict: bool
    """The number itself is left out: "more than 3"."""
    about: frozenset[str]
    """Stems of what is limited, as far as the words around say it."""
    money: bool


@lru_cache(maxsize=256)
def limits(text: str) -> tuple[Limit, ...]:
    """The limits that a question sets, in order."""
    taken = [(day.start, day.end) for day in days(text)] + [(clock.start, clock.end) for clock in clocks(text)]
    free = [n for n in numbers(text) if not any(start < n.end and n.start < end for start, end in taken)]
    found: list[Limit] = []
    for at, number in enumerate(free):
        if (pair := _pair(text, free, at)) is not None:
            found += pair
        elif not any(limit.number is number for limit in found) and (limit := _limit(text, number)):
            found.append(limit)
    return tuple(found)


def _pair(text: str, free: Sequence[Number], at: int) -> list[Limit] | None:
    """ "Between 100 and 150 euros": both of one thing."""
    if at + 1 >= len(free):
        return None
    low, high = free[at], free[at + 1]
    said = before(text, low.start)
    opening = _BETWEEN.search(said.rstrip("$€£¥"))
    if opening is None or not _JOINS.fullmatch(text[low.end : high.start]) or low.value > high.value:
        return None
    if opening[0].casefold().startswith("from") and not (_is_money(text, low) or _is_money(text, high)):
        return None  # "from 3 to 5" is more often a time, a score, a way
    start = low.start - (len(said) - opening.start())
    about, end, money = _about(text, high, start)
    return [
        Limit(start, end, low, "least", False, about, money or _is_money(text, low)),
        Limit(start, end, high, "most", False, about, money or _is_money(text, low)),
    ]


def _limit(text: str, number: Number) -> Limit | None:
    said = before(text, number.start).rstrip("$€£¥₹")
    ahead = _BEFORE.search(said)
    behind = _BEHIND.match(text, number.end) if ahead is None else None
    if ahead is not None:
        grade = (ahead["grade"] or "").casefold()
        side: Side = _GRADES[grade][0] if grade else "least" if ahead["least"] or ahead["over"] else "most"
        start = number.start - (len(before(text, number.start)) - ahead.start())
        about, end, money = _about(text, number, start)
        if (ahead["least"] or "").casefold() == "from" and not (money and re.match(r"\s*(?:$|[.?!,])", text[end:])):
            return None
        about |= {stem(word) for word in (_GRADES[grade][1].split() if grade else ())}
        return Limit(start, end, number, side, bool(ahead["over"] or ahead["under"] or grade), about, money)
    if behind is not None:
        about, end, money = _about(text, number, number.start)
        side = "least" if behind["least"] else "most"
        return Limit(number.start, max(end, behind.end()), number, side, False, about, money)
    return None


def _about(text: str, number: Number, start: int) -> tuple[frozenset[str], int, bool]:
    """Stems of what is counted, where its words end, and whether it is money."""
    money = _is_money(text, number)
    end = number.end
    behind: list[str] = []
    for token in tokens(text[number.end : number.end + 40])[:2]:
        gap = text[end : number.end + token.start]
        if (
            gap.strip(" -%")
            or (behind and token.text.casefold() in _ENDS)
            or (not behind and token.text.casefold() in _ENDS)
        ):
            break
        behind.append(token.stem)
        end = number.end + token.end
        if money:
            break
    ahead = [token.stem for token in tokens(before(text, start)) if token.text.casefold() not in _ENDS][-_REACH:]
    named = ahead if _OF.search(before(text, start)) else []
    return frozenset((*behind, *(named if not behind or money else ()))), end, money


_OF = re.compile(
    r"(?:\b(?:of|is|are|was|be|costs?|rated|=)|\b(?:price|rating|score|size|age|weight|budget|salary|rent)s?)\s*$",
    re.IGNORECASE,
)
_ENDING = """
a an the in on at for of to and or with by from per that which who is are was be as if please i me my we where when
while during within near around than"""
_ENDS = frozenset(_ENDING.split())


def _is_money(text: str, number: Number) -> bool:
    if (number.unit and number.unit in "$€£¥₹") or "$" in number.unit:
        return True
    window = text[number.end : number.end + 16]
    return any(not window[:start].strip() for start, _, _ in mentions("currency", window))


def side_of(parameter: Parameter) -> Side | None:
    """Which end a parameter limits: "least" for `min_price`; None: it is no limit."""
    words = set(name_words(parameter.name))
    if words & _LOWER and not words & _UPPER:
        return "least"
    if words & _UPPER and not words & _LOWER:
        return "most"
    if "year" in words or parameter.type in ("integer", "number"):
        if words & _AFTER:
            return "least"
        if words & _UNTIL:
            return "most"
    said = f"{parameter.title}. {parameter.description}"[:200]
    least, most = _SAYS_LEAST.search(said), _SAYS_MOST.search(said)
    return "least" if least and not most else "most" if most and not least else None


def said(text: str, limit: Limit) -> str:
    """The limit as the question says it: "under 150 euros"."""
    return text[limit.start : limit.end].strip(" ,.?!")


def takes(parameter: Parameter, limit: Limit, *, alone: bool) -> bool:
    """Whether the parameter is the limit that is meant; `alone`: no other limits this side."""
    if parameter.type not in ("integer", "number") or parameter.enum or side_of(parameter) != limit.side:
        return False
    words = set(name_words(parameter.name))
    own = {stem(word) for word in words - GENERIC - _LOWER - _UPPER}
    if limit.about & (own | {stem(word) for word in stems(parameter.title)}):
        return True
    if limit.money or words & MONEY:
        said_nothing_else = limit.money or (alone and not limit.about)  # "for up to 400k"
        return said_nothing_else and (bool(words & (MONEY | _PRICED)) or (alone and not own))
    said = set(stems(f"{parameter.title} {parameter.description}"[:200]))
    return bool(limit.about & said) or (alone and not limit.about)


_PRICED_WORDS = "rent fare rate wage charge charges price prices costs"
_PRICED = frozenset(_PRICED_WORDS.split())


def bounded(text: str, parameter: Parameter, rivals: Sequence[Parameter]) -> Iterator[Span]:
    """Values for a parameter that is a limit."""
    side = side_of(parameter) if parameter.type in ("integer", "number") else None
    alone = not any(side_of(other) == side for other in rivals if other.type in ("integer", "number"))
    if set(name_words(parameter.name)) & _HOW_MANY:
        yield from _first_few(text, parameter)
    for limit in limits(text) if side else ():
        value = as_number(limit.number, parameter)
        if value is not None and takes(parameter, limit, alone=alone):
            yield Span(limit.number.start, limit.number.end, _moved(value, limit, parameter), 0.92, "limit")


def _first_few(text: str, parameter: Parameter) -> Iterator[Span]:
    """ "The top 3", for a parameter that says how many are wanted."""
    for number in numbers(text):
        value = as_number(number, parameter)
        if value is not None and not number.unit and _TOP.search(before(text, number.start)):
            yield Span(number.start, number.end, value, 0.92, "first few")


_HOW_MANY = frozenset({"limit", "top"})
_TOP = re.compile(r"\b(?:top|first|last|latest|newest|best|biggest|largest|cheapest|most recent)\s+$", re.IGNORECASE)


def _moved(value: float, limit: Limit, parameter: Parameter) -> int | float:
    """ "More than 3" is at least 4, where things are counted."""
    counted = parameter.type == "integer" and isinstance(value, int) and value <= _SMALL and not limit.money
    if not (limit.strict and counted) or set(name_words(parameter.name)) & _STRICT:
        return value
    return value + (1 if limit.side == "least" else -1)


def astray(text: str, span: Span, parameter: Parameter) -> bool:
    """The number is a limit on the other side than the parameter's."""
    side = side_of(parameter)
    return any(limit.number.start == span.start and side is not None and side != limit.side for limit in limits(text))

"""A question read once: its words, how telling each is, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from catalog.store import CatalogIndex
from reasoners.dates import days
from reasoners.offline.abroad import WISHES
from reasoners.offline.bounds import limits
from reasoners.offline.filler import ASKING, FILLER

Kind = Literal["word", "asking", "filler", "value", "quoted", "name"]

TOKEN = re.compile(
    r"https?://[^\s\"'<>]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|[a-z0-9](?:[\w-]*\.)+[a-z]{2,}(?:/[^\s\"'<>]*)?"  # a domain
    r"|(?=[^\W\d_]*[-_.:/]?\d)\w+(?:[-_.:/]\w+)*"  # anything with a digit near its start: dates, ids, amounts
    r"|[^\W_]+(?:['’][^\W_]+)?",
)
_QUOTED = re.compile(r"(?<!\w)(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300}?)'(?!\w)|[“‘]([^”’\n]{1,300})[”’])")
_SENTENCE_START = re.compile(r"(?:^|[.?!:;\n])[\s\"'(]*$")

_SHARE = {"word": 1.0, "name": 1.0, "value": 0.6, "quoted": 0.5, "asking": 0.3, "filler": 0.06}
"""How much of its weight a word keeps. Asking verbs fit nearly every API that reads, filler fits by accident."""
FLOOR = 0.45
"""Weight of a word that half the catalog uses: in a shop "order" is common, and still what the question is about."""
UNHEARD = "qxzvjwkq"
"""A word that no catalog knows: its weight is the ceiling."""


@dataclass(frozen=True)
class Word:
    """A word of the question, as typed, and what it is worth."""

    surface: str
    start: int
    end: int
    stems: tuple[str, ...]
    kind: Kind
    weight: float
    """In [0, 1]; 0 for a word that no index would keep."""

    @property
    def telling(self) -> bool:
        """Says what the question is about, so that an API should cover it."""
        return self.kind in ("word", "name") and self.weight > 0


@dataclass(frozen=True)
class Question:
    """The text with its words in order."""

    text: str
    words: tuple[Word, ...]

    @cached_property
    def telling(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.telling)

    def between(self, start: int, end: int) -> tuple[Word, ...]:
        return tuple(word for word in self.words if start <= word.start < end)


def read(text: str, index: CatalogIndex) -> Question:
    """Read a question. Pure; asks the index for stems and weights only."""
    ceiling = index.weight(UNHEARD) or 1.0
    quotes = [match.span() for match in _QUOTED.finditer(text)]
    quiet = list(_quiet(text))
    dated = _dated(text)
    words = (_word(m, text, quotes, quiet, index, ceiling) for m in TOKEN.finditer(text))
    plain = (word for word in words if not any(day.start <= word.start < day.end for day in dated))
    return Question(text, tuple(sorted((*plain, *dated), key=lambda word: word.start)))


def _quiet(text: str) -> Iterator[tuple[int, int]]:
    """Words that are part of a limit, and tell nothing else: "under ... euros"."""
    for limit in limits(text):
        yield limit.start, limit.number.start
        if limit.money:
            yield limit.number.end, limit.end


def _dated(text: str) -> list[Word]:
    """Days of the calendar, each as one word: "1 June 2026"."""
    found = (day for day in days(text) if day.value or day.partial)
    return [Word(text[day.start : day.end], day.start, day.end, (), "value", _SHARE["value"]) for day in found]


def _word(
    match: re.Match[str],
    text: str,
    quotes: list[tuple[int, int]],
    quiet: list[tuple[int, int]],
    index: CatalogIndex,
    ceiling: float,
) -> Word:
    surface, start = match.group(), match.start()
    stems = tuple(index.words(surface))
    kind = _kind(surface, start, text, quotes)
    if kind in ("word", "name", "asking") and any(left <= start < right for left, right in quiet):
        kind = "filler"
    rarity = min(index.weight(surface) / ceiling, 1.0)
    weight = _SHARE[kind] * (FLOOR + (1 - FLOOR) * rarity) if stems else 0.0
    return Word(surface, start, match.end(), stems, kind, weight)


def _kind(surface: str, start: int, text: str, quotes: list[tuple[int, int]]) -> Kind:
    if any(left <= start < right for left, right in quotes):
        return "quoted"
    if any(mark.isdigit() for mark in surface) or "@" in surface or "/" in surface or "." in surface:
        return "value"
    folded = surface.lower()
    if folded in FILLER or folded in WISHES or len(folded) == 1 or folded.split("'")[0].split("’")[0] in FILLER:
        return "filler"
    if folded in ASKING:
        return "asking"
    capital = surface[0].isupper() and not _SENTENCE_START.search(text[max(0, start - 8) : start])
    return "name" if capital else "word"

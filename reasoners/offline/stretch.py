"""A stretch of the question, read once so that all candidates can be matched against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoners.dates import days
from reasoners.offline.question import Kind, Word

_OPEN_SHARE = 0.35
"""How much an uncovered word still counts against an API that takes free text: it may be the text. Half of ToolBench's
question words that its right API does not repeat are such values."""
_NAME_SHARE = 0.1
"""The same for a name: nearly always a value."""
_VALUES: frozenset[Kind] = frozenset({"value", "name", "quoted"})
"""What changes from one question to the next of its kind."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of the question, read once for all candidates."""

    start: int
    end: int
    words: tuple[Word, ...]
    asked: frozenset[str]
    """Verbs that it asks to be done."""
    wished: bool
    """It says what is wanted in a language whose verbs are not known."""
    values: int
    """How many values it gives: runs of names, quotes, ids, amounts."""
    ids: frozenset[int]
    """Starts of its ids, numbers and dates."""
    has_long_id: bool
    """One of them is more than a count: "rtn001", "2026-01-01", "12345"."""
    wanted: frozenset[int]
    """Starts of those that some candidate takes as what it needs."""
    starts: frozenset[int]
    telling: tuple[int, ...]
    """Starts of the words that say what it is about."""
    weighed: tuple[tuple[int, float, float, bool], ...]
    """Start of each word that counts, its weight, its weight where free text is taken, and whether it is telling."""
    free: tuple[tuple[int, bool], ...]
    """Start of each id, number, date or name, and whether it is a name."""
    stems: frozenset[str]
    akin: frozenset[str]
    """Stems that an API may use for some of its words."""
    frame: tuple[str, ...]
    """Its words, folded; empty strings for values and for words that the catalog has never heard."""
    kindred: frozenset[str]
    """Stems without names and values: what a question of the same kind would share."""


def stretch(
    words: tuple[Word, ...],
    asked: frozenset[str],
    kin: Mapping[int, frozenset[str]],
    wanted: frozenset[int],
    *,
    wished: bool = False,
) -> Stretch:
    """`wanted`: starts of words that some candidate takes as what it needs."""
    ids = frozenset(word.start for word in words if word.kind == "value")
    return Stretch(
        start=words[0].start if words else 0,
        end=words[-1].end if words else 0,
        words=words,
        asked=asked,
        wished=wished,
        values=_values(words),
        ids=ids,
        has_long_id=any(word.kind == "value" and _long(word.surface) for word in words),
        wanted=ids & wanted,
        starts=frozenset(word.start for word in words),
        telling=tuple(word.start for word in words if word.telling),
        weighed=tuple((w.start, w.weight, w.weight * _open_share(w), w.telling) for w in words if w.weight),
        free=tuple((w.start, w.kind == "name") for w in words if w.kind in ("value", "name")),
        stems=frozenset(stem for word in words if word.kind != "value" for stem in word.stems),
        akin=frozenset(stem for word in words for stem in kin.get(word.start, ())),
        frame=tuple("" if w.kind in _VALUES or w.weight >= 1.0 else w.surface.lower() for w in words),
        kindred=frozenset(stem for word in words if word.kind not in _VALUES for stem in word.stems),
    )


def _values(words: Sequence[Word]) -> int:
    kinds = ["", *(word.kind if word.kind in _VALUES else "" for word in words)]
    ends = [0, *(word.end for word in words)]
    runs = zip(kinds, kinds[1:], ends, words, strict=False)
    return sum(bool(kind) and (kind != before or word.start > end + 1) for before, kind, end, word in runs)


def _open_share(word: Word) -> float:
    return _NAME_SHARE if word.kind == "name" else _OPEN_SHARE


def _long(surface: str) -> bool:
    return (not surface.isdigit() or len(surface) > 3) and not _YEAR.fullmatch(surface) and not days(surface)


_YEAR = re.compile(r"(?:19|20)\d\d")

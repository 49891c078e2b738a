"""Which of many options help, by words: what the agents of every level ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.store import CatalogIndex
from reasoners.offline.question import Word, read
from reasoners.offline.sight import kin_of
from reasoners.protocol import ChoiceLevel, Chosen, Option

Kin = Mapping[int, frozenset[str]]
"""By start of a word: stems that may stand for it."""

_NEAR_BEST = {"group": 0.35, "category": 0.35, "tool": 0.45, "api": 0.5}
"""Share of the best option's score from which another is kept. Wide above: a wrong cut loses all that is below."""
_INDEX_SHARE = 0.5
"""Weight of the index's own opinion beside the words: it sees the entries below an option, the text shown does not."""


def choose_by_words(
    query: str, options: Sequence[Option], index: CatalogIndex, *, level: ChoiceLevel, limit: int
) -> Chosen:
    """At most `limit` options, best first; only those that share a telling word or that the index backs."""
    question = read(query, index)
    words = [word for word in question.words if word.weight and word.kind not in ("filler", "asking")]
    kin = kin_of(question, index)
    scored = sorted(
        ((_score(words, kin, option, index), option) for option in options), key=lambda pair: (-pair[0], pair[1].id)
    )
    best = scored[0][0] if scored else 0.0
    kept = [option for score, option in scored if score > 0 and score >= best * _NEAR_BEST[level]][:limit]
    return Chosen(tuple(option.id for option in kept), _reason(words, kept, index))


def _score(words: Sequence[Word], kin: Kin, option: Option, index: CatalogIndex) -> float:
    title, text = set(index.words(option.title)), set(index.words(option.text))
    total = sum(word.weight for word in words) or 1.0
    shared = sum(_gain(word, kin, title, text) * word.weight for word in words) / total
    return shared + _INDEX_SHARE * option.score


def _gain(word: Word, kin: Kin, title: set[str], text: set[str]) -> float:
    if not title.isdisjoint(word.stems):
        return 1.0
    if not text.isdisjoint(word.stems):
        return 0.7
    akin = kin.get(word.start, frozenset())
    return 0.5 if akin & title else 0.35 if akin & text else 0.0


def _reason(words: Sequence[Word], kept: Sequence[Option], index: CatalogIndex) -> str:
    if not kept:
        return "None of these shares a telling word with the question."
    known: Mapping[str, None] = dict.fromkeys(
        stem for option in kept for stem in index.words(f"{option.title} {option.text}")
    )
    shared = dict.fromkeys(word.surface for word in words if any(stem in known for stem in word.stems))
    if not shared:
        return "What lies below them is near to the question."
    return f"They speak of {', '.join(repr(word) for word in list(shared)[:5])}."

"""How the entries of a level are ranked for a question: pure arithmetic over what the shelves find."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal

from catalog.index_question import Passage, passages
from catalog.index_shelf import Hits, View, Within
from catalog.index_spelling import mended, unglued

DEPTH = 200  # entries looked at per sentence; 150 loses recall@64, 400 adds nothing
NAMES_COMPARED = 100  # 64 loses recall@64 where a question is short
TOPS_KEPT = 1024


@dataclass(frozen=True)
class Weights:
    """What counts how much in a ranking. A search on 491 ToolBench questions moved only `tool` (to 0.8) and `category`
    (to 0.125), for a point of COMP@64 and less of the rest; 192 of AnyToolBench lost three by it. So they stay."""

    tool: float = 0.5
    """Share of its tool's score that an API is given. Measured on 491 ToolBench questions: hard cuts by tool or
    category instead lose 9 points of recall@64."""
    category: float = 0.25
    """Share of its category's score."""
    name: float = 0.1
    """Share of the best score, for an API or tool whose whole name the question speaks of. BM25 cannot tell "random
    quote" the whole name from "random quote" in passing. Twice as much loses recall@64; without: NDCG@5 .57 to .59."""
    sentence_root: float = 0.25
    """A sentence with little to say (its best score is low) counts less than the others, but not in proportion.
    Lower roots lose recall@64 (0: .85, 0.25: .87), higher ones the order of the first hits."""
    whole: float = 0.9
    """The whole question beside its sentences: slightly behind, so that the best entry of each is among the first."""


Parent = Literal["tool", "category"]
Scores = dict[int, float]
"""By key. In the unit of BM25, and comparable between all searches for one question, whatever they are kept to."""


@dataclass(frozen=True)
class Shelves:
    """The four indexes at one moment."""

    api: View
    tool: View
    category: View
    example: View
    weights: Weights = Weights()
    _tops: dict[Passage, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    _read: dict[str, tuple[Passage, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def passages(self, query: str) -> tuple[Passage, ...]:
        """What is searched for, with what its unknown words may have been meant for."""
        known = self._read.get(query)
        if known is None:
            if len(self._read) >= TOPS_KEPT:
                self._read.clear()
            told = passages(unglued(self.api, query))
            known = self._read[query] = tuple(mended(self.api, passage) for passage in told)
        return known

    def top(self, passage: Passage) -> float:
        """The best score that any API has for a passage."""
        known = self._tops.get(passage)
        if known is None:
            known = self.remember(passage, _apis(self, passage, DEPTH, {})[1])
        return known

    def remember(self, passage: Passage, scores: Collection[float]) -> float:
        if len(self._tops) >= TOPS_KEPT:
            self._tops.clear()
        top = self._tops[passage] = max(scores, default=0.0)
        return top


def highest(shelves: Shelves, query: str) -> float:
    """The best score that any API has for any part of the question."""
    return max((shelves.top(passage) for passage in shelves.passages(query)), default=0.0)


def rank_apis(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """APIs: their own score, a share of their tool's and their category's, and what their names add."""
    depth = max(DEPTH, 2 * k)
    return _merged(shelves, query, (_own(shelves, passage, depth, within) for passage in shelves.passages(query)))


def rank_tools(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """Tools: a share of their own score, or what their best API has."""
    depth = max(DEPTH, 2 * k)
    return _merged(shelves, query, (_parents(shelves, "tool", p, depth, within) for p in shelves.passages(query)))


def rank_categories(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """Categories: a share of their own score, or what their best API has."""
    depth = max(DEPTH, 2 * k)
    return _merged(shelves, query, (_parents(shelves, "category", p, depth, within) for p in shelves.passages(query)))


def _own(shelves: Shelves, passage: Passage, depth: int, within: Within) -> Scores:
    hits, scores = _apis(shelves, passage, depth, within)
    return dict(zip(hits.keys, _with_names(shelves, passage, hits, scores), strict=True))


def _parents(shelves: Shelves, level: Parent, passage: Passage, depth: int, within: Within) -> Scores:
    view: View = getattr(shelves, level)
    share: float = getattr(shelves.weights, level)
    best = {key: share * score for key, score in view.scores(passage, depth, within).items()}
    hits, scores = _apis(shelves, passage, depth, within)
    scores = _with_names(shelves, passage, hits, scores)
    for parent, score in zip(shelves.api.numbers(level, hits), scores, strict=True):
        best[parent] = max(best.get(parent, 0.0), score)
    return best


def _apis(shelves: Shelves, passage: Passage, depth: int, within: Within) -> tuple[Hits, list[float]]:
    """APIs, and their scores with the hierarchy's share."""
    hits = shelves.api.search(passage, depth, within)
    tools = shelves.tool.scores(passage, depth, within)
    categories = shelves.category.scores(passage, depth, {})
    shares = shelves.weights
    from_tools = map(tools.get, shelves.api.numbers("tool", hits), repeat(0.0))
    from_categories = map(categories.get, shelves.api.numbers("category", hits), repeat(0.0))
    scores = [
        score + shares.tool * tool + shares.category * category
        for score, tool, category in zip(hits.scores, from_tools, from_categories, strict=True)
    ]
    if not any(within.values()):
        shelves.remember(passage, scores)
    return hits, scores


def _with_names(shelves: Shelves, passage: Passage, hits: Hits, scores: Sequence[float]) -> list[float]:
    share, spoken = shelves.weights.name * shelves.top(passage), {word for word, _ in passage}
    raised = list(scores)
    best = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:NAMES_COMPARED]
    for place, names in zip(best, shelves.api.named(hits, best), strict=True):
        raised[place] += share * sum([said for word, said in names.items() if word in spoken])
    return raised


def _merged(shelves: Shelves, query: str, found: Iterable[Mapping[int, float]]) -> Scores:
    """The best that any passage says of an entry, each passage measured by what it finds in the whole catalog."""
    merged: Scores = {}
    # All found first: a search in the whole catalog tells how high its passage reaches, which is then not looked up.
    searched = list(found)
    for share, scores in zip(_shares(shelves, query), searched, strict=True):
        for key, score in scores.items():
            if score * share > merged.get(key, 0.0):
                merged[key] = score * share
    return merged


def _shares(shelves: Shelves, query: str) -> Iterator[float]:
    best, power = highest(shelves, query), 1 - shelves.weights.sentence_root
    for place, passage in enumerate(shelves.passages(query)):
        top = shelves.top(passage)
        share = (best / top) ** power if top else 1.0  # only tools and categories speak of it
        yield share if place or len(shelves.passages(query)) == 1 else share * shelves.weights.whole

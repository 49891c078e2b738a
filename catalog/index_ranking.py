"""How the entries of a level are ranked for a question: pure arithmetic over what the shelves find."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Literal

from catalog.index_question import Passage, passages
from catalog.index_shelf import Hits, View, Within
from catalog.index_spelling import mended, unglued
from catalog.index_weights import DEFAULT, Weights

DEPTH = 128  # APIs looked at per sentence; 200 costs a fifth more time and finds as much
PARENTS_DEPTH = 200  # the same where tools or categories are asked for
NAMES_COMPARED = 80  # of the whole question, or of all that belongs to a tool; 64 loses recall@64
NAMES_OF_A_SENTENCE = 50  # they come on top of those
JUDGED = 300  # of all that was found, best first: what their tools and categories say is asked of these
MOST_CROWD = 20  # of one tool; the next cost no more
REACHES_KEPT = 256
QUESTIONS_KEPT = 1024
LEAST = 0.001  # of a score that stays, whatever is taken off: what was found does not vanish

Level = Literal["tool", "category"]
Scores = dict[int, float]
"""By key. In the unit of BM25, and comparable between all searches for one question, whatever they are kept to."""
Places = dict[int, tuple[int, int, int]]
"""By key: the tool, the category, and how many APIs the tool has."""


Said = tuple[int, int, float, float, float, float, float, float]
"""Of an API: its key, its tool, what it has itself, and on average; what its tool has at best, and on average; what its
category has; the logarithm of how many APIs its tool has."""


@dataclass(frozen=True)
class Found:
    """APIs that have a passage's words, best first by their own text, with what the hierarchy adds."""

    hits: Hits
    scores: Sequence[float]
    tools: Sequence[int]
    categories: Sequence[int]


@dataclass(frozen=True)
class Reach:
    """How far a passage reaches in the whole catalog: the best score of all, of each tool, and of each category."""

    top: float
    tools: Mapping[int, float]
    categories: Mapping[int, float]


@dataclass(frozen=True)
class Shelves:
    """The four indexes at one moment."""

    api: View
    tool: View
    category: View
    example: View
    weights: Weights = DEFAULT
    _reaches: dict[Passage, Reach] = field(default_factory=dict, init=False, repr=False, compare=False)
    _read: dict[str, tuple[Passage, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def passages(self, query: str) -> tuple[Passage, ...]:
        """What is searched for, with what its unknown words may have been meant for."""
        known = self._read.get(query)
        if known is None:
            if len(self._read) >= QUESTIONS_KEPT:
                self._read.clear()
            known = self._read[query] = mended(self.api, passages(unglued(self.api, query)))
        return known

    def reach(self, passage: Passage) -> Reach:
        known = self._reaches.get(passage)
        return self.remember(passage, _apis(self, passage, DEPTH, {})) if known is None else known

    def remember(self, passage: Passage, found: Found) -> Reach:
        if len(self._reaches) >= REACHES_KEPT:
            self._reaches.clear()
        tools, categories = Scores(), Scores()
        for score, tool, category in zip(found.scores, found.tools, found.categories, strict=True):
            if score > tools.get(tool, 0.0):
                tools[tool] = score
                if score > categories.get(category, 0.0):
                    categories[category] = score
        reach = self._reaches[passage] = Reach(max(found.scores, default=0.0), tools, categories)
        return reach


@dataclass(frozen=True)
class Asked:
    """A question: its passages, how much each counts, and what the whole catalog has for it."""

    passages: Sequence[Passage]
    shares: Sequence[float]
    top: float
    """The best score that any API has for any passage."""
    tool_best: Scores
    category_best: Scores
    tool_throughout: Scores
    """Of each tool the mean over all sentences; empty where there is but one."""


def highest(shelves: Shelves, query: str) -> float:
    """The best score that any API has for any part of the question."""
    return max((shelves.reach(passage).top for passage in shelves.passages(query)), default=0.0)


def rank_apis(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """APIs: what their own words, their names, and their tools and categories say of them."""
    depth, places = max(DEPTH, 2 * k), Places()
    most = chain((NAMES_COMPARED,), repeat(NAMES_OF_A_SENTENCE))
    asked_for = zip(shelves.passages(query), most, strict=False)
    listed = [_own(shelves, passage, depth, within, places, names) for passage, names in asked_for]
    asked = _asked(shelves, query)
    scores = [_scaled(own, share) for share, own in zip(asked.shares, listed, strict=True)]
    return _judged(shelves.weights, asked, scores, places, max(JUDGED, 2 * k))


def rank_tools(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """Tools: a share of their own score, or what their best API has."""
    return _parents(shelves, "tool", query, k, within)


def rank_categories(shelves: Shelves, query: str, k: int, within: Within) -> Scores:
    """Categories: a share of their own score, or what their best API has."""
    return _parents(shelves, "category", query, k, within)


def _own(shelves: Shelves, passage: Passage, depth: int, within: Within, places: Places, names: int) -> Scores:
    """What each API has for a passage, of which so many names are compared. Puts down where it belongs."""
    found = _apis(shelves, passage, depth, within)
    siblings = shelves.api.numbers("siblings", found.hits)
    places.update(zip(found.hits.keys, zip(found.tools, found.categories, siblings, strict=True), strict=True))
    return dict(zip(found.hits.keys, _with_names(shelves, passage, found, names), strict=True))


def _parents(shelves: Shelves, level: Level, query: str, k: int, within: Within) -> Scores:
    depth = max(PARENTS_DEPTH, 2 * k)
    own: Scores = {}
    asked = _asked(shelves, query)
    for share, passage in zip(asked.shares, asked.passages, strict=True):
        for key, score in _parents_own(shelves, level, passage, depth, within).items():
            own[key] = max(own.get(key, 0.0), share * score)
    if level == "tool":
        throughout = shelves.weights.tool_throughout
        return {key: score + throughout * asked.tool_throughout.get(key, 0.0) for key, score in own.items()}
    return own


def _parents_own(shelves: Shelves, level: Level, passage: Passage, depth: int, within: Within) -> Scores:
    view: View = getattr(shelves, level)
    share: float = getattr(shelves.weights, f"{level}_alone")
    best = {key: share * score for key, score in view.scores(passage, depth, within).items()}
    found = _apis(shelves, passage, depth, within)
    parents = found.tools if level == "tool" else found.categories
    for parent, score in zip(parents, _with_names(shelves, passage, found), strict=True):
        best[parent] = max(best.get(parent, 0.0), score)
    return best


def _apis(shelves: Shelves, passage: Passage, depth: int, within: Within) -> Found:
    """APIs, and their scores with the hierarchy's share."""
    hits = shelves.api.search(passage, depth, within)
    of_tool = shelves.tool.scores(passage, depth, within)
    of_category = shelves.category.scores(passage, depth, {})
    tools, categories = shelves.api.numbers("tool", hits), shelves.api.numbers("category", hits)
    by = shelves.weights
    from_tools, from_categories = map(of_tool.get, tools, repeat(0.0)), map(of_category.get, categories, repeat(0.0))
    scores = [
        score + by.tool * tool + by.category * category
        for score, tool, category in zip(hits.scores, from_tools, from_categories, strict=True)
    ]
    found = Found(hits, scores, tools, categories)
    if not any(within.values()):
        shelves.remember(passage, found)
    return found


def _with_names(shelves: Shelves, passage: Passage, found: Found, most: int = NAMES_COMPARED) -> list[float]:
    share, raised = shelves.weights.name * shelves.reach(passage).top, list(found.scores)
    best = sorted(range(len(raised)), key=raised.__getitem__, reverse=True)[:most]
    named = shelves.api.named(found.hits, found.tools, best, [word for word, _ in passage])
    for place, said in zip(best, named, strict=True):
        raised[place] += share * said
    return raised


def _asked(shelves: Shelves, query: str) -> Asked:
    passages = shelves.passages(query)
    reaches = [shelves.reach(passage) for passage in passages]
    top = max((reach.top for reach in reaches), default=0.0)
    shares = list(_shares(shelves.weights, reaches, top))
    tools = [_scaled(reach.tools, share) for reach, share in zip(reaches, shares, strict=True)]
    categories = [_scaled(reach.categories, share) for reach, share in zip(reaches, shares, strict=True)]
    return Asked(passages, shares, top, _best(tools), _best(categories), _mean(tools[1:]))


def _shares(weights: Weights, reaches: Sequence[Reach], top: float) -> Iterator[float]:
    """How much each passage counts, each measured by what it finds in the whole catalog."""
    power = 1 - weights.sentence_root
    for place, reach in enumerate(reaches):
        share = (top / reach.top) ** power if reach.top else 1.0  # only tools and categories speak of it
        yield share if place or len(reaches) == 1 else share * weights.whole


def _judged(weights: Weights, asked: Asked, listed: Sequence[Scores], places: Places, most: int) -> Scores:
    """The best that any passage says of an API, and what its tool and its category add."""
    own, mean, by = _best(listed), _mean(listed[1:]), weights
    keys = sorted(sorted(own), key=own.__getitem__, reverse=True)[:most]
    crowd, size, whole = by.crowd * asked.top, by.size * asked.top, by.perfect(several=len(listed) > 1)
    judged: Scores = {}
    seen: dict[int, int] = {}
    for key, tool, itself, throughout, best, tool_throughout, category_best, logged in _said(
        keys, own, mean, asked, places
    ):
        better = seen[tool] = seen.get(tool, -1) + 1
        score = itself + by.tool_best * (best if best > itself else itself) + by.category_best * category_best
        score += by.tool_throughout * tool_throughout + by.own_throughout * throughout
        score -= crowd * (better if better < MOST_CROWD else MOST_CROWD) + size * logged
        judged[key] = (score if score > LEAST * itself else LEAST * itself) / whole
    return judged


def _said(keys: Sequence[int], own: Scores, mean: Scores, asked: Asked, places: Places) -> Iterator[Said]:
    """What there is to say of each of these APIs, without a line of Python for each."""
    tools, categories, siblings = zip(*map(places.__getitem__, keys), strict=True) if keys else ((), (), ())
    return zip(
        keys,
        tools,
        map(own.__getitem__, keys),
        map(mean.get, keys, repeat(0.0)),
        map(asked.tool_best.get, tools, repeat(0.0)),
        map(asked.tool_throughout.get, tools, repeat(0.0)),
        map(asked.category_best.get, categories, repeat(0.0)),
        map(math.log, siblings),
        strict=False,
    )


def _scaled(scores: Mapping[int, float], share: float) -> Scores:
    return {key: share * score for key, score in scores.items()}


def _best(listed: Sequence[Mapping[int, float]]) -> Scores:
    best = dict(listed[0]) if listed else {}
    for scores in listed[1:]:
        for key, score in scores.items():
            if score > best.get(key, 0.0):
                best[key] = score
    return best


def _mean(listed: Sequence[Mapping[int, float]]) -> Scores:
    if len(listed) <= 1:
        return dict(*listed)
    total: Scores = {}
    for scores in listed:
        for key, score in scores.items():
            total[key] = total.get(key, 0.0) + score
    return {key: score / len(listed) for key, score in total.items()}

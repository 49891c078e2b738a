"""How the entries of a level are ranked for a question: pure arithmetic over what the shelves find."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.index_shelf import Hits, View, Within
from catalog.tokens import words

# The soft hierarchy. Measured on 486 ToolBench questions: hard cuts by tool or category lose 9 points of recall@64.
TOOL_SHARE = 0.5
CATEGORY_SHARE = 0.25
# A sentence with little to say (its best score is low) counts less than the others, but not in proportion.
# Lower roots lose recall@64 (0: .85, 0.25: .87), higher ones the order of the first hits.
SENTENCE_ROOT = 0.25
# Slightly behind its sentences, so that the best entry of each stands among the first: NDCG@5 .556 to .565.
WHOLE_SHARE = 0.95
MOST_SENTENCES = 8  # each costs a search of its own; the last one takes the rest
DEPTH = 200  # entries looked at per sentence; 150 loses recall@64, 400 adds nothing

SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")

Words = Sequence[str]
Parent = Literal["tool", "category"]


@dataclass(frozen=True)
class Shelves:
    """The four indexes at one moment."""

    api: View
    tool: View
    category: View
    example: View


@dataclass(slots=True)
class Ranked:
    """An entry's place among the others."""

    score: float = 0.0
    """Comparable within one search."""
    raw: float = 0.0


def passages(query: str) -> list[list[str]]:
    """The words of the whole query, and of each of its sentences if it has several."""
    sentences = [part for part in SENTENCE_ENDS.split(query) if part.strip()]
    if len(sentences) > MOST_SENTENCES:
        sentences = [*sentences[: MOST_SENTENCES - 1], " ".join(sentences[MOST_SENTENCES - 1 :])]
    texts = [query, *sentences] if len(sentences) > 1 else [query]
    return [spoken for text in texts if (spoken := words(text))]


def rank_apis(shelves: Shelves, query: str, k: int, within: Within) -> dict[int, Ranked]:
    """APIs by key: their own score, and a share of their tool's and their category's."""
    depth = max(DEPTH, 2 * k)
    return _merged([_hierarchy(shelves, passage, depth, within) for passage in passages(query)])


def rank_tools(shelves: Shelves, query: str, k: int, within: Within) -> dict[int, Ranked]:
    """Tools by key: a share of their own score, or what their best API has."""
    depth = max(DEPTH, 2 * k)
    return _merged([_parents(shelves, "tool", passage, depth, within) for passage in passages(query)])


def rank_categories(shelves: Shelves, query: str, k: int, within: Within) -> dict[int, Ranked]:
    """Categories by key: a share of their own score, or what their best API has."""
    depth = max(DEPTH, 2 * k)
    return _merged([_parents(shelves, "category", passage, depth, within) for passage in passages(query)])


def _hierarchy(shelves: Shelves, passage: Words, depth: int, within: Within) -> dict[int, float]:
    hits, scores = _apis(shelves, passage, depth, within)
    return dict(zip(hits.keys, scores, strict=True))


def _parents(shelves: Shelves, level: Parent, passage: Words, depth: int, within: Within) -> dict[int, float]:
    view, share = (shelves.tool, TOOL_SHARE) if level == "tool" else (shelves.category, CATEGORY_SHARE)
    best = {key: share * score for key, score in view.scores(passage, depth, within).items()}
    hits, scores = _apis(shelves, passage, depth, within)
    for parent, score in zip(shelves.api.numbers(level, hits), scores, strict=True):
        best[parent] = max(best.get(parent, 0.0), score)
    return best


def _apis(shelves: Shelves, passage: Words, depth: int, within: Within) -> tuple[Hits, list[float]]:
    """APIs, and their scores with the hierarchy's share."""
    hits = shelves.api.search(passage, depth, within)
    tools = shelves.tool.scores(passage, depth, within)
    categories = shelves.category.scores(passage, depth, {})
    parents = zip(shelves.api.numbers("tool", hits), shelves.api.numbers("category", hits), strict=True)
    scores = [
        score + TOOL_SHARE * tools.get(tool, 0.0) + CATEGORY_SHARE * categories.get(category, 0.0)
        for score, (tool, category) in zip(hits.scores, parents, strict=True)
    ]
    return hits, scores


def _merged(found: Iterable[dict[int, float]]) -> dict[int, Ranked]:
    """The best that any passage says of an entry, each passage measured by its own best entry."""
    passages_found = [(max(scores.values()), scores) for scores in found if scores]
    highest = max((top for top, _ in passages_found), default=1.0)
    merged: dict[int, Ranked] = {}
    for place, (top, scores) in enumerate(passages_found):
        share = (top / highest) ** SENTENCE_ROOT / top * (1.0 if place else WHOLE_SHARE)
        for key, score in scores.items():
            known = merged.get(key)
            if known is None:
                merged[key] = Ranked(score * share, score)
            else:
                known.score = max(known.score, score * share)
                known.raw = max(known.raw, score)
    return merged

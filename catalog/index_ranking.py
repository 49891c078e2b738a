"""How the entries of a level are ranked for a question: pure arithmetic over what the shelves find."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.index_shelf import Hits, View
from catalog.tokens import words

# The soft hierarchy. Measured on 486 ToolBench questions: hard cuts by tool or category lose 9 points of recall@64.
TOOL_SHARE = 0.5
CATEGORY_SHARE = 0.25
# A sentence with little to say (its best score is low) counts less than the others, but not in proportion:
# 0.25 gives the best recall@10 and @64 of 0, 0.1, 0.2, 0.25, 0.3, 0.4.
SENTENCE_ROOT = 0.25
MOST_SENTENCES = 8  # each costs a search of its own; the last one takes the rest
DEPTH = 400  # APIs looked at per sentence; 200 loses recall@64, 800 adds nothing

SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")

Within = Mapping[str, Sequence[int]]
"""Field of the index to the keys that it may have; an empty list allows all."""


@dataclass(frozen=True)
class Shelves:
    """The four indexes at one moment."""

    api: View
    tool: View
    category: View
    example: View


@dataclass
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
    return _merged([_hierarchy(shelves, passage, depth, within)[0] for passage in passages(query)])


def _hierarchy(shelves: Shelves, passage: Sequence[str], depth: int, within: Within) -> tuple[dict[int, float], Hits]:
    hits = shelves.api.search(passage, depth, within)
    tools = _by_key(shelves.tool.search(passage, depth, within))
    categories = _by_key(shelves.category.search(passage, depth, {"category": within.get("category", ())}))
    scores = {
        key: score + TOOL_SHARE * tools.get(tool, 0.0) + CATEGORY_SHARE * categories.get(category, 0.0)
        for key, score, tool, category in zip(hits.keys, hits.scores, hits.tools, hits.categories, strict=True)
    }
    return scores, hits


def rank_tools(shelves: Shelves, query: str, k: int, within: Within) -> dict[int, Ranked]:
    """Tools by key: their own score and their category's, or what their best API brings."""
    return _merged([_above(shelves, passage, within, "tool", max(DEPTH, 2 * k)) for passage in passages(query)])


def rank_categories(shelves: Shelves, query: str, k: int, within: Within) -> dict[int, Ranked]:
    """Categories by key: what their best API brings, or their own score."""
    return _merged([_above(shelves, passage, within, "category", max(DEPTH, 2 * k)) for passage in passages(query)])


def _above(shelves: Shelves, passage: Sequence[str], within: Within, level: str, depth: int) -> dict[int, float]:
    scores, hits = _hierarchy(shelves, passage, depth, within)
    parents = hits.tools if level == "tool" else hits.categories
    view = shelves.tool if level == "tool" else shelves.category
    share = TOOL_SHARE if level == "tool" else CATEGORY_SHARE
    fields = within if level == "tool" else {"category": within.get("category", ())}
    best = {key: share * score for key, score in _by_key(view.search(passage, depth, fields)).items()}
    for key, parent in zip(hits.keys, parents, strict=True):
        best[parent] = max(best.get(parent, 0.0), scores[key])
    return best


def _merged(passages_scores: Iterable[dict[int, float]]) -> dict[int, Ranked]:
    """The best that any passage says of an entry, each passage measured by its own best entry."""
    found = [scores for scores in passages_scores if scores]
    tops = [max(scores.values()) for scores in found]
    ranked: dict[int, Ranked] = {}
    for scores, top in zip(found, tops, strict=True):
        share = (top / max(tops)) ** SENTENCE_ROOT / top
        for key, score in scores.items():
            entry = ranked.setdefault(key, Ranked())
            entry.score = max(entry.score, score * share)
            entry.raw = max(entry.raw, score)
    return ranked


def _by_key(hits: Hits) -> dict[int, float]:
    return dict(zip(hits.keys, hits.scores, strict=True))

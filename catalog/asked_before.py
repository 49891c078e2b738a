"""How far a question is like those that were answered before, and what that says for APIs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from catalog.lessons import Lesson, Lessons
from catalog.models import Api
from catalog.store import CatalogIndex, CatalogStore, Hit

LEAST = 0.1
"""Likeness from which a question tells anything. Without a bound, ToolBench questions of tools that were never asked
for lose another 2 points of recall@10."""
COMPARED = 32
NEAREST = 10
BONUS = 3.0
"""Of the best score by words, for an API that answered this very question; `_weight` says how it falls for others.
docs/evals.md has what it brings."""
CHANCE, ENOUGH_SHARED = 2, 6
"""Words that two questions share without meaning the same, and from which on likeness alone counts. One word of two
makes short questions half alike ("cancel my order", "where is my order"), and says nothing: without this a tenth of the
demo's questions lost their first place, with it a hundredth."""
OF_ITS_TOOL = 0.5
"""Share of that for the other APIs of its tool."""
OF_ITS_TOOLS = 16  # APIs of such tools that are looked at beside what the search found
UNKNOWN = 0.5
"""Share of its weight for a word that the catalog does not have: how people say it, or somebody's name."""
SPOKEN_ALIKE = 0.8
"""Likeness from which a question is an example of what its API answers."""
MOST_WORDS = 24  # the rarest; all of them find no more
LOOKED_UP = 12  # of these; the others are compared only
LONGEST = 2_000  # characters of a question that teaches

NEVER_SAID = "qzxjvkwq"
DIGIT = re.compile(r"\d")


@dataclass
class Recalled:
    """What the nearest questions say for a new one."""

    weights: dict[str, float] = field(default_factory=dict)
    """By API: what the nearest question that it answered says for it, 1 for the very same question."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """By API: questions that it answered alone."""


def telling(query: str, index: CatalogIndex) -> dict[str, float]:
    """The words by which questions are compared, the rarest first: none that holds a digit, which is a value."""
    found = index.words(query[:LONGEST])
    return weighed(sorted({word for word in found if not DIGIT.search(word)}), index, most=MOST_WORDS)


def weighed(words: Iterable[str], index: CatalogIndex, *, most: int) -> dict[str, float]:
    """As many words with their weights, the rarest first."""
    unknown = index.weight(NEVER_SAID)
    weights = {word: index.weight(word) for word in words}
    rarest = sorted(weights.items(), key=lambda pair: -pair[1])[:most]
    return {word: weight * UNKNOWN if weight >= unknown else weight for word, weight in rarest}


async def recall(query: str, tenant: str, index: CatalogIndex, lessons: Lessons) -> Recalled:
    """What the nearest questions of this tenant say. Raises StoreUnavailable."""
    words = telling(query, index)
    near = await lessons.near(tenant, dict(islice(words.items(), LOOKED_UP)), most=COMPARED)
    return recalled(words, near, index)


def recalled(words: Mapping[str, float], lessons: Iterable[Lesson], index: CatalogIndex) -> Recalled:
    """What the nearest of these lessons say."""
    compared = ((_likeness(words, weighed(lesson.words, index, most=MOST_WORDS)), lesson) for lesson in lessons)
    alike = [(likeness, lesson) for likeness, lesson in compared if likeness >= LEAST]
    found = Recalled()
    for likeness, lesson in sorted(alike, key=lambda pair: -pair[0])[:NEAREST]:
        weight = _weight(likeness, sum(word in words for word in lesson.words))
        for api_id in lesson.api_ids:
            found.weights[api_id] = max(weight, found.weights.get(api_id, 0.0))
        if likeness >= SPOKEN_ALIKE and len(lesson.api_ids) == 1:
            found.examples.setdefault(lesson.api_ids[0], []).append(lesson.query)
    return found


def _weight(likeness: float, shared: int) -> float:
    enough = (shared - CHANCE) / (ENOUGH_SHARED - CHANCE)
    return likeness**2 * max(likeness**6, min(1.0, enough))


def _likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Weight of the words that both have, of that of all their words."""
    shared = sum(weight for word, weight in one.items() if word in other)
    return shared / (sum({**one, **other}.values()) or 1.0)


async def counted_in(
    query: str,
    hits: Sequence[Hit],
    found: Recalled,
    *,
    categories: Sequence[str],
    index: CatalogIndex,
    catalog: CatalogStore,
    exhausted: bool = False,
) -> tuple[list[Hit], dict[str, Api]]:
    """The hits that are in the catalog, best first, with what was asked before counted in; and their APIs.

    Nothing is added that is hidden, or outside of `categories` where some are named. `exhausted`: the hits are all that
    the words of the question find, so that no other search would find more.
    """
    apis = await catalog.get([*(hit.id for hit in hits), *found.weights])
    known = {hit.id: hit for hit in hits if hit.id in apis}
    recalled = [apis[api_id] for api_id in found.weights if api_id in apis]
    allowed = [api for api in recalled if not api.hidden and (not categories or api.category in categories)]
    if not allowed:
        return list(known.values()), apis
    tools = sorted({api.tool_id for api in allowed})
    beside = () if exhausted else (await index.search(query, k=OF_ITS_TOOLS, tools=tools)).hits
    apis |= await catalog.get([hit.id for hit in beside if hit.id not in apis])
    unheard = {api.id: Hit(api.id, 0.0) for api in allowed}
    return raised({**unheard, **{hit.id: hit for hit in beside if hit.id in apis}, **known}, found, apis), apis


def raised(hits: Mapping[str, Hit], found: Recalled, apis: Mapping[str, Api]) -> list[Hit]:
    """The hits by id, with what was asked before counted in, best first."""
    best = max((hit.raw for hit in hits.values()), default=0.0) or 1.0
    of_tools: dict[str, float] = {}
    for api_id, weight in found.weights.items():
        if api := apis.get(api_id):
            of_tools[api.tool_id] = max(weight, of_tools.get(api.tool_id, 0.0))
    bonus = {
        api_id: found.weights.get(api_id, 0.0) + OF_ITS_TOOL * of_tools.get(apis[api_id].tool_id, 0.0)
        for api_id in hits
    }
    counted = [replace(hit, raw=hit.raw + best * BONUS * bonus[hit.id]) for hit in hits.values()]
    top = max((hit.raw for hit in counted), default=1.0) or 1.0
    return sorted((replace(hit, score=hit.raw / top) for hit in counted), key=lambda hit: (-hit.score, hit.id))

"""Searches the weights of the index on questions with known answers, and proves them on questions kept apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from catalog.index_weights import Weights
from catalog.store import CatalogIndex
from evals.metrics import scores
from evals.progress import followed
from evals.questions import Question

POOL = 64
MEASURES = ("recall@10", "recall@64", "COMP@64", "NDCG@5")
"""Their mean is what is sought: the order of the first hits, and that nothing is missing among the last."""
STEPS = (0.5, 0.8, 1.25, 2.0)
"""Each weight is tried at these multiples of where it stands."""
LEAST_GAIN = 0.0005  # less is chance: a hundredth of a question of two APIs
ELSEWHERE = ("tool_alone", "category_alone")  # they rank tools and categories, which are not asked for here


@dataclass(frozen=True)
class Tried:
    """Weights, and the measures that questions reach with them."""

    weights: Weights
    measures: dict[str, float]

    @property
    def mean(self) -> float:
        return sum(self.measures.values()) / len(self.measures)


@dataclass(frozen=True)
class Searched:
    """Weights as they were and as they came out, on the half that they were searched on and on the other."""

    before: Tried
    after: Tried
    kept_apart_before: Tried
    kept_apart_after: Tried

    @property
    def moved(self) -> dict[str, tuple[float, float]]:
        """The weights that came out otherwise: from, to."""
        now = asdict(self.after.weights)
        return {name: (old, now[name]) for name, old in asdict(self.before.weights).items() if now[name] != old}

    @property
    def holds(self) -> bool:
        """Whether questions that nobody looked at are found better too."""
        return bool(self.moved) and self.kept_apart_after.mean > self.kept_apart_before.mean


OpenedWith = Callable[[Weights], Coroutine[Any, Any, CatalogIndex]]


async def searched(opened: OpenedWith, begin: Weights, questions: Sequence[Question], rounds: int) -> Searched:
    """One weight after the other is moved while that helps on one half; the other half is asked at the end alone."""
    halves = [[q for q in questions if _half(q) == half] for half in (0, 1)]
    mine, apart = (half or list(questions) for half in halves)
    before = best = await _tried(opened, begin, mine)
    names = [field.name for field in fields(Weights) if field.name not in ELSEWHERE]
    for name in followed(names * rounds, "weights"):
        there = [await _tried(opened, weights, mine) for weights in _neighbours(best.weights, name)]
        best = max([best, *(one for one in there if one.mean > best.mean + LEAST_GAIN)], key=lambda one: one.mean)
    return Searched(before, best, await _tried(opened, begin, apart), await _tried(opened, best.weights, apart))


def _half(question: Question) -> int:
    """The same half for the same text, wherever it stands in the file."""
    return hashlib.blake2b(question.query.encode("utf-8", "replace"), digest_size=1).digest()[0] % 2


async def _tried(opened: OpenedWith, weights: Weights, questions: Sequence[Question]) -> Tried:
    index = await opened(weights)
    reached = [await _reached(index, question) for question in questions]
    await index.close()
    return Tried(weights, {name: sum(one[name] for one in reached) / len(reached) for name in MEASURES})


async def _reached(index: CatalogIndex, question: Question) -> dict[str, float]:
    categories = (question.group,) if question.group else ()
    found = [hit.id for hit in (await index.search(question.query, k=POOL, categories=categories)).hits]
    return dict(scores(found, question.gold, (5, 10, POOL)))


def _neighbours(weights: Weights, name: str) -> Iterator[Weights]:
    for step in STEPS:
        yield replace(weights, **{name: round(getattr(weights, name) * step, 3)})

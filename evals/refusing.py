"""Learns which questions something answers: from questions as they are, and crossed with what others are offered."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from evals.relevance import Asked, Weighing
from reasoners.offline.likely import Seen, Weights, seen
from reasoners.offline.plan import parts_of

T = TypeVar("T")

RATE = 5
"""Per cent of the answered questions that may be refused where a fit is measured."""
_CROSSED = 0.1
"""What a crossed question counts beside those that people asked amiss, which are nearer to what is offered."""
_SEARCHED = 0.3
"""What a question to a whole catalog counts, crossed or not: nobody asked one amiss."""
_TRIES = 20
"""Draws for other functions, and for another category."""
_LOOSE = 1.0
"""Inverse strength of the pull of all weights towards zero; 0.1 to 10 measure alike."""


@dataclass(frozen=True)
class Sample:
    """A question whose parts are weighed, and whether anything offered answers it."""

    asked: Asked
    parts: tuple[Seen, ...]
    crossed: bool = False

    @property
    def half(self) -> int:
        """0 or 1, by the question: what is learned in one half is tried on the other."""
        return hashlib.sha256(self.asked.query.encode()).digest()[0] % 2

    @property
    def counts(self) -> float:
        if self.asked.functions is None:
            return _SEARCHED
        return _CROSSED if self.crossed else 1.0

    def sureness(self, by: Weights) -> float:
        return max((part.sureness(by) for part in self.parts), default=0.0)


async def samples(weighing: Weighing, asked: Sequence[Asked]) -> AsyncIterator[Sample]:
    """Each question with what it is offered; where that answers it, also with what it is not."""
    crossing = await Crossing.over(weighing, asked)
    for one in asked:
        yield await _sample(weighing, one)
        if one.answered and (other := crossing.other(one)) is not None:
            yield await _sample(weighing, *other, crossed=True)


async def _sample(weighing: Weighing, asked: Asked, category: str = "", *, crossed: bool = False) -> Sample:
    pool = await weighing.pool(asked, [category] if category else ())
    parts = parts_of(asked.query, pool, weighing.index) if pool else []
    return Sample(asked, tuple(seen(part, len(pool)) for part in parts), crossed)


@dataclass(frozen=True)
class Crossing:
    """Draws for a question what does not answer it: another question's functions, or a category without its APIs."""

    draws: Random
    sets: Mapping[str, Sequence[Asked]]
    names: Mapping[str, str]
    """Of functions, by the id of their tool."""
    categories: Sequence[str]

    @classmethod
    async def over(cls, weighing: Weighing, asked: Iterable[Asked]) -> Crossing:
        sets: dict[str, list[Asked]] = {}
        for one in asked:
            if one.answered and one.functions:
                sets.setdefault(one.set, []).append(one)
        ids = {tool_id for of_set in sets.values() for one in of_set for tool_id in one.functions or ()}
        tools = weighing.store.read_tools(sorted(ids))
        found = await weighing.store.categories()
        names = {tool.id: tool.apis[0].name for tool in tools}
        return cls(Random(0), sets, names, [each.name for each in found])  # noqa: S311  the same draws each time

    def other(self, asked: Asked) -> tuple[Asked, str] | None:
        """As a question that nothing answers, and the category to search; None: nothing else was drawn."""
        amiss = replace(asked, answered=False)
        if asked.functions is None:
            own = {api_id.split("/")[0] for api_id in asked.right}
            drawn = next((name for name in self._drawn(self.categories) if name not in own), None)
            return None if drawn is None else (amiss, drawn)
        mine = self._named(asked)
        others = (one for one in self._drawn(self.sets.get(asked.set, ())) if mine.isdisjoint(self._named(one)))
        drawn_one = next(others, None)
        return None if drawn_one is None else (replace(amiss, functions=drawn_one.functions), "")

    def _named(self, asked: Asked) -> set[str]:
        return {self.names[tool_id] for tool_id in asked.functions or ()}

    def _drawn(self, of: Sequence[T]) -> Iterator[T]:
        return (self.draws.choice(of) for _ in range(_TRIES if of else 0))


def learn(known: Sequence[Sample]) -> Weights:
    """From the surest part of each question, found by weights that were learned from all first parts."""
    told = [sample for sample in known if sample.parts]
    by = _fitted(told, [sample.parts[0] for sample in told])
    return _fitted(told, [max(sample.parts, key=lambda part: by.share(part.signs)) for sample in told])


def _fitted(known: Sequence[Sample], parts: Sequence[Seen]) -> Weights:
    """A logistic regression. scikit-learn comes with the extra `learn`."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    right = [sample.asked.answered for sample in known]
    if len(set(right)) < 2:  # all alike: the signs tell nothing apart
        return Weights(3.0 if right and right[0] else -3.0, {})
    names = list(parts[0].signs)
    rows = [[part.signs[name] for name in names] for part in parts]
    model = LogisticRegression(C=_LOOSE, max_iter=2000, random_state=0)
    fitted = model.fit(rows, right, sample_weight=[sample.counts for sample in known])
    return Weights(
        float(fitted.intercept_[0]), {name: float(w) for name, w in zip(names, fitted.coef_[0], strict=True)}
    )


def held_out(known: Sequence[Sample]) -> list[tuple[Sample, float]]:
    """How sure each question is by weights that have not seen its half."""
    by = [learn([sample for sample in known if sample.half != half]) for half in (0, 1)]
    return [(sample, sample.sureness(by[sample.half])) for sample in known]


def caught(weighed: Sequence[tuple[Sample, float]]) -> float | None:
    """Share of those that nothing answers which is refused where so many per cent of the others may be."""
    limits = sorted(sure for sample, sure in weighed if sample.asked.answered)
    amiss = [sure for sample, sure in weighed if not sample.asked.answered]
    if not limits or not amiss:
        return None
    limit = limits[len(limits) * RATE // 100]
    return sum(sure < limit for sure in amiss) / len(amiss)

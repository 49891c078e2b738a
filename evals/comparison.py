"""Whether two reports differ by more than chance: a paired bootstrap, and a sign test over the items that changed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from evals.report import ALL, Item, Part, Report, figures_of, is_falling

DRAWN = 1_000_000  # items drawn at most for a measure of a set: a second or so
RESAMPLES = 1_000  # with fewer, the ends of an interval of 95 % waver
FEWEST = 100
SEED = 0  # the same two reports give the same intervals
TAIL = 0.025


class Difference(Part):
    """A measure of a set before and after."""

    set: str
    measure: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    """Between them lies the difference in 95 of 100 draws of such items."""
    better: int
    worse: int
    """Items that changed for the better, and for the worse."""
    chance: float
    """Of a split so uneven or more, if better and worse were alike likely."""
    verdict: Literal["better", "worse", "noise", "same"]


class Comparison(Part):
    """Two reports over the items that both have."""

    eval: str
    before: str
    after: str
    items: int
    only_before: int
    only_after: int
    differences: tuple[Difference, ...]


def compared(before: Report, after: Report, names: tuple[str, str]) -> Comparison:
    """By set and over everything, in the measures that both show."""
    olds, news = ({item.key: item for item in report.items} for report in (before, after))
    pairs = [(olds[key], news[key]) for key in olds if key in news]
    sets = sorted({old.set for old, _ in pairs})
    groups = [(name, [pair for pair in pairs if pair[0].set == name]) for name in sets]
    groups = [*(groups if len(groups) > 1 else []), (ALL, pairs)]
    measures = [measure for measure in before.shown if measure in after.overall.figures]
    found = (difference(name, measure, group) for name, group in groups for measure in measures)
    return Comparison(
        eval=after.eval,
        before=names[0],
        after=names[1],
        items=len(pairs),
        only_before=len(olds) - len(pairs),
        only_after=len(news) - len(pairs),
        differences=tuple(one for one in found if one),
    )


def difference(name: str, measure: str, pairs: Sequence[tuple[Item, Item]]) -> Difference | None:
    """None: there is nothing to count in one of them."""
    old, new = (figures_of(items).get(measure) for items in ([o for o, _ in pairs], [n for _, n in pairs]))
    if old is None or new is None:
        return None
    sign = -1 if is_falling(measure) else 1
    changes = [sign * change for pair in pairs if (change := _change(measure, *pair))]
    low, high = _interval(measure, pairs) if changes else (0.0, 0.0)
    better, worse = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    return Difference(
        set=name,
        measure=measure,
        before=old,
        after=new,
        difference=round(new - old, 6),
        low=low,
        high=high,
        better=better,
        worse=worse,
        chance=sign_test(better, worse),
        verdict=_verdict(sign * low, sign * high, bool(changes)),
    )


def _change(measure: str, old: Item, new: Item) -> float:
    before, after = old.share(measure), new.share(measure)
    return 0.0 if before is None or after is None else after - before


def _verdict(one: float, other: float, changed: bool) -> Literal["better", "worse", "noise", "same"]:
    """One end and the other, turned so that more is better."""
    if not changed:
        return "same"
    return "better" if min(one, other) > 0 else "worse" if max(one, other) < 0 else "noise"


def _interval(measure: str, pairs: Sequence[tuple[Item, Item]]) -> tuple[float, float]:
    """Of the difference, over draws of as many items, some twice and some not at all."""
    counted = [
        (old.scores.get(measure, 0.0), old.whole(measure), new.scores.get(measure, 0.0), new.whole(measure))
        for old, new in pairs
    ]
    chance = random.Random(SEED)  # noqa: S311 - statistics
    draws = max(FEWEST, min(RESAMPLES, DRAWN // len(counted)))
    drawn = sorted(_difference(chance.choices(counted, k=len(counted))) for _ in range(draws))
    return round(drawn[int(TAIL * draws)], 6), round(drawn[int((1 - TAIL) * draws) - 1], 6)


def _difference(drawn: Sequence[tuple[float, float, float, float]]) -> float:
    old, old_whole, new, new_whole = map(sum, zip(*drawn, strict=True))
    return (new / new_whole if new_whole else 0.0) - (old / old_whole if old_whole else 0.0)


def sign_test(better: int, worse: int) -> float:
    """The chance of a split so uneven or more, both ways, if each change were a coin's throw."""
    changed, ways, tail = better + worse, 1, 1  # whole numbers: they grow far beyond what a float holds
    for k in range(min(better, worse)):
        ways = ways * (changed - k) // (k + 1)
        tail += ways
    chance: float = 2 * tail / (1 << changed)
    return round(min(1.0, chance), 6)

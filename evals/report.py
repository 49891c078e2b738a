"""What every eval tells: figures by set and of everything, and each item, as one typed document."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from catalog.errors import UnreadableDocument

ALL = "all"
FALLING = frozenset({"false asks", "invented", "nothing fits", "failed", "false refusals", "not completed"})
"""Measures of which less is better,"""
TIMED = re.compile(r".* (?:m?s|MB)")
"""and so is it of time and memory."""


class Part(BaseModel):
    """A part of a report. Written and read as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Part):
    """One question, what it scored, what was right for it and what came instead."""

    id: str
    set: str = ""
    query: str
    scores: dict[str, float]
    """By measure: the share, or the count that `of` says the whole of."""
    of: dict[str, float] = Field(default_factory=dict)
    """Where a measure counts more than one thing in an item: how many."""
    expected: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    """What came instead; empty where nothing is wrong."""
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by in another report."""
        return self.set, self.id, self.query

    def whole(self, measure: str) -> float:
        return self.of.get(measure, 1.0) if measure in self.scores else 0.0

    def share(self, measure: str) -> float | None:
        """None: there was nothing to count."""
        whole = self.whole(measure)
        return self.scores[measure] / whole if whole else None


class Group(Part):
    """The figures of a set: sums over its items, so that each item weighs by what there is in it."""

    name: str
    items: int
    figures: dict[str, float | None]
    """None: there was nothing to count."""
    counts: dict[str, JsonValue] = Field(default_factory=dict)


class Report(Part):
    """What was measured, on what, and how it came out."""

    eval: str
    switchboard: str
    about: dict[str, JsonValue]
    """What it was measured on, and with."""
    shown: tuple[str, ...]
    """The measures that a table has room for; the first one says which items are worst."""
    overall: Group
    sets: tuple[Group, ...]
    runs: tuple[dict[str, float | None], ...] = ()
    """The figures of all sets together for each repeat, where there were several."""
    spread: dict[str, float] = Field(default_factory=dict)
    """Standard deviation between the repeats."""
    stopped: str | None = None
    """Why it is not all of it."""
    items: tuple[Item, ...]

    def worst(self, most: int) -> list[Item]:
        """Items that fall short in the measure that says so, the worst first; of equals, the worse in the others."""
        short = [(self._merit(item), item) for item in self.items]
        below = [(merit, item) for merit, item in short if merit and merit[0] < 1]
        return [item for _, item in sorted(below, key=lambda pair: pair[0])[:most]]

    def _merit(self, item: Item) -> tuple[float, ...]:
        # A time is long or short beside another one only.
        shares = ((measure, item.share(measure)) for measure in self.shown if not TIMED.fullmatch(measure))
        return tuple(1 - share if is_falling(measure) else share for measure, share in shares if share is not None)


def is_falling(measure: str) -> bool:
    """Whether less of it is better."""
    return measure in FALLING or TIMED.fullmatch(measure) is not None


def report_of(
    name: str,
    items: Sequence[Item],
    *,
    about: Mapping[str, JsonValue],
    shown: Sequence[str],
    counts: Mapping[str, Mapping[str, JsonValue]] | None = None,
    stopped: str = "",
) -> Report:
    """The report of these items; `counts` by set, with those of everything under `ALL`."""
    told = counts or {}
    names = sorted({item.set for item in items})
    groups = [_group(name, [item for item in items if item.set == name], told.get(name)) for name in names]
    measured = {measure for item in items for measure in item.scores}
    return Report(
        eval=name,
        switchboard=version("switchboard"),
        about=dict(about),
        shown=tuple(measure for measure in shown if measure in measured),
        overall=_group(ALL, items, told.get(ALL)),
        sets=tuple(groups),
        stopped=stopped or None,
        items=tuple(items),
    )


def _group(name: str, items: Sequence[Item], counts: Mapping[str, JsonValue] | None) -> Group:
    return Group(name=name, items=len(items), figures=figures_of(items), counts=dict(counts or {}))


def figures_of(items: Iterable[Item]) -> dict[str, float | None]:
    """Each measure over the items that have it."""
    parts: dict[str, list[float]] = {}
    wholes: dict[str, float] = {}
    for item in items:
        for measure, score in item.scores.items():
            parts.setdefault(measure, []).append(score)
            wholes[measure] = wholes.get(measure, 0.0) + item.whole(measure)
    return {m: round(math.fsum(part) / wholes[m], 6) if wholes[m] else None for m, part in parts.items()}


def repeated(measure: Callable[[], Report], times: int) -> Report:
    """One report of several runs, none after one that stopped: items score what they did in all of them."""
    reports = [measure()]
    while len(reports) < times and not reports[-1].stopped:
        reports.append(measure())
    whole = [report for report in reports if not report.stopped]
    if len(whole) < 2:
        return reports[0]
    first = whole[0]
    items = [_together(same) for same in zip(*(report.items for report in whole), strict=True)]
    counts = {group.name: group.counts for group in (*first.sets, first.overall)}
    joined = report_of(
        first.eval, items, about=first.about, shown=first.shown, counts=counts, stopped=reports[-1].stopped or ""
    )
    runs = tuple(report.overall.figures for report in whole)
    return joined.model_copy(update={"runs": runs, "spread": _spread(runs)})


def _together(same: Sequence[Item]) -> Item:
    measures = {measure: None for item in same for measure in item.scores}
    scores = {measure: sum(item.scores.get(measure, 0.0) for item in same) for measure in measures}
    of = {measure: sum(item.whole(measure) for item in same) for measure in measures}
    return same[0].model_copy(update={"scores": scores, "of": of})


def _spread(runs: Sequence[Mapping[str, float | None]]) -> dict[str, float]:
    told = {measure: [run[measure] for run in runs if run.get(measure) is not None] for measure in runs[0]}
    values = {measure: [v for v in figures if v is not None] for measure, figures in told.items()}
    return {measure: round(statistics.stdev(v), 6) for measure, v in values.items() if len(v) > 1}


def about_of(report: Report) -> dict[str, str]:
    """What it was measured on, in words for people; what there was not is left out."""
    known = {name: value for name, value in report.about.items() if value is not None}
    return {name: ", ".join(map(str, v)) if isinstance(v, list) else str(v) for name, v in known.items()}


def read_report(path: Path) -> Report:
    """What `--json` wrote. Raises UnreadableDocument."""
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UnreadableDocument(str(path), f"it cannot be read ({error})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "document"
        reason = f"it is no report of `switchboard eval ... --json` ({where}: {first['msg']})"
        raise UnreadableDocument(str(path), reason) from error

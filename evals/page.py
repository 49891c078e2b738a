"""A report as one HTML page: tables, curves, and the worst questions. Needs no network, reads in light and dark."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from evals.comparison import Comparison
from evals.report import Group, Item, Report, about_of

WORST = 50
WIDTH, HEIGHT, LEFT, BOTTOM, LINE = 640, 260, 40, 30, 14  # pixels of a chart, of the room for its axes, of a name
CURVE_OF = {
    "retrieval": "By the number of results that are looked at.",
    "relevance": "Irrelevant questions caught, by how many of 100 others may be refused for it.",
}
_AT = re.compile(r"(?P<name>(?:BM25 )?(?:recall|COMP|NDCG)|caught)@(?P<depth>\d+)")


@dataclass(frozen=True)
class Curve:
    """A measure by depth, as the chart draws it."""

    name: str
    points: tuple[tuple[float, float, int, float], ...]
    """x and y in the chart, depth and share."""

    label: float
    """y of its name."""

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in self.points)

    @property
    def kind(self) -> str:
        """The class that the style sheet knows."""
        return self.name.replace("BM25 ", "beside ")


def page(report: Report) -> str:
    """The page of a report."""
    worst = [(item, _scored(item, report)) for item in report.worst(WORST)]
    return _template("report.html.jinja").render(
        report=report,
        about=about_of(report),
        curves=curves(report.overall),
        curve_of=CURVE_OF.get(report.eval, ""),
        worst=worst,
        more=sorted(set(report.overall.figures) - set(report.shown)),
    )


def comparison_page(comparison: Comparison) -> str:
    """The page of a comparison."""
    return _template("comparison.html.jinja").render(comparison=comparison)


def curves(group: Group) -> list[Curve]:
    """Measures that are told at three depths or more."""
    by_name: dict[str, list[tuple[int, float]]] = {}
    for measure, figure in group.figures.items():
        if (at := _AT.fullmatch(measure)) and figure is not None:
            by_name.setdefault(at["name"], []).append((int(at["depth"]), figure))
    deepest = max((depth for told in by_name.values() for depth, _ in told), default=1)
    kept = sorted((-sorted(told)[-1][1], name) for name, told in by_name.items() if len(told) > 2)
    labels = _apart([_y(-below) for below, _ in kept])
    return [_curve(name, sorted(by_name[name]), deepest, y) for (_, name), y in zip(kept, labels, strict=True)]


def _curve(name: str, told: list[tuple[int, float]], deepest: int, label: float) -> Curve:
    """Depths stand at equal ratios: the first few are what matters."""
    return Curve(name, tuple((_x(depth, deepest), _y(share), depth, share) for depth, share in told), label)


def _apart(places: list[float]) -> list[float]:
    """The same from above to below, none so near the one before that their names would cover each other."""
    kept: list[float] = []
    for place in places:
        kept.append(max(place, kept[-1] + LINE) if kept else place)
    return kept


def _x(depth: int, deepest: int) -> float:
    return LEFT + (WIDTH - LEFT - 20) * math.log(depth) / (math.log(deepest) or 1)


def _y(share: float) -> float:
    return 10 + (HEIGHT - BOTTOM - 10) * (1 - share)


def _scored(item: Item, report: Report) -> str:
    shares = ((measure, item.share(measure)) for measure in report.shown)
    return ", ".join(f"{measure} {share:.2f}" for measure, share in shares if share is not None)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _template(name: str) -> Template:
    environment = Environment(loader=PackageLoader("evals", "pages"), autoescape=True, undefined=StrictUndefined)
    environment.filters["share"] = _share
    environment.filters["y"] = _y
    return environment.get_template(name)

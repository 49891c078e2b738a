"""How every eval hands over its report: a table, JSON or a page, and an exit code for CI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from catalog.errors import SwitchboardError
from evals.page import page
from evals.progress import console
from evals.report import Group, Report

Given = TypeVar("Given")
WIDE = 1_000  # characters, as much as any table asks for
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout, with every item.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the report as a page that needs no network.")]
AtLeast = Annotated[
    list[str] | None,
    typer.Option("--min", help="MEASURE=VALUE, as recall@10=0.9: exit code 1 if it is less. As often as you like."),
]
AtMost = Annotated[
    list[str] | None, typer.Option("--max", help="MEASURE=VALUE: exit code 1 if it is more. As often as you like.")
]
Reports = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--compare",
        metavar="BEFORE AFTER",
        help="Measure nothing: tell what changed between two reports of --json, as `eval compare` does.",
    ),
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="Only this set, or those that begin so. May be given several times.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first, at most so many.")]
Repeat = Annotated[int, typer.Option(min=1, help="So many runs; the spread between them is told.")]


def needs_extra(module: str, package: str, extra: str) -> None:
    """Leave with the command that installs it, where it is not there."""
    if find_spec(module) is None:
        console.print(f"This needs {package}: pip install 'switchboard[{extra}]'", style="red", markup=False)
        raise typer.Exit(1)


@dataclass(frozen=True)
class Bound:
    """What a measure must come to at least, or at most."""

    measure: str
    value: float
    least: bool

    def broken_by(self, figures: dict[str, float | None]) -> str:
        """What falls short, in words; empty: nothing does. What was not measured falls short."""
        came = figures.get(self.measure)
        if came is not None and (came >= self.value if self.least else came <= self.value):
            return ""
        told = "nothing to count" if came is None else f"{came:.4f}"
        return f"{self.measure}: {told}, wanted at {'least' if self.least else 'most'} {self.value:g}"


@dataclass(frozen=True)
class Telling:
    """The options that every eval has of how it is told."""

    as_json: AsJson = False
    html: HtmlFile = None
    least: AtLeast = None
    most: AtMost = None
    compare: Reports = None

    def delivery(self) -> Delivery:
        """Raises typer.BadParameter; where two reports are to be compared, typer.Exit once that is done."""
        if self.compare:
            from evals.compare_command import compare  # it is told as all reports are, so it needs this file

            compare(*self.compare, as_json=self.as_json, html=self.html)
            raise typer.Exit
        return delivery(self.as_json, self.html, self.least, self.most)


@dataclass(frozen=True)
class Delivery:
    """What is wanted of a report."""

    as_json: bool
    html: Path | None
    bounds: Sequence[Bound]

    def of(self, report: Report) -> None:
        """Prints it and writes it. Raises typer.Exit where it is not good enough, or not whole."""
        if self.as_json:
            typer.echo(report.model_dump_json(exclude_defaults=True))
        else:
            printed(table(report))
        if self.html:  # last: what was measured is told, though the disk may be full
            self.html.write_text(page(report), encoding="utf-8")
        _check_measures(self.bounds, report)
        short = [broken for bound in self.bounds if (broken := bound.broken_by(report.overall.figures))]
        for broken in short:
            console.print(f"Not good enough: {broken}", style="red", markup=False)
        if report.stopped:
            console.print(f"Stopped early: {report.stopped}", style="red", markup=False)
        if short or report.stopped:
            raise typer.Exit(1)


def delivery(as_json: bool, html: Path | None, least: Sequence[str] | None, most: Sequence[str] | None) -> Delivery:
    """Raises typer.BadParameter, before anything is measured."""
    if html and not html.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {html.parent}", param_hint="--html")
    if html and html.is_dir():
        raise typer.BadParameter(f"{html} is a folder; name a file", param_hint="--html")
    bounds = [_bound(text, least=True) for text in least or ()]
    return Delivery(as_json, html, [*bounds, *(_bound(text, least=False) for text in most or ())])


def _bound(text: str, *, least: bool) -> Bound:
    measure, _, value = text.rpartition("=")
    try:
        return Bound(measure.strip(), float(value), least)
    except ValueError:
        hint = "--min" if least else "--max"
        raise typer.BadParameter(f"{text!r} is not of the form recall@10=0.9", param_hint=hint) from None


def needed(value: Given | None, option: str) -> Given:
    """An option that only a comparison can do without. Raises typer.BadParameter."""
    if not value:
        raise typer.BadParameter("it is missing", param_hint=option)
    return value


def _check_measures(bounds: Sequence[Bound], report: Report) -> None:
    for bound in bounds:
        if bound.measure not in report.overall.figures:
            known = ", ".join(report.overall.figures)
            raise typer.BadParameter(f"{bound.measure!r} is not measured here; measured are {known}")


@contextmanager
def told_errors() -> Iterator[None]:
    """Our own errors as text on stderr, with exit code 1."""
    try:
        yield
    except SwitchboardError as error:
        console.print(f"{error} {error.cure}".strip(), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(1) from error


def table(report: Report) -> Table:
    """A row for each set, and one for everything."""
    heads = (Column(measure.replace(" ", "\n", 1), justify="right") for measure in report.shown)
    drawn = Table(Column("set", no_wrap=True), Column("items", justify="right"), *heads, box=None, pad_edge=False)
    for group in report.sets:
        drawn.add_row(*_row(group, report))
    drawn.add_section()
    drawn.add_row(*_row(report.overall, report))
    if report.runs:
        drawn.add_row(f"spread of {len(report.runs)}", "", *(f"±{report.spread.get(m, 0):.4f}" for m in report.shown))
    told = (
        f"{name}: {', '.join(map(str, v)) if isinstance(v, list) else v}"
        for name, v in report.about.items()
        if v is not None
    )
    drawn.caption = "\n".join(told)
    return drawn


def printed(drawn: Table) -> None:
    """On stdout, no figure cut: a pipe has no width of its own, and a line too long can still be read."""
    wanted = Console(width=WIDE).measure(drawn).maximum
    Console(width=max(Console().width, wanted)).print(drawn)


def _row(group: Group, report: Report) -> list[str]:
    return [group.name or "-", str(group.items), *(share(group.figures.get(measure)) for measure in report.shown)]


def share(value: float | None) -> str:
    """As a table shows it."""
    return "-" if value is None else f"{value:.3f}"

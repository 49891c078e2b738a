"""The command that tells progress from noise between two reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from evals.comparison import Comparison, Difference, compared
from evals.delivery import AsJson, HtmlFile, printed, told_errors
from evals.page import comparison_page
from evals.report import read_report


def compare(
    before: Annotated[Path, typer.Argument(help="A report that an eval printed with --json.")],
    after: Annotated[Path, typer.Argument(help="Another one, of the same eval.")],
    as_json: AsJson = False,
    html: HtmlFile = None,
) -> None:
    """What changed between two reports, and whether it is more than chance. Exit code 1: something got worse."""
    with told_errors():
        old, new = read_report(before), read_report(after)
    if old.eval != new.eval:
        raise typer.BadParameter(f"one is of eval {old.eval}, the other of eval {new.eval}")
    comparison = compared(old, new, (before.name, after.name))
    if not comparison.items:
        raise typer.BadParameter("the two reports have no item in common")
    if html:
        html.write_text(comparison_page(comparison), encoding="utf-8")
    if as_json:
        typer.echo(comparison.model_dump_json())
    else:
        printed(_table(comparison))
    if any(one.verdict == "worse" for one in comparison.differences):
        raise typer.Exit(1)


def _table(comparison: Comparison) -> Table:
    numbers = (
        Column(head, justify="right", no_wrap=True) for head in ("before", "after", "change", "95 %", "better", "worse")
    )
    drawn = Table(Column("set", no_wrap=True), "measure", *numbers, "means", box=None, pad_edge=False)
    for one in comparison.differences:
        drawn.add_row(*_row(one))
    drawn.caption = f"{comparison.items} items stand in both"
    if comparison.only_before or comparison.only_after:
        drawn.caption += f"; {comparison.only_before} only in the first, {comparison.only_after} only in the second"
    return drawn


def _row(one: Difference) -> list[str]:
    figures = (f"{one.before:.3f}", f"{one.after:.3f}", f"{one.difference:+.3f}", f"{one.low:+.3f} {one.high:+.3f}")
    return [one.set or "-", one.measure, *figures, str(one.better), str(one.worse), one.verdict]

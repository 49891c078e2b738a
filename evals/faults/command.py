"""The command that runs a fault program, and shows what it saw."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catalog.errors import SwitchboardError
from evals.faults.program import Figure, Outcome, Program, Wanted
from evals.faults.registry import PROGRAMS, program_named

LIST = "list"
progress = Console(stderr=True)


def faults(
    name: Annotated[str, typer.Argument(help=f"A program, or `{LIST}` to see which there are.")] = LIST,
    short: Annotated[bool, typer.Option("--short", help="The form of a few seconds, with fewer cases.")] = False,
    times: Annotated[int | None, typer.Option(min=1, help="Repetitions; unset: as many as it is made for.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 1,
    database_url: Annotated[
        str | None, typer.Option(help="PostgreSQL to test on, where a program uses a database; unset: its own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout, with every finding.")] = False,
) -> None:
    """Do the worst, many times, and see whether what must hold still holds. Exit code 1: it does not."""
    if name == LIST:
        _list(as_json=as_json)
        return
    try:
        program = program_named(name)
        with tempfile.TemporaryDirectory(prefix="switchboard-faults-") as folder:
            wanted = Wanted(Path(folder), short, times, seed, database_url, progress.print)
            started = time.perf_counter()
            outcome = asyncio.run(program.run(wanted))
    except SwitchboardError as error:
        progress.print(f"{error} {error.cure}".strip(), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(2) from error
    _show(program, outcome, time.perf_counter() - started, as_json=as_json)
    if not outcome.passed:
        raise typer.Exit(1)


def _list(*, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([{"name": p.name, "passes_when": p.passes_when} for p in PROGRAMS.values()], indent=2))
        return
    for program in PROGRAMS.values():
        typer.echo(f"{program.name:<20} {program.passes_when}")


def _show(program: Program, outcome: Outcome, seconds: float, *, as_json: bool) -> None:
    if as_json:
        head = {"name": program.name, "passes_when": program.passes_when, "passed": outcome.passed}
        typer.echo(json.dumps({**head, "seconds": round(seconds, 2), **asdict(outcome)}, indent=2))
        return
    console = Console()
    failed = [finding for finding in outcome.findings if not finding.passed]
    for finding in failed:
        console.print(f"[red]failed[/] {escape(finding.case)}: {escape(finding.detail)}", soft_wrap=True)
    table = Table("", "", show_header=False)
    for label, figure in outcome.figures.items():
        table.add_row(label, _told(figure))
    table.add_row("cases", str(len(outcome.findings)))
    table.add_row("failed", str(len(failed)))
    table.add_row("seconds", f"{seconds:.1f}")
    table.add_row("passes when", escape(program.passes_when))
    table.caption = f"{program.name}: {'passed' if outcome.passed else 'FAILED'}"
    console.print(table)


def _told(figure: Figure) -> str:
    if figure is None:
        return "unknown"
    return f"{figure:,.1f}" if isinstance(figure, float) else f"{figure:,}" if isinstance(figure, int) else figure

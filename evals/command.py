"""Measure retrieval, the filling of parameters, and speed on your own data."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from catalog.errors import SwitchboardError
from evals.agents_command import agents
from evals.compare_command import compare
from evals.end_to_end_command import end_to_end
from evals.faults.command import faults
from evals.init_command import init
from evals.missing_command import missing
from evals.parameters_command import parameters
from evals.relevance_command import relevance
from evals.retrieval_command import retrieval
from evals.speed import Measured, measure

app = typer.Typer(help="Measure the service and its search on your machine and data.", no_args_is_help=True)
progress = Console(stderr=True)


@app.callback()
def group() -> None:
    """Measure the service and its search on your machine and data."""


@app.command()
def speed(
    catalog: Annotated[
        Path | None, typer.Option(help="A catalog file to measure memory and search with, beside the demo.")
    ] = None,
    queries: Annotated[int, typer.Option(min=20, help="Questions per load.")] = 400,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Time of `POST /query` on the demo, questions per second, start-up, and memory."""
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-speed-") as folder:
            measured = measure(Path(folder), catalog=catalog, queries=queries, say=progress.print)
    except SwitchboardError as error:
        progress.print(f"{error} {error.cure}".strip(), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(asdict(measured), indent=2))
    else:
        Console().print(_table(measured))


for command in (retrieval, parameters, missing, relevance, agents, compare, init, faults):
    app.command()(command)
app.command("end-to-end")(end_to_end)


def _table(measured: Measured) -> Table:
    table = Table("clients", "strategy", "queries", "median ms", "p99 ms", "per second", "not completed")
    for load in measured.loads:
        figures = (load.median_ms, load.p99_ms, load.per_second)
        told = [f"{figure:.1f}" for figure in figures]
        table.add_row(str(load.clients), load.strategy, str(load.queries), *told, str(load.wrong))
    table.caption = _caption(measured)
    return table


def _caption(measured: Measured) -> str:
    lines = [f"Start to first 200 with the demo: {measured.demo.start_seconds:.2f} s"]
    lines.append(f"Memory with the demo, after the loads: {_megabytes(measured.demo.resident_mb)}")
    if large := measured.large:
        lines.append(f"Start with {large.apis} APIs: {large.start_seconds:.2f} s")
        lines.append(f"Memory with {large.apis} APIs, after {large.queries} searches: {_megabytes(large.resident_mb)}")
    return "\n".join(lines)


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} MB"

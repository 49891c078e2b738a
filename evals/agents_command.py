"""The command that measures the agents, and its table."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from catalog.errors import SwitchboardError
from evals.agents import Agents, Measured, Wanted, measure
from evals.agents_figures import Effort, Means
from evals.scenarios import SCENARIOS, UnknownScenario, scenario_named
from graph.requests import Strategy
from reasoners.providers import DriverName

LABEL, COLUMN = 34, 17  # characters of the table's columns, with their borders
progress = Console(stderr=True)


def agents(
    catalog: Annotated[Path, typer.Option(help="A catalog file, as `catalog import` takes it.")],
    queries: Annotated[
        Path, typer.Option(help='JSON lines {"query": "...", "gold": ["api id", ...], "set": "..."}; gzip too.')
    ],
    scenario: Annotated[
        list[str], typer.Option(help=f"How the model errs, as often as you like: {', '.join(SCENARIOS)}; join by +.")
    ] = ["perfect"],  # noqa: B006 - typer copies it
    strategy: Annotated[Strategy, typer.Option(help="Which way the service goes.")] = "fan_out",
    first: Annotated[
        list[str],
        typer.Option(help="SET=N: only the first N questions of this set, by query_id; as often as you like."),
    ] = [],  # noqa: B006 - as above
    limit: Annotated[int | None, typer.Option(min=1, help="So many questions at most.")] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Questions under way at once.")] = 1,
    latency: Annotated[float, typer.Option(min=0, help="Seconds that a model call takes.")] = 0.2,
    repeat: Annotated[bool, typer.Option("--repeat", help="Ask every question a second time.")] = False,
    driver: Annotated[DriverName | None, typer.Option(help="The form in which the model is asked.")] = None,
    per_question: Annotated[bool, typer.Option("--per-question", help="A line for each question too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout, with every question.")] = False,
) -> None:
    """What the agents cost and find, up to the pool, against a scripted model that knows what is right."""
    wanted = Wanted(
        catalog=catalog,
        queries=queries,
        scenarios=tuple(_checked(scenario)),
        strategy=strategy,
        first=_counts(first),
        limit=limit,
        at_once=at_once,
        latency_seconds=latency,
        repeat=repeat,
        driver=driver,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-agents-") as folder:
            measured = asyncio.run(measure(Path(folder), wanted, progress.print))
    except SwitchboardError as error:
        progress.print(f"{error} {error.cure}".strip(), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(asdict(measured), indent=2))
        return
    if per_question:
        typer.echo("\n".join(_lines(measured)))
    width = max(Console().width, LABEL + COLUMN * len(measured.scenarios))
    Console(width=width).print(_table(measured))


def _checked(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        try:
            scenario_named(name)
        except UnknownScenario as error:
            raise typer.BadParameter(str(error), param_hint="--scenario") from error
        yield name


def _counts(given: Iterable[str]) -> dict[str, int]:
    counts = {}
    for part in (part for entry in given for part in entry.split(",")):
        name, _, number = part.rpartition("=")
        if not name or not number.isdigit():
            raise typer.BadParameter(f"{part!r} is not of the form SET=N.", param_hint="--first")
        counts[name.strip()] = int(number)
    return counts


Figure = Callable[[Means], str]
ROWS: tuple[tuple[str, Figure], ...] = (
    ("model calls up to the pool", lambda m: f"{m.calls:.2f}"),
    ("  of one question at most", lambda m: f"{m.max_calls}"),
    ("characters up to the pool", lambda m: f"{m.characters:,.0f}"),
    ("tokens read, written", lambda m: f"{m.input_tokens:,.0f}, {m.output_tokens:,.0f}"),
    ("turns in sequence (most)", lambda m: f"{m.turns:.2f} ({m.max_turns})"),
    ("seconds up to the pool (most)", lambda m: f"{m.seconds:.2f} ({m.max_seconds:.2f})"),
    ("rounds (most)", lambda m: f"{m.rounds:.2f} ({m.max_rounds})"),
    ("recall of the pool", lambda m: f"{m.recall:.3f}"),
    ("  of what was planned with", lambda m: f"{m.recall_planned:.3f}"),
    ("share with all gold", lambda m: f"{m.all_gold:.3f}"),
    ("calls that judge the pool", lambda m: f"{m.judging_calls:.2f}"),
    ("  their characters", lambda m: f"{m.judging_characters:,.0f}"),
    ("calls after the pool", lambda m: f"{m.other_calls:.2f}"),
    ("calls that failed", lambda m: f"{m.failed_calls:.2f}"),
    ("questions not completed", lambda m: f"{m.not_completed}"),
    ("  with another's gold chosen", lambda m: f"{m.foreign}"),
    ("routes", lambda m: ", ".join(f"{name} {count}" for name, count in m.routes.items())),
)


def _table(measured: Agents) -> Table:
    table = Table(Column("mean of a question", no_wrap=True), *(one.scenario for one in measured.scenarios))
    for label, figure in ROWS:
        table.add_row(label, *(figure(one.means) for one in measured.scenarios))
    if any(one.means.repeated_calls is not None for one in measured.scenarios):
        table.add_row("calls when asked again", *(f"{one.means.repeated_calls:.2f}" for one in measured.scenarios))
    table.add_row("processor ms per model call", *map(_cpu, measured.scenarios))
    table.add_row("  per question, with search", *(f"{one.cpu_ms_per_question:.0f}" for one in measured.scenarios))
    table.add_row("model calls at once (most)", *(f"{one.most_at_once}" for one in measured.scenarios))
    table.caption = _caption(measured)
    return table


def _cpu(one: Measured) -> str:
    return "-" if one.cpu_ms_per_call is None else f"{one.cpu_ms_per_call:.1f}"


def _caption(measured: Agents) -> str:
    lines = [
        f"{measured.catalog}: {measured.apis} APIs; {measured.scenarios[0].means.questions} questions, "
        f"{measured.at_once} at once; strategy {measured.strategy}; {measured.latency_seconds:g} s a model call"
    ]
    if measured.unknown:
        lines.append(f"{measured.unknown} gold APIs are not in this catalog and do not count")
    return "\n".join(lines)


def _lines(measured: Agents) -> Iterable[str]:
    for one in measured.scenarios:
        yield f"{one.scenario}: calls judging other characters turns seconds rounds recall planned routes status"
        yield from map(_line, one.questions)
        yield ""


def _line(e: Effort) -> str:
    figures = f"{e.calls:>3} {e.judging_calls:>2} {e.other_calls:>2} {e.characters:>7} {e.turns:>2} {e.seconds:>6.2f}"
    found = f"{e.rounds:>2} {e.recall:.2f} {e.recall_planned:.2f} {'>'.join(e.routes)} {e.status}"
    again = "" if e.repeated_calls is None else f" again {e.repeated_calls}"
    rest = [f"stopped by {e.stopped_by}"] if e.stopped_by else []
    rest += [f"missing {', '.join(e.missing)}"] if e.missing else []
    return f"{e.id:<24} {figures} {found}{again} {'; '.join([*rest, *e.warnings])}".rstrip()

"""The command `eval parameters`: calls with known values through extraction, by any reasoner, told in figures."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from api.cli.opening import WrongSettings, read_settings
from catalog.errors import SwitchboardError
from evals.extraction import Extracted, Extraction, extract_all
from evals.extraction_figures import Figures, Report
from evals.function_calls import Item, items
from graph.opening import open_parts
from graph.settings import Settings

OFFLINE_AT_ONCE = 1  # pure computation: more at once would only take turns
progress = Console(stderr=True)


@dataclass(frozen=True)
class Measured:
    """What was measured, and on what."""

    reasoner: str
    model: str | None
    report: Report
    seconds: float
    stopped: str = ""
    """Why it is not all of it; empty: it is."""


def parameters(
    queries: Annotated[
        Path, typer.Option(help="JSON lines with query, functions and gold calls; gzip too. See docs/cli.md.")
    ],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="Only this set, or those that begin so: BFCL. May be given several times."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first items, at most so many.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model; else SWITCHBOARD_MODEL.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of its endpoint; else OPENAI_BASE_URL.")] = None,
    driver: Annotated[str | None, typer.Option(help="Form of asking; else SWITCHBOARD_DRIVER.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Without a model, whatever is set.")] = False,
    at_once: Annotated[int, typer.Option(min=1, help="Calls under way at once, at an endpoint.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """How well parameters are filled from questions: right, found, asked in vain, made up."""
    try:
        settings = chosen_settings(model=model, base_url=base_url, driver=driver, offline=offline)
        chosen = list(islice(items(queries, sets or ()), limit))
        if not chosen:
            raise typer.BadParameter("no item of these sets is in the file", param_hint="--set")
        measured = run(settings, chosen, at_once=at_once)
    except SwitchboardError as error:
        progress.print(f"{error} {error.cure}".strip(), style="red")
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(told(measured), indent=2, ensure_ascii=False))
    else:
        Console().print(*_tables(measured), sep="\n")
    if measured.stopped:
        progress.print(f"Stopped early: {measured.stopped}", style="red")
        raise typer.Exit(1)


def chosen_settings(*, model: str | None, base_url: str | None, driver: str | None, offline: bool) -> Settings:
    """The environment's settings, with these in their place. Raises WrongSettings."""
    wished = {"model": model, "openai_base_url": base_url, "driver": driver}
    given: dict[str, object] = {name: value for name, value in wished.items() if value is not None}
    if offline or model or base_url:
        given["reasoner"] = "offline" if offline else "chat"
    read_settings()  # what is wrong in the environment is told by the variable's name
    try:
        return Settings.model_validate(given)
    except ValidationError as invalid:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors(include_url=False)]
        raise WrongSettings(problems) from None


def run(settings: Settings, chosen: Sequence[Item], *, at_once: int) -> Measured:
    """In a folder of its own. What was measured until an interruption is kept. Raises SwitchboardError."""
    report, stopped, started = Report(), "", time.monotonic()
    with tempfile.TemporaryDirectory(prefix="switchboard-parameters-") as folder:
        apart = settings.model_copy(update={"data_dir": Path(folder)})
        try:
            asyncio.run(_extract(apart, chosen, report, at_once))
        except KeyboardInterrupt:
            stopped = "interrupted"
        except SwitchboardError as error:
            if not report.overall.counts["items"]:
                raise
            stopped = str(error)
    kind = settings.chosen_reasoner
    return Measured(
        kind, settings.model if kind == "chat" else None, report, round(time.monotonic() - started, 1), stopped
    )


async def _extract(settings: Settings, chosen: Sequence[Item], report: Report, at_once: int) -> None:
    calls = sum(len(item.calls) for item in chosen)
    for item in chosen:
        if not item.calls:  # nothing is offered, so nothing can be filled
            report.count(item)
    async with open_parts(settings) as parts:
        reasoner = parts.chat or parts.offline
        extraction = Extraction(reasoner, parts.caller, settings.deadline_seconds)
        with Progress(console=progress) as bar:
            task = bar.add_task("calls", total=calls)

            def take(result: Extracted) -> None:
                report.add(result)
                bar.advance(task)

            await extract_all(extraction, chosen, take, at_once=at_once if parts.chat else OFFLINE_AT_ONCE)


def told(measured: Measured) -> dict[str, JsonValue]:
    """For programs."""
    return {
        "reasoner": measured.reasoner,
        "model": measured.model,
        "seconds": measured.seconds,
        "stopped": measured.stopped or None,
        "overall": measured.report.overall.told(),
        "sets": {name: figures.told() for name, figures in sorted(measured.report.sets.items())},
    }


def _tables(measured: Measured) -> list[Table]:
    """Two, as one would be too wide for a terminal."""
    width = max(len(name) for name, _ in measured.report.rows())
    filled = _table(width, "items", "calls", "values right", "confirm right", "required found", "calls right")
    doubted = _table(width, "asked", "false asks", "invented", "sent", "right dropped", "nothing fits", "failed")
    for name, figures in measured.report.rows():
        if name == "all":
            filled.add_section()
            doubted.add_section()
        filled.add_row(name, *_filled(figures))
        doubted.add_row(name, *_doubted(figures))
    doubted.caption = _caption(measured)
    return [filled, doubted]


def _table(width: int, *heads: str) -> Table:
    columns = (Column(head.replace(" ", "\n"), justify="right") for head in heads)
    return Table(Column("set", min_width=width), *columns, box=None, pad_edge=False)


def _filled(figures: Figures) -> list[str]:
    shares = ("values_right", "confirmed_right", "required_found", "calls_right")
    counts = [str(figures.counts[name]) for name in ("items", "calls")]
    return [*counts, *(_share(figures.share(name)) for name in shares)]


def _doubted(figures: Figures) -> list[str]:
    counts = figures.counts
    names = ("asked", "false_asks", "invented", "invented_sent", "right_dropped")
    return [*(str(counts[name]) for name in names), f"{counts['idle_ready']}/{counts['idle']}", str(counts["failed"])]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _caption(measured: Measured) -> str:
    figures = measured.report.overall
    cost = figures.cost_usd if figures.counts["model_calls"] else None
    lines = [f"{measured.model or measured.reasoner}: {measured.seconds:g} s"]
    if measured.reasoner == "chat":
        tokens = [_or_unknown(figures.input_tokens), _or_unknown(figures.output_tokens)]
        price = "unknown" if cost is None else f"{cost:.4f} USD"
        lines.append(
            f"{figures.counts['model_calls']} model calls, {tokens[0]} tokens in, {tokens[1]} out, cost {price}"
        )
        kept = _share(figures.share("given_kept"))
        lines.append(f"Right values that stand in the question, of those the model set, kept: {kept}")
        lines.append(f"Answers that could not be read: {figures.counts['malformed']}")
    return "\n".join(lines)


def _or_unknown(count: int | None) -> str:
    return "unknown" if count is None else str(count)

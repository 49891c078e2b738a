"""The command `eval parameters`: calls with known values through extraction, by any reasoner, told in figures."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError
from rich.progress import Progress

from api.cli.opening import WrongSettings, read_settings
from catalog.errors import SwitchboardError
from evals.delivery import AsJson, AtLeast, AtMost, HtmlFile, Repeat, delivery, told_errors
from evals.extraction import Extracted, Extraction, extract_all
from evals.extraction_figures import Tally
from evals.function_calls import Item, items
from evals.parameters_report import tallied
from evals.progress import console
from evals.report import Report, repeated
from graph.opening import open_parts
from graph.settings import Settings

OFFLINE_AT_ONCE = 1  # pure computation: more at once would only take turns


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
    repeat: Repeat = 1,
    as_json: AsJson = False,
    html: HtmlFile = None,
    least: AtLeast = None,
    most: AtMost = None,
) -> None:
    """How well parameters are filled from questions: right, found, asked in vain, made up."""
    wanted = delivery(as_json, html, least, most)
    with told_errors():
        settings = chosen_settings(model=model, base_url=base_url, driver=driver, offline=offline)
        chosen = list(islice(items(queries, sets or ()), limit))
        if not chosen:
            raise typer.BadParameter("no item of these sets is in the file", param_hint="--set")
        wanted.of(repeated(lambda: run(settings, chosen, at_once=at_once), repeat))


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


def run(settings: Settings, chosen: Sequence[Item], *, at_once: int) -> Report:
    """In a folder of its own. What was measured until an interruption is kept. Raises SwitchboardError."""
    tally, stopped, started = Tally(), "", time.monotonic()
    with tempfile.TemporaryDirectory(prefix="switchboard-parameters-") as folder:
        apart = settings.model_copy(update={"data_dir": Path(folder)})
        try:
            asyncio.run(_extract(apart, chosen, tally, at_once))
        except KeyboardInterrupt:
            stopped = "interrupted"
        except SwitchboardError as error:
            if not tally.overall.counts["items"]:
                raise
            stopped = str(error)
    model = settings.model if settings.chosen_reasoner == "chat" else None
    about: dict[str, JsonValue] = {
        "reasoner": settings.chosen_reasoner, "model": model, "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip
    return tallied(tally, about, stopped)


async def _extract(settings: Settings, chosen: Sequence[Item], tally: Tally, at_once: int) -> None:
    calls = sum(len(item.calls) for item in chosen)
    for item in chosen:
        if not item.calls:  # nothing is offered, so nothing can be filled
            tally.count(item)
    async with open_parts(settings) as parts:
        reasoner = parts.chat or parts.offline
        extraction = Extraction(reasoner, parts.caller, settings.deadline_seconds)
        with Progress(console=console) as bar:
            task = bar.add_task("calls", total=calls)

            def take(result: Extracted) -> None:
                tally.add(result)
                bar.advance(task)

            await extract_all(extraction, chosen, take, at_once=at_once if parts.chat else OFFLINE_AT_ONCE)

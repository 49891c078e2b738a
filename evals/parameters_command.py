"""The command `eval parameters`: calls with known values through extraction, by any reasoner, told in figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from evals.apart import measured_apart
from evals.deciding import Deciding, decider
from evals.delivery import Limit, Sets, Telling, needed, told_errors
from evals.extraction import Extracted, Extraction, extract_all
from evals.extraction_figures import Tally
from evals.function_calls import Item, items
from evals.options import grouped
from evals.parameters_report import tallied
from evals.progress import bar
from evals.report import Report, repeated
from graph.opening import open_parts
from graph.settings import Settings

OFFLINE_AT_ONCE = 1  # pure computation: more at once would only take turns


@grouped
def parameters(
    *,
    queries: Annotated[
        Path | None, typer.Option(help="JSON lines with query, functions and gold calls; gzip too. See docs/cli.md.")
    ] = None,
    sets: Sets = None,
    limit: Limit = None,
    by: Deciding,
    telling: Telling,
) -> None:
    """How well parameters are filled from questions: right, found, asked in vain, made up."""
    wanted = telling.delivery()
    with told_errors():
        settings = by.settings()
        chosen = list(islice(items(needed(queries, "--queries"), sets or ()), limit))
        if not chosen:
            raise typer.BadParameter("no item of these sets is in the file", param_hint="--set")
        wanted.of(repeated(lambda: run(settings, chosen, at_once=by.at_once), by.repeat))


def run(settings: Settings, chosen: Sequence[Item], *, at_once: int) -> Report:
    """Raises SwitchboardError."""
    tally = Tally()
    course = measured_apart(settings, lambda apart: _extract(apart, chosen, tally, at_once), tally.overall.seen)
    about: dict[str, JsonValue] = {**decider(settings), "seconds": course.seconds}
    return tallied(tally, about, course.stopped)


async def _extract(settings: Settings, chosen: Sequence[Item], tally: Tally, at_once: int) -> None:
    calls = sum(len(item.calls) for item in chosen)
    for item in chosen:
        if not item.calls:  # nothing is offered, so nothing can be filled
            tally.count(item)
    async with open_parts(settings) as parts:
        reasoner = parts.chat or parts.offline
        extraction = Extraction(reasoner, parts.caller, settings.deadline_seconds)
        with bar(calls, "calls") as advance:

            def take(result: Extracted) -> None:
                tally.add(result)
                advance()

            await extract_all(extraction, chosen, take, at_once=at_once if parts.chat else OFFLINE_AT_ONCE)

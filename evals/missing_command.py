"""The command that measures whether what is missing is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from evals.apart import measured_apart
from evals.deciding import Deciding, decider
from evals.delivery import Limit, Sets, Telling, needed, told_errors
from evals.extraction import Extracted, Extraction, extract_all
from evals.missing import SHOWN, Opening, openings, scored
from evals.options import grouped
from evals.progress import bar
from evals.report import Item, Report, repeated, report_of
from graph.opening import open_parts
from graph.settings import Settings


@grouped
def missing(
    *,
    queries: Annotated[
        Path | None, typer.Option(help="JSON lines with functions and turns that say what is missing; gzip too.")
    ] = None,
    sets: Sets = None,
    limit: Limit = None,
    by: Deciding,
    telling: Telling,
) -> None:
    """Whether a person is asked for what their question lacks, and not for what it has."""
    wanted = telling.delivery()
    with told_errors():
        settings = by.settings()
        chosen = list(islice(openings(needed(queries, "--queries"), sets or ()), limit))
        if not chosen:
            raise typer.BadParameter("no message that says what is missing is in the file", param_hint="--queries")
        wanted.of(repeated(lambda: _measured(settings, chosen, by.at_once), by.repeat))


def _measured(settings: Settings, chosen: Sequence[Opening], at_once: int) -> Report:
    """Raises SwitchboardError."""
    items: list[Item] = []
    course = measured_apart(settings, lambda apart: _extract(apart, chosen, items, at_once), items)
    about = {**decider(settings), "seconds": course.seconds}
    return report_of("missing", items, about=about, shown=SHOWN, stopped=course.stopped)


async def _extract(settings: Settings, chosen: Sequence[Opening], items: list[Item], at_once: int) -> None:
    asked = [opening.asked() for opening in chosen]
    by_item = {id(one): opening for one, opening in zip(asked, chosen, strict=True)}
    async with open_parts(settings) as parts:
        extraction = Extraction(parts.chat or parts.offline, parts.caller, settings.deadline_seconds)
        with bar(len(asked), "messages") as advance:

            def take(result: Extracted) -> None:
                items.append(scored(by_item[id(result.item)], result))
                advance()

            await extract_all(extraction, asked, take, at_once=at_once if parts.chat else 1)

"""The command that measures whether irrelevant questions are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from catalog.importing import import_file
from catalog.models import Tool
from catalog.store import Document
from evals.apart import measured_apart
from evals.deciding import Deciding, decider
from evals.delivery import Limit, Sets, Telling, needed, told_errors
from evals.extraction import LOST_IN_A_ROW, EndpointDown
from evals.options import grouped
from evals.progress import bar, console
from evals.relevance import SHOWN, Asked, Weighed, Weighing, read_asked, scored
from evals.report import Report, repeated, report_of
from graph.opening import open_parts
from graph.settings import Settings


@grouped
def relevance(
    *,
    queries: Annotated[
        Path | None,
        typer.Option(help="JSON lines with query, gold (empty: nothing answers it), functions; gzip too."),
    ] = None,
    catalog: Annotated[
        list[Path] | None,
        typer.Option(help="A catalog, as `catalog import` takes it, for questions without functions of their own."),
    ] = None,
    sets: Sets = None,
    limit: Limit = None,
    by: Deciding,
    telling: Telling,
) -> None:
    """Whether questions that nothing offered answers are refused, and how many others are refused for it."""
    wanted = telling.delivery()
    with told_errors():
        settings = by.settings()
        asked, offered = read_asked(needed(queries, "--queries"), sets or ())
        chosen = list(islice(asked, limit))
        if not chosen:
            raise typer.BadParameter("no question of these sets is in the file", param_hint="--queries")
        if not catalog and any(one.functions is None for one in chosen):
            raise typer.BadParameter("is needed: there are questions without functions", param_hint="--catalog")
        wanted.of(repeated(Measuring(settings, chosen, offered, catalog or (), by.at_once).run, by.repeat))


@dataclass(frozen=True)
class Measuring:
    """What is to be measured, as often as it is run."""

    settings: Settings
    asked: Sequence[Asked]
    offered: Sequence[Tool]
    catalogs: Sequence[Path]
    at_once: int

    def run(self) -> Report:
        """Raises SwitchboardError."""
        weighed: list[Weighed] = []
        course = measured_apart(self.settings, lambda apart: self._weigh(apart, weighed), weighed)
        names: list[JsonValue] = [path.name for path in self.catalogs]
        about: dict[str, JsonValue] = {
            **decider(self.settings), "catalog": names or None, "functions": len(self.offered) or None,
            "seconds": course.seconds,
        }  # fmt: skip
        return report_of("relevance", list(scored(weighed)), about=about, shown=SHOWN, stopped=course.stopped)

    async def _weigh(self, settings: Settings, weighed: list[Weighed]) -> None:
        async with open_parts(settings) as parts:
            for path in self.catalogs:
                console.print(f"Importing {path.name}")
                await import_file(parts.catalog, path)
            await parts.catalog.replace("offered", Document(tools=self.offered), format="functions")
            await parts.index.sync()
            weighing, waiting = Weighing(parts.chat or parts.offline, parts.catalog, parts.index), iter(self.asked)
            with bar(len(self.asked), "questions") as advance:

                async def work() -> None:
                    for asked in waiting:
                        weighed.append(await weighing.of(asked))
                        _check_alive(weighed)
                        advance()

                await asyncio.gather(*(work() for _ in range(self.at_once if parts.chat else 1)))


def _check_alive(weighed: Sequence[Weighed]) -> None:
    """Raises EndpointDown."""
    last = weighed[-LOST_IN_A_ROW:]
    if len(last) == LOST_IN_A_ROW and all(one.error for one in last):
        raise EndpointDown(f"{LOST_IN_A_ROW} questions failed one after the other, the last one with {last[-1].error}")

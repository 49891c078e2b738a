"""The command that sends questions through the whole path, and nothing beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from evals.end_to_end import SHOWN, Ended, Question, ended, read_questions, scored
from evals.naming import ids_of
from evals.options import grouped
from evals.progress import bar, console
from evals.report import Item, Report, repeated, report_of
from graph.requests import QueryOptions, QueryRequest, Strategy
from graph.services import Services, open_services
from graph.settings import Settings

TENANT = "default"


@grouped
def end_to_end(
    *,
    queries: Annotated[
        Path | None, typer.Option(help="JSON lines with query and gold calls, with arguments where known; gzip too.")
    ] = None,
    catalog: Annotated[
        list[Path] | None, typer.Option(help="A catalog, as `catalog import` takes it. Several are joined.")
    ] = None,
    sets: Sets = None,
    limit: Limit = None,
    strategy: Annotated[Strategy, typer.Option(help="Which way the service goes.")] = "auto",
    by: Deciding,
    telling: Telling,
) -> None:
    """From the question to the calls, with nothing sent: the right APIs and values, asked where something lacks."""
    wanted = telling.delivery()
    with told_errors():
        settings = by.settings()
        questions, brought = read_questions(needed(queries, "--queries"), sets or ())
        chosen = list(islice(questions, limit))
        if not chosen:
            raise typer.BadParameter("no question of these sets is in the file", param_hint="--queries")
        if not catalog and not brought:
            raise typer.BadParameter("is needed: the questions bring no functions along", param_hint="--catalog")
        wanted.of(repeated(WholePath(settings, chosen, brought, catalog or (), strategy, by.at_once).run, by.repeat))


@dataclass(frozen=True)
class WholePath:
    """What is to be measured, as often as it is run."""

    settings: Settings
    questions: Sequence[Question]
    brought: Sequence[Tool]
    catalogs: Sequence[Path]
    strategy: Strategy
    at_once: int
    about: dict[str, JsonValue] = field(default_factory=dict)

    def run(self) -> Report:
        """Raises SwitchboardError."""
        items: list[Item] = []
        course = measured_apart(self.settings, lambda apart: self._ask(apart, items), items)
        names: list[JsonValue] = [path.name for path in self.catalogs]
        about: dict[str, JsonValue] = {
            **decider(self.settings), "strategy": self.strategy, "catalog": names or None,
            "functions": len(self.brought) or None, "seconds": course.seconds, **self.about,
        }  # fmt: skip
        return report_of("end-to-end", items, about=about, shown=SHOWN, stopped=course.stopped)

    async def _ask(self, settings: Settings, items: list[Item]) -> None:
        async with open_services(settings) as services:
            await self._fill(services)
            questions = await self._resolved(services)
            gold = sorted({call.api_id for question in questions for call in question.calls})
            apis, waiting = await services.catalog.get(gold), iter(questions)
            self.about["gold not in the catalog"] = len(gold) - len(apis)
            with bar(len(self.questions), "questions") as advance:

                async def work() -> None:
                    for question in waiting:
                        items.append(scored(await self._one(services, question), apis))
                        advance()

                await asyncio.gather(*(work() for _ in range(self.at_once if services.parts.chat else 1)))

    async def _resolved(self, services: Services) -> list[Question]:
        """With ids where APIs are named by their names, as in the evals of the search."""
        store = services.parts.catalog
        names = ((call.api_id, "") for question in self.questions for call in question.calls)
        ids = await ids_of(names, store, lambda: store.read_tools(sorted(store.fingerprints())))
        return [
            replace(q, calls=tuple(replace(call, api_id=ids[call.api_id, ""]) for call in q.calls))
            for q in self.questions
        ]

    async def _fill(self, services: Services) -> None:
        for path in self.catalogs:
            console.print(f"Importing {path.name}")
            await import_file(services.catalog, path)
        if self.brought:
            await services.catalog.replace("brought", Document(tools=self.brought), format="functions")
        await services.index.sync()

    async def _one(self, services: Services, question: Question) -> Ended:
        request = QueryRequest(query=question.query, options=QueryOptions(strategy=self.strategy, dry_run=True))
        body = await services.runs.ask(request, tenant=TENANT)
        return ended(question, body, await services.runs.trace(str(body["thread_id"]), tenant=TENANT))

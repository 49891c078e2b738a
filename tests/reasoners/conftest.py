"""A town's small catalog without example questions, in a real index: what the reasoners are asked to decide over."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from catalog.index import TantivyIndex
from catalog.models import Api, Parameter, Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogIndex, Document
from reasoners.offline import OfflineReasoner
from reasoners.protocol import Candidate, Plan

Ask = Callable[..., Awaitable[Plan]]
FindPool = Callable[[str], Awaitable[list[Candidate]]]


def api(path: str, title: str, description: str, *parameters: Parameter, **more: object) -> Api:
    category, tool, name = path.split("/")
    said = {"id": path, "name": name, "title": title, "description": description, "category": category}
    return Api.model_validate(
        {**said, "tool_id": f"{category}/{tool}", "tool_name": tool, "parameters": parameters, **more}
    )


def ident(name: str, pattern: str, title: str = "") -> Parameter:
    return Parameter(name=name, required=True, title=title, constraints={"pattern": pattern})


LOAN = ident("loan_id", "^L[0-9]{4}$", "Loan number")
TOWN = [
    api("Library/Loans/get_loan", "Get loan", "When a borrowed book is due, and whether it was returned.", LOAN),
    api(
        "Library/Loans/extend_loan", "Extend loan", "Keep a borrowed book longer.", LOAN, risk="mutating", method="PUT"
    ),
    api(
        "Library/Books/search_books",
        "Search books",
        "Books of the library by subject or author.",
        Parameter(name="subject", required=True),
    ),
    api(
        "Garage/Repairs/get_repair",
        "Get repair",
        "State and price of a car repair.",
        ident("repair_id", "^[0-9]{6}$", "Repair number"),
        response_shape={"repair_id": "str", "state": "str", "plate": "str"},
    ),
    api(
        "Garage/Cars/get_car",
        "Get car",
        "Make and age of a car by its plate.",
        ident("plate", "^[A-Z]{2}-[0-9]{3}$", "Plate"),
    ),
    api("Sky/Weather/forecast", "Weather forecast", "Temperature and rain.", Parameter(name="city", required=True)),
    api("Fun/Words/random_word", "Random word", "A word picked by chance."),
    api(
        "Sky/Tides/tide_times",
        "Tide times",
        "High and low water at a harbour.",
        Parameter(name="harbour", required=True),
    ),
]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> CatalogIndex:
    """An index over the town's catalog; it is only read."""
    return asyncio.run(_opened(tmp_path_factory.mktemp("town")))


async def _opened(folder: Path) -> CatalogIndex:
    store = SqliteCatalog.open(folder / "catalog.db")
    await store.replace("test", Document(_tools(TOWN)), format="test")
    index = TantivyIndex.open(folder / "index", store)
    await index.sync()
    return index


@pytest.fixture
def ask(town: CatalogIndex) -> Ask:
    """Plan for a question over the town's catalog, or over a pool given."""

    async def asked(question: str, *pool: Api) -> Plan:
        offered = [Candidate(entry, 1.0) for entry in pool] or await found(town, question)
        return await OfflineReasoner(town).plan(question, offered)

    return asked


@pytest.fixture
def town_pool(town: CatalogIndex) -> FindPool:
    """The pool that the index makes for a question."""
    return partial(found, town)


async def found(index: CatalogIndex, question: str) -> list[Candidate]:
    by_id = {entry.id: entry for entry in TOWN}
    hits = (await index.search(question)).hits
    return [Candidate(by_id[hit.id], hit.score, hit.raw, hit.matched) for hit in hits]


def _tools(apis: Sequence[Api]) -> list[Tool]:
    held: dict[str, list[Api]] = defaultdict(list)
    for entry in apis:
        held[entry.tool_id].append(entry)
    return [
        Tool(id=tool_id, name=entries[0].tool_name, category=entries[0].category, apis=tuple(entries))
        for tool_id, entries in held.items()
    ]

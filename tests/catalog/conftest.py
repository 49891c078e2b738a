"""A catalog small enough to know by heart, and the stores that must all behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from catalog.index import TantivyIndex
from catalog.models import Api, Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogStore, Document
from evals.local_postgres import LocalPostgres

MakeApi = Callable[..., Api]
MakeTool = Callable[..., Tool]


def _api(path: str, description: str = "", **fields: object) -> Api:
    category, tool, name = path.split("/")
    said = {"id": path, "name": name, "description": description, "category": category}
    return Api.model_validate({**said, "tool_id": f"{category}/{tool}", "tool_name": tool, **fields})


def _tool(path: str, *apis: Api, description: str = "") -> Tool:
    category, name = path.split("/")
    return Tool(id=path, name=name, category=category, description=description, apis=apis)


def _small_catalog() -> list[Tool]:
    return [
        _tool(
            "Shop/Orders",
            _api("Shop/Orders/Get order", "The items and the state of an order", examples=("Where is my parcel?",)),
            _api("Shop/Orders/get_order", "An older form"),
            _api("Shop/Orders/cancelOrder", "Stops it before it is sent", method="POST", risk="mutating"),
        ),
        _tool("Shop/Returns", _api("Shop/Returns/return status", "When a return is processed and refunded")),
        _tool(
            "Weather/Sky",
            _api("Weather/Sky/current", "The current weather at a place"),
            _api("Weather/Sky/天気", "東京の天気を調べる"),
            _api("Weather/Sky/about me", "Nothing of interest"),
            description="Weather of the world",
        ),
    ]


@pytest.fixture
def api() -> MakeApi:
    """Makes an API from `category/tool/name`."""
    return _api


@pytest.fixture
def tool() -> MakeTool:
    """Makes a tool from `category/name` and its APIs."""
    return _tool


@pytest.fixture
def small_catalog() -> list[Tool]:
    return _small_catalog()


ON_BOTH = ("test_store", "test_corrections", "test_replicas")
"""What is about stores; what is about the index or an importer is tried on one of them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "open_store" in metafunc.fixturenames:
        on_both = metafunc.module.__name__.split(".")[-1] in ON_BOTH
        metafunc.parametrize("open_store", ["sqlite", "postgres"] if on_both else ["sqlite"], indirect=True)


@pytest.fixture
def open_store(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], CatalogStore]]:
    if request.param == "sqlite":
        yield SqliteCatalog.open
        return
    server: LocalPostgres = request.getfixturevalue("postgres")
    from catalog.postgres import PostgresCatalog

    urls: dict[Path, str] = {}

    def opened(path: Path) -> CatalogStore:
        if path not in urls:
            urls[path] = server.new_database()
        return PostgresCatalog(urls[path])

    yield opened
    for url in urls.values():
        server.drop(url)


@pytest.fixture
async def store(tmp_path: Path, open_store: Callable[[Path], CatalogStore]) -> AsyncIterator[CatalogStore]:
    opened = open_store(tmp_path / "catalog.db")
    yield opened
    await opened.close()


@pytest.fixture
async def filled(store: CatalogStore, small_catalog: list[Tool]) -> CatalogStore:
    await store.replace("small", Document(small_catalog), format="test")
    return store


@pytest.fixture
async def index(tmp_path: Path, filled: CatalogStore) -> AsyncIterator[TantivyIndex]:
    opened = TantivyIndex.open(tmp_path / "index", filled)
    await opened.sync()
    yield opened
    await opened.close()

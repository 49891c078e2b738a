"""Questions to the one who is asked are refused, unless an API plainly answers them."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.importing import import_document
from catalog.index import TantivyIndex
from catalog.sqlite import SqliteCatalog
from nodes.pool import as_candidates, pooled, ranked
from reasoners.offline.plan import make_plan

PLACE: dict[str, Any] = {"name": "place", "required": True, "description": "A city."}
CATALOG: dict[str, Any] = {
    "format": "switchboard",
    "version": 1,
    "tools": [
        {
            "name": "Clock", "category": "World", "description": "Times of the world", "url": "http://clock.test",
            "apis": [
                {"name": "local_time", "title": "Local time", "path": "/time", "description": "What time it is at a place.",
                 "parameters": [PLACE], "examples": ["What time is it in Tokyo?"]},
            ],
        },
        {
            "name": "Shelf", "category": "Shop", "description": "Goods of the shop", "url": "http://shop.test",
            "apis": [
                {"name": "list_goods", "title": "List goods", "path": "/goods", "description": "All goods that the shop sells.",
                 "examples": ["Which soaps do you sell?"]},
            ],
        },
    ],
}  # fmt: skip


@pytest.fixture
async def planned(tmp_path: Any) -> Any:
    store = SqliteCatalog.open(tmp_path / "catalog.db")
    index = TantivyIndex.open(tmp_path / "index", store)
    await import_document(store, CATALOG, format="switchboard", source="test")
    await index.sync()

    async def plan(query: str) -> list[str]:
        found = await index.search(query)
        apis = await store.get([hit.id for hit in found.hits])
        made = make_plan(query, as_candidates(ranked(pooled(found.hits, agent="index")), apis), index)
        return [step.api_id.rpartition("/")[2] for step in made.steps]

    yield plan
    await store.close()


@pytest.mark.parametrize(
    "query", ["What are your opening times?", "What time do you close?", "What is your time zone?"]
)
async def test_a_question_about_us_is_not_stretched_to_an_api_that_shares_a_word(planned: Any, query: str) -> None:
    assert await planned(query) == []


@pytest.mark.parametrize("query", ["Which soaps do you sell?", "Which goods do you sell?"])
async def test_a_question_about_us_that_the_catalog_foresaw_is_answered(planned: Any, query: str) -> None:
    assert await planned(query) == ["list_goods"]


@pytest.mark.parametrize("query", ["Can you tell me the time in Tokyo?", "Do you know what time it is in Rome?"])
async def test_a_request_that_only_sounds_like_a_question_to_us_is_a_request(planned: Any, query: str) -> None:
    assert await planned(query) == ["local_time"]

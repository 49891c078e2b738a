"""Several replicas on one PostgreSQL, each with a folder of its own: they serve the same threads and the same catalog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import QuestionClosed, ThreadBusy
from catalog.models import Api
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services

Start = Callable[..., AbstractAsyncContextManager[Services]]
HARP = Api(
    id="Music/Harps/tune",
    name="tune",
    description="Tune a harp",
    category="Music",
    tool_id="Music/Harps",
    tool_name="Harps",
    url="http://harps.test/tune",
)
CANCEL = QueryRequest(query="Cancel order 55555", thread_id="t")


@pytest.fixture
async def replicas(start: Start, database_url: str, tmp_path: Path) -> AsyncIterator[list[Services]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(start(database_url=database_url, data_dir=tmp_path / f"replica-{n}"))
            for n in range(2)
        ]


def yes(body: dict[str, Any]) -> ResumeRequest:
    (asked,) = body["input_requests"]
    return ResumeRequest.model_validate({"responses": [{"id": asked["id"], "action": "accept"}]})


async def test_what_one_asks_another_answers(replicas: list[Services], upstream: Any) -> None:
    asked = await replicas[0].runs.ask(CANCEL, tenant="default")
    assert asked["status"] == "input_required"
    answered = await replicas[1].runs.resume("t", yes(asked), tenant="default")
    assert answered["status"] == "completed"
    assert await replicas[0].runs.thread("t", tenant="default") == answered
    assert upstream.sent("DELETE") == ["/orders/55555"]
    trace = await replicas[0].runs.trace("t", tenant="default")
    assert "Cancel order 55555" in str(trace)


async def test_of_rivals_over_all_replicas_exactly_one_wins(replicas: list[Services], upstream: Any) -> None:
    asked = await replicas[0].runs.ask(CANCEL, tenant="default")
    rivals = (replicas[n % 2].runs.resume("t", yes(asked), tenant="default") for n in range(20))
    ended = await asyncio.gather(*rivals, return_exceptions=True)
    assert len([each for each in ended if isinstance(each, QuestionClosed | ThreadBusy)]) == 19
    assert upstream.sent("DELETE") == ["/orders/55555"]


async def test_what_one_takes_into_the_catalog_another_finds_without_being_asked(
    replicas: list[Services],
) -> None:
    one, other = replicas
    async with asyncio.timeout(10):
        while await other.catalog.version() != await one.catalog.version():
            await asyncio.sleep(0)
    await one.catalog.put(HARP)
    async with asyncio.timeout(10):
        while (found := await other.index.search("tune a harp")).version != await one.catalog.version():
            await asyncio.sleep(0.01)
    assert found.hits[0].id == HARP.id

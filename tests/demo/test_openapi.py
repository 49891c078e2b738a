"""The demo's own upstream, imported a second time through its `/openapi.json`: called so, it hears the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from callers.credentials import Credentials
from callers.http import HttpCaller
from catalog.importers.openapi import OPENAPI
from catalog.importers.record import Record
from catalog.models import Api
from catalog.store import Problem
from demo.document import CATALOG
from demo.keys import CREDENTIALS

URL = "http://127.0.0.1:8321"
NAMES = [api["name"] for tool in json.loads(CATALOG.read_text())["tools"] for api in tool["apis"]]


@dataclass
class Hearing(httpx2.AsyncBaseTransport):
    """Notes what arrives, byte for byte, and passes it on to the demo."""

    inner: httpx2.AsyncBaseTransport
    heard: list[tuple[str, bytes, list[tuple[bytes, bytes]], bytes]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.heard.append((request.method, request.url.raw_path, request.headers.raw, await request.aread()))
        return await self.inner.handle_async_request(request)


@dataclass(frozen=True)
class Line:
    """A caller whose requests are noted."""

    caller: HttpCaller
    hearing: Hearing


@pytest.fixture
async def line(app: FastAPI) -> AsyncIterator[Line]:
    app.state.shelf.clear()
    app.state.received.clear()
    hearing = Hearing(httpx2.ASGITransport(app))
    caller = HttpCaller(
        pooled=hearing,
        single=hearing,
        credentials=Credentials(CREDENTIALS),
        limit_bytes=1_000_000,
        timeouts=httpx2.Timeout(5),
        user_agent="test",
    )
    yield Line(caller, hearing)
    await caller.close()


@pytest.fixture(scope="module")
def imported(app: FastAPI) -> dict[str, Api]:
    """What the reader makes of the server's own document; nothing of it may be skipped."""
    problems: list[Problem] = []
    document = {**app.openapi(), "servers": [{"url": URL}]}
    tools = list(OPENAPI.read([Record("openapi.json", document)], problems).tools)
    assert problems == []
    return {api.name: api for tool in tools for api in tool.apis}


def values_of(api: Any) -> dict[str, Any]:
    return {
        p.name: p.example if p.example is not None else p.enum[0] for p in api.parameters if p.required or p.example
    }


def test_every_operation_is_imported(imported: dict[str, Api]) -> None:
    assert sorted(imported) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_each_operation_arrives_exactly_as_through_the_written_catalog(
    name: str, line: Line, apis: dict[str, Api], imported: dict[str, Api]
) -> None:
    written = apis[name]
    values = values_of(written)
    read = imported[name].model_copy(update={"auth": written.auth})
    replies = [await line.caller.send(api, values, timeout_seconds=5) for api in (read, written)]
    first, second = line.hearing.heard
    assert first == second
    assert 200 <= replies[0].status < 300, replies[0].body

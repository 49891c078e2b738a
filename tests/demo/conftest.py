"""The demo's catalog as the product reads it, its server on loopback, and a fresh world in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx2
import pytest
from fastapi import FastAPI

from callers.credentials import Credentials
from callers.http import HttpCaller
from catalog.importers.record import Record
from catalog.importers.switchboard import read
from catalog.models import Api, Tool
from catalog.store import Problem
from demo.keys import CREDENTIALS
from demo.server import create_app
from demo.world import World, document, running

URL = "http://127.0.0.1:8321"


def read_tools(url: str) -> list[Tool]:
    """The catalog through the importer; nothing of it may be skipped."""
    problems: list[Problem] = []
    found = list(read([Record("catalog.json", document(url))], problems).tools)
    assert problems == []
    return found


@pytest.fixture(scope="session")
def tools() -> list[Tool]:
    return read_tools(URL)


@pytest.fixture(scope="session")
def apis(tools: list[Tool]) -> dict[str, Api]:
    """By name; a test of its own sees to it that names are unique."""
    return {api.name: api for tool in tools for api in tool.apis}


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return create_app()


@dataclass(frozen=True)
class Visitor:
    """Calls the fresh world, with or without keys."""

    client: httpx2.AsyncClient
    caller: HttpCaller
    apis: dict[str, Api]

    async def send(self, name: str, **values: object) -> tuple[int, dict[str, object]]:
        reply = await self.caller.send(self.apis[name], values, timeout_seconds=5)  # type: ignore[arg-type]
        assert isinstance(reply.body, dict)
        return reply.status, dict(reply.body)


@pytest.fixture
async def visitor(app: FastAPI, apis: dict[str, Api]) -> AsyncIterator[Visitor]:
    app.state.shelf.clear()
    app.state.received.clear()
    transport = httpx2.ASGITransport(app)
    caller = HttpCaller(
        pooled=transport,
        single=transport,
        credentials=Credentials(CREDENTIALS),
        limit_bytes=1_000_000,
        timeouts=httpx2.Timeout(5),
        user_agent="test",
    )
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
        yield Visitor(client, caller, apis)
    await caller.close()

"""The service in a process of its own, spoken to over a socket, so that it can be killed at any moment."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import multiprocessing
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from multiprocessing.process import BaseProcess
from typing import Any

from api.errors import status_of
from catalog.errors import SwitchboardError
from catalog.importing import import_document
from evals.speed_service import FOREIGN
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services, open_services
from graph.settings import Settings

LONGEST_LINE = 2**24
LOOK_SECONDS = 0.05
PROCESSES = multiprocessing.get_context("forkserver")
"""Children of a process that has imported everything: one is there in a fraction of a second."""
PROCESSES.set_forkserver_preload([__name__])
Given = Mapping[str, Any]  # settings by name, as JSON


class Killed(Exception):
    """The child is gone, and with it the answer."""


@dataclass(frozen=True)
class Answer:
    """What a client of the service would see."""

    status: int
    body: Any


@dataclass
class Child:
    """A service under test."""

    process: BaseProcess
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    waiting: dict[int, asyncio.Future[Answer]] = field(default_factory=dict)
    gone: bool = False
    """Nothing will be answered any more."""

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    async def call(self, verb: str, **arguments: Any) -> Answer:
        """Raises Killed."""
        number = next(self.numbers)
        if self.gone:
            raise Killed
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        with suppress(ConnectionError):
            self.writer.write(json.dumps([number, verb, arguments]).encode() + b"\n")
            await self.writer.drain()
        try:
            return await answer
        finally:
            self.waiting.pop(number, None)  # also of a client that waits no longer

    async def ask(self, query: str, *, key: str | None = None, **given: Any) -> Answer:
        return await self.call("ask", request={"query": query, **given}, key=key)

    async def resume(self, thread_id: str, request: Any, *, key: str | None = None) -> Answer:
        return await self.call("resume", thread_id=thread_id, request=request, key=key)

    async def thread(self, thread_id: str) -> Answer:
        return await self.call("thread", thread_id=thread_id)

    async def threads(self, cursor: str | None) -> Answer:
        return await self.call("threads", cursor=cursor)

    def kill(self) -> None:
        """At once, and without a word; nothing where it is gone already."""
        kill(self.process)

    async def listen(self) -> None:
        with suppress(ConnectionError):  # it is reset where the child died before it had read all
            while (line := await self.reader.readline()).endswith(b"\n"):  # or in the middle of an answer
                number, status, body = json.loads(line)
                asked = self.waiting.pop(number, None)
                if asked is not None and not asked.done():
                    asked.set_result(Answer(status, body))
        self.gone = True
        for left in self.waiting.values():
            if not left.done():
                left.set_exception(Killed())
        self.waiting.clear()


def kill(process: BaseProcess) -> None:
    with suppress(ValueError):  # it has ended, and was waited for
        process.kill()


@asynccontextmanager
async def child(settings: Given, *, dies_after: float | None = None) -> AsyncIterator[Child]:
    """Started, and open: cut-off runs are being taken up. Ended when the context ends, if it was not killed before.

    `dies_after`: seconds from its very beginning to its SIGKILL. Raises Killed where that is before it is open.
    """
    ours, theirs = socket.socketpair()
    process = PROCESSES.Process(target=serve, args=(theirs, dict(settings)), daemon=True)
    await asyncio.to_thread(process.start)
    theirs.close()
    if dies_after is not None:
        asyncio.get_running_loop().call_later(dies_after, kill, process)
    reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
    started = Child(process, reader, writer)
    try:
        if not await reader.readline():
            raise Killed
        listening = asyncio.create_task(started.listen())
        yield started
        writer.close()
        await listening
    finally:
        writer.close()
        await asyncio.to_thread(process.join)
        process.close()


def serve(theirs: socket.socket, given: Given) -> None:
    """The child's whole life."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    asyncio.run(_serve(theirs, Settings.model_validate(given)))


async def _serve(theirs: socket.socket, settings: Settings) -> None:
    reader, writer = await asyncio.open_connection(sock=theirs, limit=LONGEST_LINE)
    async with open_services(settings, recover=True) as services:
        await services.index.sync()
        writer.write(b"ready\n")
        tasks: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            tasks.add(task := asyncio.create_task(_answer(services, writer, *json.loads(line))))
            task.add_done_callback(tasks.discard)


async def _answer(services: Services, writer: asyncio.StreamWriter, number: int, verb: str, given: Given) -> None:
    try:
        status, body = int(HTTPStatus.OK), await _done(services, verb, given)
    except SwitchboardError as error:
        status, body = int(status_of(error)), {"code": error.code, "detail": str(error)}
    with suppress(ConnectionError):
        writer.write(json.dumps([number, status, body]).encode() + b"\n")
        await writer.drain()


async def _done(services: Services, verb: str, given: Given) -> Any:
    runs, tenant = services.runs, "default"
    match verb:
        case "ask":
            request = QueryRequest.model_validate(given["request"])
            return await runs.ask(request, tenant=tenant, key=given["key"])
        case "resume":
            answer = ResumeRequest.model_validate(given["request"])
            return await runs.resume(given["thread_id"], answer, tenant=tenant, key=given["key"])
        case "import":
            await import_document(services.catalog, given["document"], format="switchboard", source="shop")
            await services.index.sync()
            return None
        case "threads":
            page = await runs.threads(tenant=tenant, status=None, limit=200, cursor=given["cursor"])
            return {"ids": [each.thread_id for each in page.threads], "next_cursor": page.next_cursor}
        case "census":
            return {"tasks": await _left_over(services)}
        case _:
            return await runs.thread(given["thread_id"], tenant=tenant)


async def _left_over(services: Services) -> int:
    """Tasks, once no run is under way and what was rubbish is gone."""
    while services.runs.under_way():  # noqa: ASYNC110  (a program that looks on from outside has no event to wait for)
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(LOOK_SECONDS)
    gc.collect()
    return len(asyncio.all_tasks())

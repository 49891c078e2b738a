"""A real HTTP server on loopback that records exactly what arrived, and answers as a test's script says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest
from pydantic import JsonValue

from callers.credentials import Credentials
from callers.http import HttpCaller
from catalog.models import Api, AuthScheme, Parameter
from evals.faults.raw_server import LOOPBACK


@dataclass
class Arrived:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    """Names in lower case, values decoded as Latin-1."""
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


Script = Callable[[Arrived, asyncio.StreamWriter], Awaitable[None]]


def answer(
    body: bytes | JsonValue = None,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Script:
    """A script that gives one whole answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": content_type, "content-length": str(len(content)), **(headers or {})}
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v) + "\r\n"

    async def script(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + content)
        await writer.drain()

    return script


async def hang_up(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    """A script that takes the request and closes the connection."""
    writer.close()


async def hang(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    """A script that takes the request and never answers."""
    await asyncio.Event().wait()


async def drip(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    """A script that keeps every read alive, and never comes to an end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


@dataclass
class Upstream:
    """The server: what arrived so far, and the script for what comes next."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    """Used up one by one; the last one stays."""
    connections: int = 0

    answer = staticmethod(answer)
    hang_up = staticmethod(hang_up)
    hang = staticmethod(hang)
    drip = staticmethod(drip)

    def then(self, *scripts: Script) -> None:
        self.scripts[:] = scripts

    def api(
        self,
        path: str,
        *parameters: Parameter,
        method: str = "GET",
        auth: tuple[tuple[AuthScheme, ...], ...] = (),
        body_type: str = "application/json",
    ) -> Api:
        """An API of this server; one that changes something unless it only reads."""
        return Api(
            id="test/tool/api",
            name="api",
            category="test",
            tool_id="test/tool",
            tool_name="tool",
            method=method,
            url=self.url + path,
            parameters=parameters,
            auth=auth,
            risk="safe" if method in ("GET", "HEAD") else "mutating",
            body_type=body_type,
        )

    def next_script(self) -> Script:
        if not self.scripts:
            return answer({"ok": True})
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                arrived = await _read(reader)
                self.arrived.append(arrived)
                await self.next_script()(arrived, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Arrived:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [(name.lower(), value.strip(" ")) for name, _, value in (line.partition(":") for line in lines)]
    length = int(dict(pairs).get("content-length", 0))
    return Arrived(method, target, pairs, await reader.readexactly(length))


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    served = Upstream()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(served.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=2**20)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield served
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.wait_closed()


@pytest.fixture
async def caller() -> AsyncIterator[HttpCaller]:
    opened = HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"key": "s3cret/+&key", "token": "t0ken-abcdef"}))
    yield opened
    await opened.close()

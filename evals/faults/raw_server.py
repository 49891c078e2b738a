"""An HTTP server on loopback that keeps every request as it came over the wire, and answers as a script says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from callers.egress import Egress

LONGEST_HEAD = 2**20
LOOPBACK = Egress.of(networks=["127.0.0.0/8"])
"""What a program's own servers need; those of the service stay as they are."""


@dataclass(frozen=True)
class Arrived:
    """One request as it came."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values decoded as Latin-1."""
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


Script = Callable[[Arrived, asyncio.StreamWriter], Awaitable[None]]


async def plain_answer(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    """A small answer of JSON, on a connection that stays open."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
    await writer.drain()


@dataclass
class RawServer:
    """What arrived so far, and what is answered next."""

    host: str
    port: int = 0
    script: Script = plain_answer
    connections: int = 0
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                arrived = await _read(reader)
                self.arrived.append(arrived)
                await self.script(arrived, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError):
            pass  # the client is gone, or speaks no HTTP
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Arrived:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    split = (line.partition(":") for line in lines)
    pairs = tuple((name.lower(), value.strip(" ")) for name, _, value in split)
    return Arrived(method, target, pairs, await reader.readexactly(int(dict(pairs).get("content-length", 0))))


@asynccontextmanager
async def raw_server(
    script: Script = plain_answer, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RawServer]:
    """Listening, on a free port unless one is named."""
    served = RawServer(host, script=script)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(served.serve(reader, writer)))

    server = await asyncio.start_server(accept, host, port, limit=LONGEST_HEAD)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(OSError):
            await server.wait_closed()

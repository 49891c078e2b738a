"""A way to a database on which trouble can be made: connections cut, refused, slowed down, or gone silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNK = 65_536


@dataclass
class Link:
    """Passes on what comes at `port`, until told otherwise."""

    reach: Callable[[], Awaitable[Stream]]
    """Connects to the database."""
    port: int = 0
    refusing: bool = False
    delay_seconds: float = 0.0
    """Before each piece of what is said, both ways."""
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: what is said does not arrive, and nobody is told."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Break all connections at once."""
        for writer in list(self._open):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            other_reader, other_writer = await self.reach()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, other_writer}
        try:
            await asyncio.gather(self._pass(reader, other_writer), self._pass(other_reader, writer))
        finally:
            self._open -= {writer, other_writer}
            for each in (writer, other_writer):
                each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await reader.read(CHUNK):
                await self.talking.wait()
                await asyncio.sleep(self.delay_seconds)
                writer.write(said)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def flaky_link(reach: Callable[[], Awaitable[Stream]]) -> AsyncIterator[Link]:
    """On a free port of loopback."""
    link = Link(reach)
    link.talking.set()
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        link.cut()

"""One open session with an MCP server. A task of its own holds it: who opens one must also be the one to close it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2

from callers.egress import Egress
from callers.mcp_servers import McpServer, Told
from callers.mcp_transports import over_http, over_pipes
from catalog.echoes import masked
from catalog.errors import CallUnreachable, EgressDenied

if TYPE_CHECKING:  # an extra, and heavy
    from mcp import Client

INSTALL = "the package `mcp` is not installed where switchboard runs: pip install 'switchboard[mcp]'"
CLOSING_SECONDS = 5.0  # a server's program gets two seconds to end by itself, then it is ended


@dataclass
class Connection:
    """A session, shared by calls at the same time. Once over, it stays over."""

    name: str
    client: Client | None = None
    failure: BaseException | None = None
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _secrets: Collection[str] = field(default=(), repr=False)

    async def open(self, server: McpServer, told: Told, *, egress: Egress, limit_bytes: int) -> None:
        """Raises CallUnreachable, EgressDenied."""
        self._secrets = told.traces()
        try:
            await asyncio.to_thread(_needed, self.name)  # the first import takes most of a second
            self._task = asyncio.create_task(self._hold(server, told, egress, limit_bytes), name=f"mcp {self.name}")
            await self._opened.wait()
        except BaseException:
            self._closing.set()
            if self._task is not None:
                self._task.cancel()  # whoever asked has no time left to see it end; `close` does
            raise
        if self.client is None:
            refused = next((cause for cause in causes(self.failure) if isinstance(cause, EgressDenied)), None)
            raise refused or CallUnreachable(self.name, self.why)

    @property
    def why(self) -> str:
        """Why it is over, without what the server was told in secret and may have repeated."""
        return masked(reason_of(self.failure), self._secrets)

    @property
    def over(self) -> bool:
        """Nothing can be sent any more."""
        return self._closing.is_set()

    @property
    def gone(self) -> bool:
        """Nothing is left of it."""
        return self._task is not None and self._task.done()

    def retire(self) -> None:
        """Let it end: the server does not take it (any more). The next call opens another."""
        self._closing.set()

    async def close(self) -> None:
        self._closing.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=CLOSING_SECONDS)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSING_SECONDS)

    async def _hold(self, server: McpServer, told: Told, egress: Egress, limit_bytes: int) -> None:
        try:
            async with AsyncExitStack() as stack:
                if server.url:
                    unopened = await stack.enter_async_context(over_http(server, told, egress, limit_bytes))
                else:
                    unopened = over_pipes(server, told, self._closing)
                self.client = await stack.enter_async_context(unopened)
                self._opened.set()
                await self._closing.wait()
        except (Exception, asyncio.CancelledError) as error:  # a group of anything; the callers are told what it was
            self.failure = error
        finally:
            self._closing.set()
            self._opened.set()


def causes(failure: BaseException | None) -> Iterator[BaseException]:
    """What is in a group of failures, and in the groups in it."""
    if isinstance(failure, BaseExceptionGroup):
        for part in failure.exceptions:
            yield from causes(part)
    elif failure is not None:
        yield failure


def reason_of(failure: BaseException | None) -> str:
    """In words of our own where the library's might quote the request."""
    for cause in causes(failure):
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
            return "no connection"
        if isinstance(cause, httpx2.HTTPError):
            return f"the connection broke ({type(cause).__name__})"
        if isinstance(cause, OSError):
            return f"its program cannot be started ({cause.strerror or type(cause).__name__})"
        if isinstance(cause, Exception):
            return f"it could not be opened ({type(cause).__name__}: {str(cause)[:200]})"
    return "the session ended"


def _needed(name: str) -> None:
    try:
        import mcp.client.stdio
        import mcp.client.streamable_http  # noqa: F401
    except ImportError:
        raise CallUnreachable(name, INSTALL) from None

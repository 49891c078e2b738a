"""How MCP servers are spoken to: over HTTP, or over the pipes of a program that is started. Knows the library alone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx2

from callers.egress import Egress
from callers.egress_transport import GuardedTransport
from callers.mcp_servers import McpServer, Told

if TYPE_CHECKING:  # an extra, and heavy
    from mcp import Client
    from mcp.client._transport import TransportStreams

CONNECT_SECONDS = 5.0
KEPT_SECONDS = 2.0  # servers end idle connections after five or more; a call that meets that end is lost
READ_SECONDS = 300.0  # of one read; the call's own deadline ends it before


@asynccontextmanager
async def over_http(server: McpServer, told: Told, egress: Egress, limit_bytes: int) -> AsyncIterator[Client]:
    """Redirects to elsewhere are not followed: the library sees to that."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    transport = _Limited(GuardedTransport(egress, kept_seconds=KEPT_SECONDS), limit_bytes)
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    async with httpx2.AsyncClient(
        headers={**told.headers, "Accept-Encoding": "identity"}, transport=transport, timeout=timeout, trust_env=False
    ) as http:
        yield Client(streamable_http_client(server.url, http_client=http, max_sse_event_size=limit_bytes))


def over_pipes(server: McpServer, told: Told, ended: asyncio.Event) -> Client:
    """`ended` is set when the program is gone."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    parameters = StdioServerParameters(
        command=server.command,
        args=list(server.args),
        env=dict(told.env),
        cwd=server.cwd or None,
    )
    # Named, as the library would take whatever stood for it when it was first imported, which need not be a file.
    return Client(_Watched(stdio_client(parameters, errlog=sys.__stderr__ or sys.stderr), ended))


@dataclass
class Progress:
    """How far one tool call got over HTTP: its own request, not what a session sends beside it."""

    sent: bool = False
    status: int | None = None


CALL: ContextVar[Progress | None] = ContextVar("mcp_call", default=None)
"""Of the call that is being sent. The library hands the context of a caller on to the task that sends for it."""


class TooLarge(httpx2.ReadError):
    """An answer that was cut off at the limit."""


class _Limited(httpx2.AsyncBaseTransport):
    """Ends an answer that is larger than the limit. A stream of events has a limit for each event already."""

    def __init__(self, wrapped: httpx2.AsyncBaseTransport, limit_bytes: int) -> None:
        self._wrapped = wrapped
        self._limit_bytes = limit_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        progress = CALL.get() if b'"tools/call"' in request.content else None
        response = await self._sent(request, progress or Progress())
        packed = response.headers.get("content-encoding", "identity").strip().lower()
        if packed not in ("", "identity"):  # the library would unpack it before anyone can count
            await response.aclose()
            raise TooLarge("The answer is packed in a way that was not asked for.")
        if "event-stream" not in response.headers.get("content-type", ""):
            response.stream = _Counted(response.stream, self._limit_bytes)  # type: ignore[arg-type]  # it is async
        return response

    async def _sent(self, request: httpx2.Request, progress: Progress) -> httpx2.Response:
        progress.sent = True
        try:
            response = await self._wrapped.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            progress.sent = False
            raise
        progress.status = response.status_code
        return response

    async def aclose(self) -> None:
        await self._wrapped.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, wrapped: httpx2.AsyncByteStream, limit_bytes: int) -> None:
        self._wrapped = wrapped
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for part in self._wrapped:
            received += len(part)
            if received > self._limit_bytes:
                raise TooLarge(f"The answer is larger than {self._limit_bytes} bytes.")
            yield part

    async def aclose(self) -> None:
        await self._wrapped.aclose()


class _Watched:
    """A transport that tells when nothing more can come: a program may die between two calls."""

    def __init__(self, wrapped: AbstractAsyncContextManager[TransportStreams], ended: asyncio.Event) -> None:
        self._wrapped = wrapped
        self._ended = ended

    async def __aenter__(self) -> TransportStreams:
        reading, writing = await self._wrapped.__aenter__()
        return _Reading(reading, self._ended), writing

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._wrapped.__aexit__(kind, error, trace)


class _Reading:
    def __init__(self, wrapped: Any, ended: asyncio.Event) -> None:  # a protocol that the library does not export
        self._wrapped = wrapped
        self._ended = ended

    async def receive(self) -> Any:
        return await self._wrapped.receive()

    async def aclose(self) -> None:
        await self._wrapped.aclose()

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._wrapped.__anext__()
        except StopAsyncIteration:
            self._ended.set()
            raise

    async def __aenter__(self) -> _Reading:
        await self._wrapped.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        outcome: bool | None = await self._wrapped.__aexit__(kind, error, trace)
        return outcome

"""Calls tools of MCP servers over their open sessions, within a deadline; a session that broke is opened again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
from pydantic import JsonValue, ValidationError

from callers import arguments, mcp_results
from callers.mcp_connection import Connection, causes, reason_of
from callers.mcp_sessions import McpSessions
from callers.mcp_transports import TooLarge
from callers.protocol import Preview, Reply
from catalog.errors import (
    BrokenResponse,
    CallError,
    CallTimeout,
    CallUnreachable,
    InvalidArguments,
    OutcomeUnknown,
    ResponseTooLarge,
    ToolFailed,
)
from catalog.models import Api

if TYPE_CHECKING:  # an extra, and heavy
    from mcp import MCPError
    from mcp_types import CallToolResult

STATUS = 200  # the protocol has no status: a result is a success, a failure says so
NO_SESSION = "Session terminated"
"""The library's word for a server that does not know the session (any more), so that nothing was done in it."""
CLOSED = "Connection closed"
"""Its word for a session that is over; other texts of the same code speak of one answer that was cut off."""


class McpCaller:
    """Keeps `Caller`."""

    def __init__(self, sessions: McpSessions) -> None:
        self._sessions = sessions

    def preview(self, api: Api, values: Mapping[str, JsonValue]) -> Preview:
        if problems := arguments.problems(api, values):
            raise InvalidArguments(api.id, problems)
        server, tool = _parts(api)
        return Preview(
            method=api.method,
            url=f"mcp:{server}#{tool}",
            body=dict(values),
            curl=f"tools/call {tool} {json.dumps(dict(values), ensure_ascii=False)} at mcp:{server}",
        )

    def missing_credential(self, api: Api) -> str | None:
        return self._sessions.missing_credential(_parts(api)[0])

    async def send(self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float) -> Reply:
        self.preview(api, values)
        server, tool = _parts(api)
        started = time.perf_counter()
        call = _Call(self._sessions, server, tool, dict(values), repeatable=api.risk == "safe")
        try:
            async with asyncio.timeout(timeout_seconds):
                result = await call.result()
        except TimeoutError:
            failure: CallError = CallTimeout(server, timeout_seconds)
        except (CallUnreachable, BrokenResponse, ResponseTooLarge) as error:
            failure = error
        else:
            return self._reply(server, tool, result, started)
        if api.risk == "mutating" and call.sent:
            raise OutcomeUnknown(api.id, f"the tool was called, and then: {failure}")
        raise failure

    async def close(self) -> None:
        await self._sessions.close()

    def _reply(self, server: str, tool: str, result: CallToolResult, started: float) -> Reply:
        secrets = self._sessions.traces(server)
        if result.is_error:
            raise ToolFailed(f"{server} {tool}", mcp_results.masked(mcp_results.spoken(result), secrets))
        content = mcp_results.content_of(result)
        if len(content) > self._sessions.limit_bytes:
            raise ResponseTooLarge(server, self._sessions.limit_bytes)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Reply(STATUS, mcp_results.read(content, secrets=secrets), elapsed_ms)


@dataclass
class _Call:
    """One call, and how far it got: what decides whether a failed one may have taken effect."""

    sessions: McpSessions
    server: str
    tool: str
    values: dict[str, JsonValue]
    repeatable: bool
    sent: bool = False

    async def result(self) -> CallToolResult:
        """Over the session that is open; once more over a new one, where nothing can have happened in the first."""
        try:
            return await self._once()
        except _Lost as lost:
            if lost.happened and not self.repeatable:
                raise CallUnreachable(self.server, lost.reason) from None
        self.sent = False
        try:
            return await self._once()
        except _Lost as lost:
            self.sent = lost.happened
            raise CallUnreachable(self.server, lost.reason) from None

    async def _once(self) -> CallToolResult:
        from mcp import MCPError

        connection = await self.sessions.connection(self.server)
        if connection.client is None:  # it was opened, so there is one
            raise CallUnreachable(self.server, reason_of(connection.failure))
        self.sent = True
        try:
            return await connection.client.call_tool(self.tool, self.values)
        except MCPError as error:
            raise await self._failure(error, connection) from None
        except (RuntimeError, ValidationError) as error:
            why = f"it is not of the form that it promises ({type(error).__name__})"
            raise BrokenResponse(self.server, why) from None

    async def _failure(self, error: MCPError, connection: Connection) -> Exception:
        from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR

        said = mcp_results.masked(" ".join(str(error).split())[:300], self.sessions.traces(self.server))
        if said == NO_SESSION:
            await connection.close()
            return _Lost("the server has forgotten the session", happened=False)
        if error.code == CONNECTION_CLOSED and said == CLOSED:
            await connection.close()
            return self._broken(connection.failure)
        if error.code == CONNECTION_CLOSED:
            return _Lost(said, happened=True)
        if error.code in (INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR):
            return BrokenResponse(self.server, said)  # also the library's word for an HTTP status and a broken answer
        self.sent = False  # the server refused the call: nothing was done
        return ToolFailed(f"{self.server} {self.tool}", said)

    def _broken(self, failure: BaseException | None) -> Exception:
        found = list(causes(failure))
        if any(isinstance(cause, TooLarge) for cause in found):
            return ResponseTooLarge(self.server, self.sessions.limit_bytes)
        unsent = any(isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout) for cause in found)
        return _Lost(reason_of(failure), happened=not unsent)


class _Lost(Exception):
    """The session broke under the call."""

    def __init__(self, reason: str, *, happened: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.happened = happened
        """Whether the tool may have run."""


def _parts(api: Api) -> tuple[str, str]:
    server, _, tool = api.target.partition(" ")
    return server, tool

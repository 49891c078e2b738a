"""Calls tools of MCP servers over their open sessions, within a deadline; a session that broke is opened again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue, ValidationError

from callers import arguments, mcp_results
from callers.mcp_connection import Connection, causes
from callers.mcp_sessions import McpSessions
from callers.mcp_transports import CALL, Progress, TooLarge
from callers.protocol import Missing, Once, Preview, Reply, Who
from catalog.echoes import masked
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

FORGOTTEN = 404
STATUS = 200  # the protocol has no status: a result is a success, a failure says so
CLOSED = "Connection closed"
"""The library's word for a session that is over; other texts of this code speak of one answer that was cut off."""


class McpCaller:
    """Keeps `Caller`."""

    def __init__(self, sessions: McpSessions) -> None:
        self._sessions = sessions

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        if problems := arguments.problems(api, values):
            raise InvalidArguments(api.id, problems)
        server, tool = _parts(api)
        return Preview(
            method=api.method,
            url=f"mcp:{server}#{tool}",
            body=dict(values),
            curl=f"tools/call {tool} {json.dumps(dict(values), ensure_ascii=False)} at mcp:{server}",
        )

    def acting_for(self, who: Who) -> McpCaller:
        return self  # a session is the operator's, and everybody's

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return await self._sessions.missing_credential(_parts(api)[0])

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        self.preview(api, values)
        server, tool = _parts(api)
        started = time.perf_counter()
        call = _Call(self._sessions, server, tool, dict(values), repeatable=api.risk == "safe", once=once)
        try:
            async with asyncio.timeout(timeout_seconds):
                result = await call.result()
        except TimeoutError:
            failure: CallError = CallTimeout(server, timeout_seconds)
        except (CallUnreachable, BrokenResponse, ResponseTooLarge) as error:
            failure = error
        else:
            return self._reply(api, result, started)
        if api.risk == "mutating" and call.sent:
            raise OutcomeUnknown(api.id, f"the tool was called, and then: {failure}")
        raise failure

    async def close(self) -> None:
        await self._sessions.close()

    def _reply(self, api: Api, result: CallToolResult, started: float) -> Reply:
        server, tool = _parts(api)
        secrets = self._sessions.traces(server)
        if result.is_error:
            raise ToolFailed(f"{server} {tool}", mcp_results.spoken(result, secrets))
        content = mcp_results.content_of(result)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if len(content) <= self._sessions.limit_bytes:
            return Reply(STATUS, mcp_results.read(content, secrets=secrets), elapsed_ms)
        if api.risk == "mutating":  # it is done, whatever is said of it
            return Reply(STATUS, None, elapsed_ms, truncated=True)
        raise ResponseTooLarge(server, self._sessions.limit_bytes)


@dataclass
class _Call:
    """One call, and how far it got: what decides whether a failed one may have taken effect."""

    sessions: McpSessions
    server: str
    tool: str
    values: dict[str, JsonValue]
    repeatable: bool
    once: Once | None = None
    progress: Progress = field(default_factory=Progress)
    refused: bool = False

    @property
    def sent(self) -> bool:
        """Whether the tool may have run."""
        return self.progress.sent and not self.refused

    async def result(self) -> CallToolResult:
        """Over the session that is open; once more over a new one, where nothing can have happened in the first."""
        try:
            return await self._once()
        except _Lost as lost:
            if self.sent and not self.repeatable:
                raise CallUnreachable(self.server, str(lost)) from None
        try:
            return await self._once()
        except _Lost as lost:
            raise CallUnreachable(self.server, str(lost)) from None

    async def _once(self) -> CallToolResult:
        from mcp import MCPError

        self.progress, self.refused = Progress(), False
        connection = await self.sessions.connection(self.server)
        if connection.client is None:  # it was opened, so there is one
            raise CallUnreachable(self.server, connection.why)
        if self.once is not None:
            self.once.permit()
        # What goes into a pipe is on its way at once; over HTTP the transport sees when it leaves.
        self.progress = Progress(sent=bool(self.sessions.server(self.server).command))
        token = CALL.set(self.progress)
        try:
            return await connection.client.call_tool(self.tool, self.values)
        except MCPError as error:
            raise await self._failure(error, connection) from None
        except (RuntimeError, ValidationError) as error:
            why = f"it is not of the form that it promises ({type(error).__name__})"
            raise BrokenResponse(self.server, why) from None
        finally:
            CALL.reset(token)

    async def _failure(self, error: MCPError, connection: Connection) -> Exception:
        from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR

        said = masked(" ".join(str(error).split()), self.sessions.traces(self.server))[:300]
        status = self.progress.status
        if status is not None and 400 <= status < 500:
            self.refused = True
            connection.retire()
            told = f"it does not take the call (HTTP {status}: {said})"
            # 404 is how a server says that it has forgotten the session.
            return _Lost(told) if status == FORGOTTEN else CallUnreachable(self.server, told)
        if error.code == CONNECTION_CLOSED and said == CLOSED:
            await connection.close()
            return self._broken(connection)
        if error.code == CONNECTION_CLOSED:
            return _Lost(said)
        if error.code in (INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR):
            return BrokenResponse(self.server, said)  # also the library's word for an HTTP status and a broken answer
        self.refused = True
        return ToolFailed(f"{self.server} {self.tool}", said)

    def _broken(self, connection: Connection) -> Exception:
        if any(isinstance(cause, TooLarge) for cause in causes(connection.failure)):
            return ResponseTooLarge(self.server, self.sessions.limit_bytes)
        return _Lost(connection.why)


class _Lost(Exception):
    """The session broke under the call."""


def _parts(api: Api) -> tuple[str, str]:
    server, _, tool = api.target.partition(" ")
    return server, tool

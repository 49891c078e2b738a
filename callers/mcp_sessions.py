"""The MCP servers that the operator names, each with one session that is opened when it is needed, and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from callers.egress import Egress
from callers.mcp_connection import Connection
from callers.mcp_servers import SETTING, WEB, McpServer, Told, missing, told
from callers.protocol import Missing
from catalog.errors import EgressDenied

STDIO_SETTING = "SWITCHBOARD_MCP_STDIO"


class McpSessions:
    """Sessions by the server's name; a server that needs no key may be named by its URL."""

    def __init__(
        self,
        servers: Mapping[str, McpServer],
        *,
        allow_stdio: bool,
        egress: Egress = Egress(),  # noqa: B008 - frozen: what is public, and nothing else
        limit_bytes: int = 2_000_000,
    ) -> None:
        self._servers = dict(servers)
        self._allow_stdio = allow_stdio
        self._egress = egress
        self._limit_bytes = limit_bytes
        self._open: dict[str, Connection] = {}
        self._all: list[Connection] = []
        """Those that are ending too."""
        self._told: dict[str, Told] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @property
    def limit_bytes(self) -> int:
        return self._limit_bytes

    def server(self, name: str) -> McpServer:
        """Raises EgressDenied: no such server, or one that may not be started."""
        server = self._servers.get(name)
        if server is None and name.startswith(WEB):
            return McpServer(url=name)
        if server is None:
            raise EgressDenied(f"mcp:{name}", f"{SETTING} names no such server")
        if server.command and not self._allow_stdio:
            raise EgressDenied(f"mcp:{name}", f"it is a program to start, and {STDIO_SETTING} is not true")
        return server

    async def missing_credential(self, name: str) -> Missing | None:
        server = self._servers.get(name)
        return await missing(name, server) if server is not None else None

    def traces(self, name: str) -> frozenset[str]:
        """Forms in which what this server was told in secret might come back."""
        return self._told.get(name, Told()).traces()

    async def connection(self, name: str) -> Connection:
        """The open session, or a new one. Raises EgressDenied, UnusableCredential, CallUnreachable."""
        server = self.server(name)
        async with self._locks.setdefault(name, asyncio.Lock()):
            known = self._open.get(name)
            if known is not None and not known.over:
                return known
            self._told[name] = await told(name, server)
            opened = self._open[name] = Connection(name)
            self._all = [*(each for each in self._all if not each.gone), opened]
            # The operator allows a server by naming it in the settings; one that is named by its address alone is not.
            egress = self._egress.also(server.url) if server.url and name in self._servers else self._egress
            await opened.open(server, self._told[name], egress=egress, limit_bytes=self._limit_bytes)
            return opened

    async def close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self._all))
        self._open.clear()


@asynccontextmanager
async def mcp_sessions(
    servers: Mapping[str, McpServer], *, allow_stdio: bool, egress: Egress
) -> AsyncIterator[McpSessions]:
    """Sessions for one piece of work, closed after it."""
    sessions = McpSessions(servers, allow_stdio=allow_stdio, egress=egress)
    try:
        yield sessions
    finally:
        await sessions.close()

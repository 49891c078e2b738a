"""MCP servers over HTTP: contacted where the operator named them or the address is allowed, and never unpacked."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from callers.mcp_servers import McpServer
from callers.mcp_sessions import McpSessions
from catalog.errors import CallUnreachable, EgressDenied
from evals.faults.raw_server import Arrived, raw_server

pytest.importorskip("mcp")


async def test_a_server_that_is_named_by_its_address_alone_is_decided_on() -> None:
    async with raw_server() as server:
        sessions = McpSessions({}, allow_stdio=False)
        with pytest.raises(EgressDenied, match="loopback"):
            await sessions.connection(f"{server.url}/mcp")
        await sessions.close()
        assert server.connections == 0


async def test_a_server_that_the_operator_names_is_allowed_by_that() -> None:
    async with raw_server() as server:
        sessions = McpSessions({"desk": McpServer(url=f"{server.url}/mcp")}, allow_stdio=False)
        with pytest.raises(CallUnreachable):  # it does not speak MCP
            await sessions.connection("desk")
        with pytest.raises(EgressDenied):
            await sessions.connection(f"{server.url}/mcp")
        await sessions.close()
        assert server.connections == 1


async def test_an_answer_that_is_packed_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)

    async def packed(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {len(bomb)}"
        writer.write(head.encode() + b"\r\n\r\n" + bomb)
        await writer.drain()

    async with raw_server(packed) as server:
        sessions = McpSessions({"desk": McpServer(url=server.url)}, allow_stdio=False)
        with pytest.raises(CallUnreachable, match="TooLarge"):
            await sessions.connection("desk")
        await sessions.close()
        assert server.arrived[0].header("accept-encoding") == ["identity"]

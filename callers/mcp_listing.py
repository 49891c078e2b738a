"""What an MCP server offers, as a document that `catalog/importers/mcp.py` reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import JsonValue

from callers.mcp_sessions import McpSessions
from callers.response import changed
from catalog.echoes import masked, unsay
from catalog.errors import CallTimeout, CallUnreachable

if TYPE_CHECKING:  # an extra, and heavy
    from mcp import Client

SECONDS = 60.0
MOST_PAGES = 1_000  # a server that gives a next page for every page would never end


async def describe(sessions: McpSessions, name: str) -> dict[str, JsonValue]:
    """Without what the server was told in secret, should it repeat that.

    Raises EgressDenied, UnusableCredential, CallUnreachable, CallTimeout.
    """
    category = sessions.server(name).category
    try:
        async with asyncio.timeout(SECONDS):
            connection = await sessions.connection(name)
            if connection.client is None:  # it was opened, so there is one
                raise CallUnreachable(name, connection.why)
            said = await _described(connection.client, name, category)
    except TimeoutError:
        raise CallTimeout(name, SECONDS) from None
    except CallUnreachable as error:
        unsay(error, sessions.traces(name))
        raise
    return {part: changed(value, lambda text: masked(text, sessions.traces(name))) for part, value in said.items()}


async def _described(client: Client, name: str, category: str) -> dict[str, JsonValue]:
    from mcp import MCPError

    info = client.server_info
    try:
        tools = await _tools(client)
    except MCPError as error:
        raise CallUnreachable(name, f"it does not list its tools ({error})") from None
    return {
        "format": "mcp",
        "version": 1,
        "server": name,
        "category": category,
        "title": ((info.title or info.name) if info else "") or name,
        "instructions": client.instructions or "",
        "tools": tools,
    }


async def _tools(client: Client) -> list[JsonValue]:
    """All pages."""
    tools: list[JsonValue] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="refresh")
        tools += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools

"""The checks of `switchboard doctor` of what is called without HTTP: Python modules and MCP servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from api.cli.finding import Finding
from catalog.errors import CallError, SettingsError, SwitchboardError
from graph.settings import Settings

SECONDS = 15.0
EXTRA = 'pip install "switchboard[mcp]"'


async def live_sources(settings: Settings) -> AsyncIterator[Finding]:
    """Each module is imported and each server is asked for its tools, as an import would; nothing is called."""
    for module in settings.python_modules:
        yield await _module(module, settings)
    if settings.mcp_servers and not _has_mcp():
        yield Finding("bad", "SWITCHBOARD_MCP_SERVERS names servers, but the package mcp is missing", EXTRA)
        return
    for server in settings.mcp_servers:
        yield await _server(server, settings)


async def _module(name: str, settings: Settings) -> Finding:
    from callers.python_listing import describe

    try:
        listing = await asyncio.to_thread(describe, name, settings.python_modules)
    except (CallError, SettingsError) as error:
        return Finding("bad", str(error), "Correct SWITCHBOARD_PYTHON_MODULES, or the module.")
    return _offering(f"The Python module {name}", listing["functions"], f"python:{name}")


async def _server(name: str, settings: Settings) -> Finding:
    from callers.mcp_listing import describe
    from callers.mcp_sessions import mcp_sessions
    from graph.outside import egress_of

    egress = egress_of(settings)
    try:
        async with (
            asyncio.timeout(SECONDS),
            mcp_sessions(settings.mcp_servers, allow_stdio=settings.mcp_stdio, egress=egress) as sessions,
        ):
            listing = await describe(sessions, name)
    except TimeoutError:
        return Finding("bad", f"The MCP server {name} did not answer within {SECONDS:g} s", "Is it running?")
    except SwitchboardError as error:
        return Finding("bad", f"The MCP server {name}: {error}", error.cure or "Correct SWITCHBOARD_MCP_SERVERS.")
    return _offering(f"The MCP server {name}", listing["tools"], f"mcp:{name}")


def _offering(what: str, offered: object, source: str) -> Finding:
    count = len(offered) if isinstance(offered, list) else 0
    if not count:
        return Finding("note", f"{what} offers nothing", "docs/catalog.md says what counts.")
    return Finding("good", f"{what} offers {count}; `switchboard catalog import {source}` takes them in")


def _has_mcp() -> bool:
    from importlib.util import find_spec

    return find_spec("mcp") is not None

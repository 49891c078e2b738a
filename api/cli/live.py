"""Catalogs that are no files: what a Python module or an MCP server offers, fetched and laid down as a document."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import JsonValue

from api.cli.opening import read_settings

PYTHON, MCP = "python:", "mcp:"


def is_live(path: str) -> bool:
    return path.startswith((PYTHON, MCP))


@asynccontextmanager
async def described(source: str) -> AsyncIterator[tuple[Path, str]]:
    """A file with what `python:MODULE`, `mcp:NAME` or `mcp:URL` offers now, and the source's name, which is the same.

    Raises WrongSettings, SettingsError, CallError.
    """
    listing = await _listing(source)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "listing.json"
        await asyncio.to_thread(file.write_text, json.dumps(listing), "utf-8")
        yield file, source


async def _listing(source: str) -> JsonValue:
    settings = read_settings()
    if source.startswith(PYTHON):
        from callers import python_listing

        module = source.removeprefix(PYTHON)
        return await asyncio.to_thread(python_listing.describe, module, settings.python_modules)
    from callers import mcp_listing
    from callers.mcp_sessions import mcp_sessions
    from graph.outside import egress_of

    egress = egress_of(settings)
    async with mcp_sessions(settings.mcp_servers, allow_stdio=settings.mcp_stdio, egress=egress) as sessions:
        return dict(await mcp_listing.describe(sessions, source.removeprefix(MCP)))

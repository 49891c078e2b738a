"""Catalogs that are no files: what a Python module or an MCP server offers, fetched and laid down as a document."""

from __future__ import annotations

import asyncio
import json
import re
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
async def fetched(path: Path) -> AsyncIterator[tuple[Path, str]]:
    """A file with what `python:MODULE`, `mcp:NAME` or `mcp:URL` offers now, and the source's name.

    Raises WrongSettings, SettingsError, CallError.
    """
    # A path holds no double slash any more.
    source = re.sub(r"^mcp:(https?):/+", r"mcp:\1://", str(path))
    listing = await _listing(source)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "listing.json"
        await asyncio.to_thread(file.write_text, json.dumps(listing, ensure_ascii=True), "utf-8")
        yield file, source


async def _listing(source: str) -> JsonValue:
    settings = read_settings()
    if source.startswith(PYTHON):
        from callers import python_listing

        module = source.removeprefix(PYTHON)
        return await asyncio.to_thread(python_listing.describe, module, settings.python_modules)
    from callers import mcp_listing
    from callers.mcp_sessions import mcp_sessions

    async with mcp_sessions(settings.mcp_servers, allow_stdio=settings.mcp_stdio) as sessions:
        return dict(await mcp_listing.describe(sessions, source.removeprefix(MCP)))

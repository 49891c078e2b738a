"""Reads what an MCP server offers: its tools, as `tools/list` gives them (`callers/mcp_listing.py` fetches it)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import JsonValue

from catalog.importers.live import Offered, Place, offered_tool, only, opened
from catalog.importers.record import Fields, Importer, Record, key_form, listed, needed_text, text
from catalog.models import Tool
from catalog.store import Document, Problem

FORMAT = "mcp"


def fits(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.get("format") == FORMAT


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """One server. Raises UnreadableDocument where the listing as a whole is none."""
    document = opened(only(records, problems), FORMAT)
    places: dict[str, str] = {}
    return Document(_tools(document, needed_text(document, "server"), problems, places), (), problems, places)


MCP = Importer(FORMAT, fits, read, live=True)


def _tools(document: Fields, server: str, problems: list[Problem], places: dict[str, str]) -> Iterator[Tool]:
    place = Place(
        kind="mcp",
        tool_id=f"mcp/{key_form(server).lower()}",
        name=text(document, "title") or server,
        category=text(document, "category") or text(document, "title") or server,
        description=text(document, "instructions"),
    )
    yield offered_tool(place, listed(document, "tools"), partial(_offered, server), problems, places)


def _offered(server: str, said: Fields) -> Offered:
    name, hints = needed_text(said, "name"), said.get("annotations")
    hints = hints if isinstance(hints, dict) else {}
    return Offered(
        name=name,
        target=f"{server} {name}",
        title=text(said, "title") or text(hints, "title"),
        description=text(said, "description"),
        arguments=said.get("inputSchema") or {},
        result=said.get("outputSchema"),
        # The protocol's own default: what says nothing changes something. Both hints at once is a slip.
        changes=hints.get("readOnlyHint") is not True or hints.get("destructiveHint") is True,
    )

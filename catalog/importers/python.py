"""Reads what a Python module offers: its functions and LangChain tools, as `callers/python_listing.py` tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import JsonValue

from catalog.importers.live import Offered, Place, offered_tool, only, opened
from catalog.importers.record import Fields, Importer, Record, key_form, listed, needed_text, text
from catalog.models import Tool
from catalog.store import Document, Problem

FORMAT = "python"


def fits(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.get("format") == FORMAT


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """One module. Raises UnreadableDocument where the listing as a whole is none."""
    document = opened(only(records, problems), FORMAT)
    places: dict[str, str] = {}
    return Document(_tools(document, needed_text(document, "module"), problems, places), (), problems, places)


PYTHON = Importer(FORMAT, fits, read, live=True)


def _tools(document: Fields, module: str, problems: list[Problem], places: dict[str, str]) -> Iterator[Tool]:
    problems.extend(Problem(text(said, "name"), text(said, "reason")) for _, said in listed(document, "refused"))
    place = Place(
        kind="python",
        tool_id=f"python/{key_form(module).lower()}",
        name=module,
        category=text(document, "category") or _category(module),
        description=text(document, "description"),
    )
    yield offered_tool(place, listed(document, "functions"), partial(_offered, module), problems, places)


def _offered(module: str, said: Fields) -> Offered:
    name = needed_text(said, "name")
    return Offered(
        name=name,
        target=f"{module}:{name}",
        description=text(said, "description"),
        arguments=said.get("parameters") or {},
        result=said.get("returns"),
        changes=text(said, "risk") != "safe",
    )


def _category(module: str) -> str:
    """What the module is called, as people write it: `acme.order_desk` is about Order desk."""
    words = module.rpartition(".")[2].replace("_", " ").strip() or module
    return words[:1].upper() + words[1:]

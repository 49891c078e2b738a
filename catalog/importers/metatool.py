"""Reads flat lists of tools (MetaTool): one JSON object per tool, with a name and what it is for, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, Importer, Record, first_problem, key_form, kind, needed_text, text
from catalog.models import Api, Tool
from catalog.store import Document, Problem

FIELDS = frozenset({"tool_name", "tool_description", "group"})
UNGROUPED = "Tools"


def fits(value: JsonValue) -> bool:
    return isinstance(value, dict) and "tool_name" in value and "tool_description" in value and value.keys() <= FIELDS


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """Every tool is one API of its own name; its group is its category. Nothing of it can be called."""
    places: dict[str, str] = {}
    return Document(_tools(records, problems, places), problems=problems, places=places)


METATOOL = Importer("metatool", fits, read)


def _tools(records: Iterable[Record], problems: list[Problem], places: dict[str, str]) -> Iterator[Tool]:
    for record in records:
        try:
            if not isinstance(record.value, dict):
                raise UnreadableDocument("", f"must be an object, not {kind(record.value)}")
            tool = _tool(record.value)
        except UnreadableDocument as error:
            problems.append(Problem(record.where or "document", f"{error.where} {error.reason}".strip()))
            continue
        except ValidationError as error:
            problems.append(Problem(record.where or "document", first_problem(error)))
            continue
        places.clear()
        places[tool.apis[0].id] = record.where or "document"
        yield tool


def _tool(fields: Fields) -> Tool:
    name, description = needed_text(fields, "tool_name"), text(fields, "tool_description")
    category = text(fields, "group") or UNGROUPED
    tool_id = f"{key_form(category)}/{key_form(name)}"
    api = Api(
        id=f"{tool_id}/{key_form(name)}",
        name=name,
        description=description,
        category=category,
        tool_id=tool_id,
        tool_name=name,
    )
    return Tool(id=tool_id, name=name, description=description, category=category, apis=(api,))

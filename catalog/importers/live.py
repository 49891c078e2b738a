"""What modules and MCP servers have in common: named callables with a JSON Schema of their arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, Record, at, first_problem, key_form, kind
from catalog.importers.schemas import parameters_of, shape_of
from catalog.models import Api, Kind, Tool
from catalog.store import Problem

VERSION = 1
METHOD = "CALL"
"""In place of HTTP's word: neither has one."""


@dataclass(frozen=True)
class Place:
    """The tool to which the callables belong."""

    kind: Kind
    tool_id: str
    name: str
    category: str
    description: str


@dataclass(frozen=True)
class Offered:
    """One callable, as its listing says it."""

    name: str
    target: str
    arguments: JsonValue
    result: JsonValue
    changes: bool
    """Whether it must be taken to change something outside."""
    title: str = ""
    description: str = ""


def only(records: Iterable[Record], problems: list[Problem]) -> Record:
    first, *others = records
    problems.extend(Problem(other.where or "document", "a listing stands alone") for other in others)
    return first


def opened(record: Record, format_: str) -> Fields:
    """Raises UnreadableDocument."""
    if not isinstance(record.value, dict):
        raise UnreadableDocument("document", f"must be an object, not {kind(record.value)}")
    if record.value.get("format") != format_ or record.value.get("version") != VERSION:
        raise UnreadableDocument("document", f"must say format {format_!r} and version {VERSION}")
    return record.value


def offered_tool(
    place: Place,
    listing: Iterable[tuple[str, Fields]],
    offered: Callable[[Fields], Offered],
    problems: list[Problem],
    places: dict[str, str],
) -> Tool:
    """One bad callable is a problem, and loses no other."""
    apis: dict[str, Api] = {}
    for where, said in listing:
        name = said.get("name")
        try:
            api = _api(place, offered(said), taken=apis)
        except UnreadableDocument as error:
            problems.append(Problem(at(where, error.where) if error.where else where, f"{name}: {error.reason}"))
        except ValidationError as error:
            problems.append(Problem(where, f"{name}: {first_problem(error)}"))
        else:
            apis[api.id] = api
            places[api.id] = where
    return Tool(
        id=place.tool_id,
        name=place.name,
        category=place.category,
        description=place.description,
        apis=tuple(apis.values()),
    )


def _api(place: Place, offered: Offered, *, taken: dict[str, Api]) -> Api:
    plain = re.fullmatch(r"[\w.-]+", offered.name)
    api_id = f"{place.tool_id}/{offered.name if plain else key_form(offered.name)}"
    if api_id in taken:
        raise UnreadableDocument("name", f"{offered.name!r} stands here twice")
    return Api(
        id=api_id,
        name=offered.name,
        title=offered.title,
        description=offered.description,
        category=place.category,
        tool_id=place.tool_id,
        tool_name=place.name,
        method=METHOD,
        parameters=parameters_of(offered.arguments),
        risk="mutating" if offered.changes else "safe",
        kind=place.kind,
        target=offered.target,
        response_shape=_shape_if_known(offered.result),
    )


def _shape_if_known(schema: JsonValue) -> JsonValue:
    """What a result looks like is a help, not a need: a schema that cannot be read costs nothing."""
    try:
        return shape_of(schema)
    except UnreadableDocument:
        return None

"""Reads our own JSON form, which can say everything that the catalog can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.groups import grouped, read_groups
from catalog.importers.http import SAFE_METHODS, usable_url
from catalog.importers.record import (
    Fields,
    Importer,
    Record,
    at,
    first_problem,
    key_form,
    kind,
    listed,
    needed_text,
    text,
)
from catalog.importers.supplying import parted
from catalog.importers.switchboard_parameters import read_parameters, read_supplies
from catalog.models import Api, AuthScheme, Category, Tool
from catalog.store import Document, Problem

VERSION = 1
METHOD = re.compile(r"[A-Z]+")
DOCUMENT = frozenset({"format", "version", "groups", "categories", "auth", "tools"})
CATEGORY = frozenset({"name", "description", "group"})
TOOL = frozenset({"id", "name", "category", "description", "url", "apis"})
OPTIONAL = ("response_shape", "body_type", "body_is_value", "approval", "hidden", "cost_usd", "idempotency_header")
API = frozenset(OPTIONAL) | frozenset(
    {"id", "name", "title", "description", "method", "path", "url", "parameters", "auth", "examples", "risk"}
)


def fits(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.get("format") == "switchboard"


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """One document. What is wrong outside of its tools (version, groups, auth) makes all of it unreadable."""
    first, *others = records
    problems.extend(Problem(other.where or "document", "a document of this format stands alone") for other in others)
    return _read(first.value, problems)


SWITCHBOARD = Importer("switchboard", fits, read)


def _read(value: JsonValue, problems: list[Problem]) -> Document:
    if not isinstance(value, dict):
        raise UnreadableDocument("document", f"must be an object, not {kind(value)}")
    known(value, DOCUMENT)
    if value.get("version") != VERSION:
        raise UnreadableDocument("version", f"must be {VERSION}, the only one there is")
    reader = _Reader(_schemes(value), problems)
    categories = reader.categories(value)
    document = Document(reader.tools(value), categories, problems, reader.places)
    return grouped(document, read_groups(value["groups"])) if "groups" in value else document


def known(fields: Fields, names: frozenset[str]) -> None:
    """Refuse a field that nothing reads: it is a slip of the pen, and would be lost in silence."""
    for name in fields:
        if name not in names:
            raise UnreadableDocument(name, f"is not known here; known are {', '.join(sorted(names))}")


def _schemes(document: Fields) -> Mapping[str, AuthScheme]:
    schemes = document.get("auth") or {}
    if not isinstance(schemes, dict):
        raise UnreadableDocument("auth", f"must be an object of schemes, not {kind(schemes)}")
    return {name: _scheme(name, fields) for name, fields in schemes.items()}


def _scheme(name: str, fields: JsonValue) -> AuthScheme:
    if not isinstance(fields, dict):
        raise UnreadableDocument(f"auth.{name}", f"must be an object, not {kind(fields)}")
    try:
        return AuthScheme.model_validate({**fields, "name": name})
    except ValidationError as error:
        raise UnreadableDocument(f"auth.{name}", first_problem(error)) from error


@dataclass
class _Reader:
    schemes: Mapping[str, AuthScheme]
    problems: list[Problem]
    places: dict[str, str] = field(default_factory=dict)

    def categories(self, document: Fields) -> list[Category]:
        read: list[Category] = []
        for where, fields in listed(document, "categories"):
            try:
                known(fields, CATEGORY)
                read.append(Category.model_validate(fields))
            except UnreadableDocument as error:
                self._skip(at(where, error.where), error.reason)
            except ValidationError as error:
                self._skip(where, first_problem(error))
        return read

    def tools(self, document: Fields) -> Iterator[Tool]:
        for where, fields in listed(document, "tools"):
            self.places.clear()
            try:
                known(fields, TOOL)
                yield self._tool(where, fields)
            except UnreadableDocument as error:
                self._skip(at(where, error.where), error.reason)

    def _tool(self, where: str, fields: Fields) -> Tool:
        name, category = needed_text(fields, "name"), needed_text(fields, "category")
        tool_id = text(fields, "id") or f"{_key(category)}/{_key(name)}"
        tool = Tool(id=tool_id, name=name, category=category, description=text(fields, "description"))
        apis: list[Api] = []
        for place, api in listed(fields, "apis"):
            try:
                apis.append(self._api(tool, text(fields, "url"), api))
                self.places[apis[-1].id] = at(where, place)
            except UnreadableDocument as error:
                self._skip(at(at(where, place), error.where), error.reason)
            except ValidationError as error:
                self._skip(at(where, place), first_problem(error))
        return tool.model_copy(update={"apis": tuple(apis)})

    def _api(self, tool: Tool, base: str, fields: Fields) -> Api:
        known(fields, API)
        name = needed_text(fields, "name")
        method = (text(fields, "method") or "GET").upper()
        if not METHOD.fullmatch(method):
            raise UnreadableDocument("method", f"{method!r} is no HTTP method")
        url = text(fields, "url") or _joined(base, text(fields, "path"))
        if url and not usable_url(url):
            raise UnreadableDocument("url", f"{url!r} must be absolute, http or https, with a host that stays the same")
        said = {key: fields[key] for key in OPTIONAL if key in fields}
        parameters = read_parameters(fields, url or text(fields, "path"), method)
        if fields.get("body_is_value") and sum(p.place == "body" for p in parameters) != 1:
            raise UnreadableDocument("body_is_value", "needs exactly one parameter in the body")
        header = fields.get("idempotency_header")
        if isinstance(header, str) and any(
            p.place == "header" and p.name.lower() == header.lower() for p in parameters
        ):
            raise UnreadableDocument("idempotency_header", "is a parameter, too; the service fills it in itself")
        asked, supplied = parted(parameters, read_supplies(fields))
        return Api.model_validate(
            {
                "id": text(fields, "id") or f"{tool.id}/{_key(name)}",
                "name": name,
                "title": text(fields, "title"),
                "description": text(fields, "description"),
                "category": tool.category,
                "tool_id": tool.id,
                "tool_name": tool.name,
                "method": method,
                "url": url,
                "parameters": asked,
                "supplied": supplied,
                "auth": self._auth(fields),
                "examples": fields.get("examples") or (),
                "risk": fields.get("risk") or ("safe" if method in SAFE_METHODS else "mutating"),
                **said,
            }
        )

    def _auth(self, fields: Fields) -> tuple[tuple[AuthScheme, ...], ...]:
        said = fields.get("auth") or []
        alternatives: JsonValue = [[said]] if isinstance(said, str) else said
        if not isinstance(alternatives, list):
            raise UnreadableDocument("auth", "must be a name, or a list of alternatives, each a list of names")
        return tuple(self._together(place, names) for place, names in enumerate(alternatives))

    def _together(self, place: int, names: JsonValue) -> tuple[AuthScheme, ...]:
        if not isinstance(names, list):
            raise UnreadableDocument(f"auth[{place}]", f"must be a list of names, not {kind(names)}")
        for name in names:
            if not isinstance(name, str) or name not in self.schemes:
                reason = f"{name!r} is not defined; defined are {', '.join(self.schemes) or 'none'}"
                raise UnreadableDocument(f"auth[{place}]", reason)
        return tuple(self.schemes[name] for name in names if isinstance(name, str))

    def _skip(self, where: str, reason: str) -> None:
        self.problems.append(Problem(where, reason))


def _joined(base: str, path: str) -> str:
    if not base:
        return ""
    return f"{base.rstrip('/')}/{path.lstrip('/')}" if path else base


def _key(name: str) -> str:
    return key_form(name).lower()

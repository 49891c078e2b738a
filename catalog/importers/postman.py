"""Reads Postman collections (v2.0, v2.1): a collection is a category, its folders are tools, its requests APIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.http import SAFE_METHODS
from catalog.importers.postman_auth import Alternatives, read_auth
from catalog.importers.postman_request import read_request
from catalog.importers.postman_responses import response_shape
from catalog.importers.postman_text import described, scope_of
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
from catalog.models import Api, Category, Tool
from catalog.store import Document, Problem

SCHEMAS = ("/v2.0", "/v2.1")
NESTING = " / "


def fits(value: JsonValue) -> bool:
    collection = _unwrapped(value)
    info = collection.get("info") if isinstance(collection, dict) else None
    return isinstance(info, dict) and ("_postman_id" in info or "postman.com/" in str(info.get("schema", "")))


def _unwrapped(value: JsonValue) -> JsonValue:
    """Postman's own API gives a collection within an object."""
    return value["collection"] if isinstance(value, dict) and "collection" in value else value


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """Collections, each a category. A request that cannot be read is lost alone."""
    reader = _Reader(problems)
    return Document(reader.tools(records), reader.categories, problems, reader.places)


POSTMAN = Importer("postman", fits, read)


@dataclass(frozen=True)
class _Folder:
    """What holds for all requests below it."""

    where: str
    collection: str
    name: str
    description: str
    scope: Mapping[str, str]
    """Variables that the collection and the folders above set."""
    auth: Alternatives

    @property
    def tool(self) -> Tool:
        tool_id = f"{key_form(self.collection)}/{key_form(self.name).lower()}"
        return Tool(id=tool_id, name=self.name, description=self.description, category=self.collection)


@dataclass
class _Reader:
    problems: list[Problem]
    places: dict[str, str] = field(default_factory=dict)
    categories: list[Category] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def tools(self, records: Iterable[Record]) -> Iterator[Tool]:
        for record in records:
            try:
                yield from self._collection(record.where, _unwrapped(record.value))
            except UnreadableDocument as error:
                self._skip(at(record.where, error.where), error.reason)

    def _collection(self, where: str, value: JsonValue) -> Iterator[Tool]:
        info = value.get("info") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(info, dict):
            raise UnreadableDocument("info", "is missing: this is no Postman collection")
        schema = text(info, "schema")
        if schema and not any(version in schema for version in SCHEMAS):
            raise UnreadableDocument("info.schema", f"{schema!r} is no version that is read: 2.0 and 2.1 are")
        name, description = needed_text(info, "name").strip(), described(info.get("description"))
        self.categories.append(Category(name=name, description=description))
        auth = read_auth(value.get("auth"), name, above=())
        top = _Folder(where, name, name, description, scope_of(value, {}), auth)
        yield from self._folder(top, value, "")

    def _folder(self, folder: _Folder, fields: Fields, path: str) -> Iterator[Tool]:
        """The folder's own requests first, as one tool, then the folders in it."""
        below: list[tuple[str, Fields]] = []
        apis: list[Api] = []
        for place, item in self._items(folder, fields):
            if "item" in item:
                below.append((place, item))
            elif (api := self._request(folder, place, item)) is not None:
                apis.append(api)
        if apis:
            yield folder.tool.model_copy(update={"apis": tuple(apis)})
        for place, item in below:
            yield from self._below(folder, place, item, path)

    def _items(self, folder: _Folder, fields: Fields) -> Iterator[tuple[str, Fields]]:
        items = fields.get("item")
        if not isinstance(items, list):
            self._skip(at(folder.where, "item"), f"must be a list, not {kind(items)}")
            return
        for number, item in enumerate(items):
            place = at(folder.where, f"item[{number}]")
            if isinstance(item, dict):
                yield place, item
            else:
                self._skip(place, f"must be an object, not {kind(item)}")

    def _below(self, folder: _Folder, place: str, item: Fields, path: str) -> Iterator[Tool]:
        try:
            own = needed_text(item, "name").strip()
            name = f"{path}{NESTING}{own}" if path else own
            auth = read_auth(item.get("auth"), folder.collection, above=folder.auth)
            inner = replace(
                folder,
                where=place,
                name=name,
                description=described(item.get("description")),
                scope=scope_of(item, folder.scope),
                auth=auth,
            )
        except UnreadableDocument as error:
            self._skip(at(place, error.where), error.reason)
            return
        yield from self._folder(inner, item, name)

    def _request(self, folder: _Folder, place: str, item: Fields) -> Api | None:
        try:
            api = self._api(folder, item)
        except UnreadableDocument as error:
            self._skip(at(place, error.where), error.reason)
            return None
        except ValidationError as error:
            self._skip(place, first_problem(error))
            return None
        self.places[api.id] = place
        return api

    def _api(self, folder: _Folder, item: Fields) -> Api:
        stated = item.get("request")
        request: Fields = {"url": stated} if isinstance(stated, str) else stated if isinstance(stated, dict) else {}
        if not request:
            raise UnreadableDocument("request", f"must be an object or a URL, not {kind(stated)}")
        tool, scope = folder.tool, scope_of(item, folder.scope)
        read = read_request(request, folder.collection, scope)
        name = text(item, "name").strip() or f"{read.method} {read.path}"
        auth = read_auth(request.get("auth"), folder.collection, above=folder.auth)
        return Api(
            id=self._free(f"{tool.id}/{key_form(name).lower()}"),
            name=name,
            description=described(request.get("description")) or described(item.get("description")),
            category=tool.category,
            tool_id=tool.id,
            tool_name=tool.name,
            method=read.method,
            url=read.url,
            parameters=read.parameters,
            body_type=read.body_type,
            body_is_value=read.body_is_value,
            auth=_together(auth, read.auth),
            risk="safe" if read.method in SAFE_METHODS else "mutating",
            response_shape=response_shape([fields for _, fields in listed(item, "response")]),
        )

    def _free(self, api_id: str) -> str:
        """An id that no other request has: names need not be unique in a collection."""
        free, number = api_id, 1
        while free in self.taken:
            number += 1
            free = f"{api_id}__{number}"
        self.taken.add(free)
        return free

    def _skip(self, where: str, reason: str) -> None:
        self.problems.append(Problem(where or "document", reason))


def _together(said: Alternatives, found: Alternatives) -> Alternatives:
    """What the collection says of credentials, and those that stand in the request itself."""
    if not found:
        return said
    schemes = {(scheme.place, scheme.parameter): scheme for each in (*said[:1], *found) for scheme in each}
    return (tuple(schemes.values()),)

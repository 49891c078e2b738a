"""Reads a document operation by operation: what is wrong with one loses that one only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.hierarchy import Hierarchy
from catalog.importers.openapi.operations import Operation, OperationReader, names
from catalog.importers.openapi.overrides import Overrides
from catalog.importers.openapi.references import References
from catalog.importers.openapi.schemas import ROOM_OF_DOCUMENT, ROOM_PER_API, Schemas
from catalog.importers.openapi.security import Security
from catalog.importers.openapi.servers import address, swagger_address
from catalog.importers.record import Fields, Importer, Record, first_problem, key_form, kind, within
from catalog.models import Api, Category, Tool
from catalog.store import Document, Problem

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
VERSIONS = ("3.0", "3.1", "3.2")
LONGEST_ABOUT = 2_000
NO_DOCUMENT = "is no OpenAPI document: it has neither 'openapi' nor 'swagger'"
EMPTY_WORDS = frozenset({"api", "apis", "rest", "http", "openapi", "swagger", "documentation", "the", "title", ""})
"""A title of these alone names nothing; a document is then called after its host."""


def fits(value: JsonValue) -> bool:
    return isinstance(value, dict) and ("openapi" in value or "swagger" in value)


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """Every record is a document, or a file that one of them refers to."""
    reader = _Reader(problems)
    return Document(reader.tools(records), reader.categories, problems, reader.places)


OPENAPI = Importer("openapi", fits, read)


@dataclass
class _Reader:
    """What must be remembered from document to document."""

    problems: list[Problem]
    categories: list[Category] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Ids, each with where its API or tool stands."""
    documents: int = 0
    _told: set[Problem] = field(default_factory=set)

    def tools(self, records: Iterable[Record]) -> Iterator[Tool]:
        parts: list[Record] = []
        for record in records:
            if fits(record.value):
                self.documents += 1
                try:
                    yield from self._document(record)
                except UnreadableDocument as error:
                    self._skip(record, error.where, error.reason)
            elif _is_part(record):
                parts.append(replace(record, value=None))
            else:
                self._skip(record, "", NO_DOCUMENT)
        if parts and not self.documents:
            self._skip(parts[0], "", NO_DOCUMENT)

    def _document(self, record: Record) -> Iterator[Tool]:
        document = _checked(record.value)
        references = References(document, record.name, record.parts)
        operations = list(self._operations(record, references))
        if not operations:
            self._skip(record, "paths", "holds no operation")
        title = _title(document, record)
        hierarchy = Hierarchy.of(document, title, len(operations))
        tools = self._read(record, references, operations, hierarchy)
        if hierarchy.about and any(tool.category == title for tool, _ in tools.values()):
            self.categories.append(Category(name=title, description=hierarchy.about[:LONGEST_ABOUT]))
        for tool, apis in tools.values():
            self.places.clear()
            self.places.update({api.id: _named(record, where) for where, api in apis})
            yield tool.model_copy(update={"apis": tuple(api for _, api in apis)})

    def _read(
        self, record: Record, references: References, operations: list[Operation], hierarchy: Hierarchy
    ) -> dict[str, tuple[Tool, list[tuple[str, Api]]]]:
        document = references.document
        security = Security.of(references, key_form(hierarchy.title).lower())
        schemas = Schemas(references, ROOM_OF_DOCUMENT + ROOM_PER_API * len(operations))
        reader = OperationReader(document, references, schemas, security, "swagger" in document)
        addresses = _Addresses(document, record.base_url)
        called = names(operations)
        tools: dict[str, tuple[Tool, list[tuple[str, Api]]]] = {}
        for one in operations:
            try:
                overrides = Overrides.of(document, one.path_item, one.fields)
                tool = self._tool(record, hierarchy, one, overrides)
                api_id = self._free(f"{tool.id}/{key_form(called[one.where])}", _named(record, one.where))
                api = reader.read(one, addresses.of(one), overrides, tool, called[one.where], api_id)
                tools.setdefault(tool.id, (tool, []))[1].append((one.where, api))
            except UnreadableDocument as error:
                inside = error.where.startswith((one.where, one.path_where, "security", "servers"))
                located = error if inside else within(one.where, error)
                self._skip(record, located.where, located.reason)
            except ValidationError as error:
                self._skip(record, one.where, first_problem(error))
        if addresses.fault:
            reason = f"{addresses.fault.reason}. Its APIs are known, but cannot be called"
            self._skip(record, addresses.fault.where, reason)
        return tools

    def _operations(self, record: Record, references: References) -> Iterator[Operation]:
        paths = references.document.get("paths")
        if paths is None:
            return
        if not isinstance(paths, dict):
            raise UnreadableDocument("paths", f"must be an object of paths, not {kind(paths)}")
        for path, item in paths.items():
            where = f"paths.{path}"
            if path.startswith("x-") or item is None:
                continue
            try:
                # A slash that is forgotten is meant: an address has one there.
                yield from self._of_path(record, references, where, f"/{path.lstrip('/')}", _followed(references, item))
            except UnreadableDocument as error:
                self._skip(record, within(where, error).where, error.reason)

    def _of_path(
        self, record: Record, references: References, where: str, path: str, item: Fields
    ) -> Iterator[Operation]:
        if "#" in path:
            raise UnreadableDocument("", "what follows '#' in an address is never sent")
        further = item.get("additionalOperations")
        said = {method: item[method] for method in METHODS if method in item}
        for name, fields in {**said, **(further if isinstance(further, dict) else {})}.items():
            place = f"{where}.{name}" if name in METHODS else f"{where}.additionalOperations.{name}"
            try:
                yield Operation(place, where, path, name.upper(), _followed(references, fields), item)
            except UnreadableDocument as error:
                self._skip(record, within(place, error).where, error.reason)

    def _tool(self, record: Record, hierarchy: Hierarchy, one: Operation, overrides: Overrides) -> Tool:
        category, name, about = hierarchy.place(one.path, one.fields)
        if said := overrides.text("tool"):
            name, about = said, ""
        category = overrides.text("category") or category
        tool_id = f"{key_form(category)}/{key_form(name).lower()}"
        # Names of tools may differ in case only; then they are one tool, of the name that came first.
        known = self.taken.setdefault(tool_id, f"{category}\n{name}").split("\n")
        if known[0] != category:
            tool_id = self._free(tool_id, f"{category}\n{name}")
            known = [category, name]
        return Tool(id=tool_id, name=known[1], category=known[0], description=about[:LONGEST_ABOUT])

    def _free(self, wanted: str, holder: str) -> str:
        """An id that nothing else has: two names may come down to one key."""
        free, number = wanted, 1
        while self.taken.setdefault(free, holder) != holder:
            number += 1
            free = f"{wanted}__{number}"
        return free

    def _skip(self, record: Record, where: str, reason: str) -> None:
        problem = Problem(_named(record, where), reason)
        if problem not in self._told:  # what stands above several operations is told once
            self._told.add(problem)
            self.problems.append(problem)


class _Addresses:
    """Where operations are called; what is wrong with the document's own address is remembered once."""

    def __init__(self, document: Fields, base_url: str) -> None:
        self._base_url = base_url or _own_url(document)
        self.fault: UnreadableDocument | None = None
        self._whole = self._of_document(document)

    def of(self, operation: Operation) -> str:
        for where, level in ((operation.where, operation.fields), (operation.path_where, operation.path_item)):
            try:
                said = address(where, level, self._base_url)
            except UnreadableDocument as error:
                self.fault = self.fault or error
                return ""
            if said is not None:
                return said
        if self._whole is None:
            self.fault = self.fault or self._missing
            return ""
        return self._whole

    def _of_document(self, document: Fields) -> str | None:
        try:
            if "swagger" in document:
                return swagger_address(document, self._base_url)
            said = address("", document, self._base_url)
            if said is not None or self._base_url:
                return said or address("", {"servers": [{"url": "/"}]}, self._base_url)
            raise UnreadableDocument("servers", "are missing: name the URL that the document came from (--base-url)")
        except UnreadableDocument as error:
            self._missing = error
            return None


def _is_part(record: Record) -> bool:
    """Whether it is a file beside a document: a schema, a path, an example."""
    return bool(record.parts and record.where) and isinstance(record.value, dict) and "paths" not in record.value


def _own_url(document: Fields) -> str:
    own = document.get("$self")  # 3.2
    return own if isinstance(own, str) and "://" in own else ""


def _checked(value: JsonValue) -> Fields:
    """A document of a version that we read. Raises UnreadableDocument."""
    if not isinstance(value, dict):
        raise UnreadableDocument("", f"must be an object, not {kind(value)}")
    if "swagger" in value:
        if str(value["swagger"]) not in ("2.0", "2"):
            raise UnreadableDocument("swagger", f"{value['swagger']!r} is no version that is read: 2.0 is")
    elif not str(value["openapi"]).startswith(VERSIONS):
        known = ", ".join(VERSIONS)
        raise UnreadableDocument("openapi", f"{value['openapi']!r} is no version that is read: {known} are")
    return value


def _followed(references: References, item: JsonValue) -> Fields:
    """A path or operation; what stands beside a reference is added to what it names."""
    followed = references.follow(item)
    beside = {key: value for key, value in item.items() if key != "$ref"} if isinstance(item, dict) else {}
    return {**followed, **beside} if followed is not item else followed


def _title(document: Fields, record: Record) -> str:
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    words = title.split() if isinstance(title, str) else []
    if any(word.strip("()[].:,-").lower() not in EMPTY_WORDS for word in words):
        return " ".join(words)
    return _host(document) or " ".join(words) or PurePosixPath(record.name).name.split(".")[0] or "API"


def _host(document: Fields) -> str:
    """The host's own name: `api.example.com` is example.com's."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = first.get("url") if isinstance(first, dict) else None
    said = document.get("host") if "swagger" in document else url
    address = said if isinstance(said, str) else ""
    host = address.partition("://")[2] or (address if "swagger" in document else "")
    name = host.partition("/")[0].partition(":")[0].removeprefix("www.").removeprefix("api.")
    return name if "." in name and "{" not in name else ""


def _named(record: Record, where: str) -> str:
    return f"{record.where}: {where}".rstrip(": ") if record.where else where or "document"

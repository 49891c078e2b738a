"""Reads RapidAPI catalogs: AnyTool's records, ToolBench's file per tool, and the JSON lines made of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from urllib.parse import urlsplit

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.groups import grouped, read_groups
from catalog.importers.http import SAFE_METHODS, usable_url
from catalog.importers.rapidapi_parameters import read_parameters
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
from catalog.models import Api, AuthScheme, Risk, Tool
from catalog.store import Document, Problem

KEY = AuthScheme(name="rapidapi", kind="api_key", place="header", parameter="X-RapidAPI-Key")
HOSTS = ".p.rapidapi.com"

# Where the method is not known, GET is only assumed: an API whose name begins so is approved before it is sent.
CHANGING = frozenset(
    {"add", "cancel", "create", "delete", "edit", "insert", "modify", "patch", "post", "put", "register", "remove"}
    | {"send", "submit", "update", "upload"}
)
FIRST_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def fits(value: JsonValue) -> bool:
    if isinstance(value, list):
        return bool(value) and fits(value[0])
    return isinstance(value, dict) and ("api_name" in value or "api_list" in value or _is_wrapped(value))


def _is_wrapped(value: Fields) -> bool:
    return "CATEGORY_MAPPING" in value and "apis" in value


def read(records: Iterable[Record], problems: list[Problem]) -> Document:
    """Every record is an API, or a tool with its `api_list`; a single one may hold `CATEGORY_MAPPING` and `apis`."""
    records = iter(records)
    first = next(records, None)
    if first is not None and isinstance(first.value, dict) and _is_wrapped(first.value):
        groups = read_groups(first.value["CATEGORY_MAPPING"])
        wrapped = replace(first, where=at(first.where, "apis"), value=first.value["apis"])
        return grouped(_read(chain([wrapped], records), problems), groups)
    return _read(records if first is None else chain([first], records), problems)


def _read(records: Iterable[Record], problems: list[Problem]) -> Document:
    reader = _Reader(problems)
    return Document(reader.tools(records), problems=problems, places=reader.places)


RAPIDAPI = Importer("rapidapi", fits, read)


@dataclass
class _Reader:
    """Reads one document: what it must remember from record to record."""

    problems: list[Problem]
    places: dict[str, str] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    """Ids that were made from names, each with a hash of the record that got it."""

    def tools(self, records: Iterable[Record]) -> Iterator[Tool]:
        """Tools in parts: each holds the APIs that stand together."""
        part: Tool | None = None
        for where, api, description in self._apis(records):
            if part is not None and part.id != api.tool_id:
                yield part
                part = None
                self.places.clear()
            part = _joined(part, api, description)
            self.places[api.id] = where
        if part is not None:
            yield part

    def _apis(self, records: Iterable[Record]) -> Iterator[tuple[str, Api, str]]:
        for record in records:
            for where, fields in self._flat(record):
                try:
                    yield where, self._api(fields), text(fields, "tool_description")
                except UnreadableDocument as error:
                    self.problems.append(Problem(where, f"{error.where} {error.reason}"))
                except ValidationError as error:
                    self.problems.append(Problem(where, first_problem(error)))

    def _flat(self, record: Record) -> Iterator[tuple[str, Fields]]:
        """A record's APIs, each with all that is said of its tool."""
        value = record.value
        if isinstance(value, list):
            for place, item in enumerate(value):
                yield from self._flat(replace(record, where=at(record.where, f"[{place}]"), value=item))
        elif not isinstance(value, dict):
            self.problems.append(Problem(record.where or "document", f"must be an object, not {kind(value)}"))
        elif "api_list" in value:
            yield from self._listed(record, value)
        else:
            yield record.where or "document", value

    def _listed(self, record: Record, tool: Fields) -> Iterator[tuple[str, Fields]]:
        """ToolBench's form: the tool with its list, the category said or the folder's name."""
        category = tool.get("category_name") or tool.get("category") or record.folder
        shared = {"category_name": category, "tool_name": tool.get("tool_name") or tool.get("name")}
        about = {"tool_description": tool.get("tool_description"), "host": tool.get("host")}
        try:
            for place, api in listed(tool, "api_list"):
                own = {
                    "api_name": api.get("name"),
                    "api_description": api.get("description"),
                    "api_url": api.get("url"),
                }
                yield at(record.where, place), {**api, **own, **shared, **about}
        except UnreadableDocument as error:
            self.problems.append(Problem(at(record.where, error.where), error.reason))

    def _api(self, fields: Fields) -> Api:
        category, tool, name = (needed_text(fields, level) for level in ("category_name", "tool_name", "api_name"))
        api_id, tool_id = self._ids(fields, category, tool, name)
        method = (text(fields, "method") or "GET").upper()
        url = usable_url(_absolute(text(fields, "api_url"), text(fields, "host")))
        return Api(
            id=api_id,
            name=name,
            description=text(fields, "api_description"),
            category=category,
            tool_id=tool_id,
            tool_name=tool,
            method=method,
            url=url,
            parameters=read_parameters(fields, url, method),
            auth=((KEY,),) if (urlsplit(url).hostname or "").endswith(HOSTS) else (),
            risk=_risk(method, name, known=bool(text(fields, "method")) and fields.get("method_known") is not False),
            response_shape=fields.get("response_shape"),
        )

    def _ids(self, fields: Fields, category: str, tool: str, name: str) -> tuple[str, str]:
        """The record's own id, or one made of the names as ToolBench makes it; and the tool's."""
        tool_id = f"{key_form(category)}/{key_form(tool).lower()}"
        own = fields.get("id")
        if own is None or own == "":
            return self._made(f"{tool_id}/{key_form(name).lower()}", fields), tool_id
        if isinstance(own, bool) or not isinstance(own, str | int):
            raise UnreadableDocument("id", f"must be text or a number, not {kind(own)}")
        api_id = str(own)
        branch, _, _ = api_id.rpartition("/")
        is_path = branch.count("/") >= 1 and branch.split("/")[0] in (category, key_form(category))
        return api_id, branch if is_path else tool_id

    def _made(self, api_id: str, fields: Fields) -> str:
        """An id that no other record has: two names may come down to one key."""
        content = hashlib.blake2b(json.dumps(fields, sort_keys=True).encode(), digest_size=8).digest()
        free, number = api_id, 1
        # The same record once more keeps its id, and is then reported as a duplicate.
        while self.made.setdefault(free, content) != content:
            number += 1
            free = f"{api_id}__{number}"
        return free


def _absolute(url: str, host: str) -> str:
    return f"https://{host}{url}" if url.startswith("/") and host else url


def _risk(method: str, name: str, *, known: bool) -> Risk:
    if method not in SAFE_METHODS:
        return "mutating"
    first = FIRST_WORD.search(name)
    changes = not known and first is not None and first.group().lower() in CHANGING
    return "mutating" if changes else "safe"


def _joined(part: Tool | None, api: Api, description: str) -> Tool:
    if part is None:
        return Tool(id=api.tool_id, name=api.tool_name, description=description, category=api.category, apis=(api,))
    return part.model_copy(update={"description": part.description or description, "apis": (*part.apis, api)})

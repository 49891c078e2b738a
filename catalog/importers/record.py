"""What an importer is, and what it reads: records, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.store import Document, Problem

Fields = Mapping[str, JsonValue]


class Parts(Protocol):
    """The files that a document may refer to: those of its folder or archive, and no others."""

    def part(self, name: str) -> JsonValue:
        """The value that stands in a file, named from the top (`models/pet.yaml`). Raises UnreadableDocument."""


@dataclass(frozen=True)
class Record:
    """One JSON value of a document: a line, or the whole of it."""

    where: str
    """`line 17`, a file's name, or empty for a whole document."""
    value: JsonValue
    folder: str = ""
    """Name of the folder in which its file lies; empty: unknown."""
    name: str = ""
    """Of its file among the parts (`spec/openapi.yaml`); empty: it came alone."""
    parts: Parts | None = None
    """None: it can refer to itself only."""
    base_url: str = ""
    """Where the document was fetched from, or what stands for it: relative addresses start here."""


@dataclass(frozen=True)
class Importer:
    """Reads one format. Pure: it fetches nothing and guesses nothing silently."""

    name: str
    fits: Callable[[JsonValue], bool]
    """Whether a record looks like this format."""
    read: Callable[[Iterable[Record], list[Problem]], Document]
    """What cannot be read goes to the problems, which are the document's; the rest is never lost for it."""
    live: bool = False
    """Its documents name what runs here or is started here, so only the operator takes them in, never a client."""


def at(where: str, part: str) -> str:
    """A place within a place."""
    joint = "" if not where or part.startswith("[") else ": " if where.startswith("line ") else "."
    return f"{where}{joint}{part}"


def within(where: str, error: UnreadableDocument) -> UnreadableDocument:
    """The same error, seen from further out."""
    return UnreadableDocument(at(where, error.where) if error.where else where, error.reason)


def text(fields: Fields, name: str) -> str:
    """A text that may be missing or null."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableDocument(name, f"must be text, not {kind(value)}")
    return value


def needed_text(fields: Fields, name: str) -> str:
    value = text(fields, name)
    if not value.strip():
        raise UnreadableDocument(name, "is missing or empty")
    return value


def listed(fields: Fields, name: str) -> Iterator[tuple[str, Fields]]:
    """The objects of a list that may be missing, each with its place."""
    values = fields.get(name)
    if values is None:
        return
    if not isinstance(values, list):
        raise UnreadableDocument(name, f"must be a list, not {kind(values)}")
    for place, value in enumerate(values):
        if not isinstance(value, dict):
            raise UnreadableDocument(f"{name}[{place}]", f"must be an object, not {kind(value)}")
        yield f"{name}[{place}]", value


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with an entry, in words."""
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def kind(value: JsonValue) -> str:
    """What a JSON value is, in words."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "null")


def key_form(name: str) -> str:
    """A name as part of an id: letters and digits of any script, the rest underscores."""
    return re.sub(r"\W+", "_", name).strip("_") or "unnamed"

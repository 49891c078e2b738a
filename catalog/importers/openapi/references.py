"""Follows `$ref`: within the document, and into the files that came with it. Fetches nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, Parts, kind

PART = "part:"
"""Begins a reference that was made absolute: the file's name from the top follows."""


@dataclass
class References:
    """Knows one document and its parts."""

    document: Fields
    name: str = ""
    parts: Parts | None = None
    _targets: dict[str, JsonValue] = field(default_factory=dict)
    _files: dict[str, JsonValue] = field(default_factory=dict)

    def follow(self, value: JsonValue) -> Fields:
        """An object, or the one that it refers to by however many steps. Raises UnreadableDocument."""
        seen: set[str] = set()
        while (ref := reference(value)) is not None:
            if ref in seen:
                raise UnreadableDocument("$ref", f"{ref!r} leads back to itself")
            seen.add(ref)
            value = self.target(ref)
        if not isinstance(value, dict):
            raise UnreadableDocument("", f"must be an object, not {kind(value)}")
        return value

    def target(self, ref: str) -> JsonValue:
        """What one reference names, which may be a reference again."""
        if ref not in self._targets:
            file, _, pointer = ref.partition("#")
            root = self._file(file, ref) if file else self.document
            self._targets[ref] = _pointed(root, unquote(pointer), ref)
        return self._targets[ref]

    def _file(self, file: str, ref: str) -> JsonValue | Fields:
        name = self._named(file, ref)
        if name == self.name:
            return self.document
        if name not in self._files:
            if self.parts is None:
                reason = f"{ref!r} is in another file: import the folder or archive that holds both"
                raise UnreadableDocument("$ref", reason)
            try:
                self._files[name] = _rebased(self.parts.part(name), name)
            except UnreadableDocument as error:
                raise UnreadableDocument("$ref", f"{ref!r}: {error.where} {error.reason}") from error
        return self._files[name]

    def _named(self, file: str, ref: str) -> str:
        if file.startswith(PART):
            return file.removeprefix(PART)
        if "://" in file or file.startswith("//"):
            raise UnreadableDocument("$ref", f"{ref!r} is on the network, and nothing is fetched: import it as a file")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self.name), unquote(file)))
        if name.startswith(("..", "/")):
            reason = f"{ref!r} lies outside of what is imported: import the folder that holds both"
            raise UnreadableDocument("$ref", reason)
        return name


def reference(value: JsonValue | Fields) -> str | None:
    """The reference that a value is; None: it is the thing itself."""
    ref = value.get("$ref") if isinstance(value, Mapping) else None
    return ref if isinstance(ref, str) else None


def _pointed(root: JsonValue | Fields, pointer: str, ref: str) -> JsonValue:
    if pointer and not pointer.startswith("/"):
        raise UnreadableDocument("$ref", f"{ref!r} names an anchor; only paths (#/components/...) are followed")
    value: JsonValue = dict(root) if isinstance(root, Mapping) else root
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise UnreadableDocument("$ref", f"{ref!r} points to nothing")
    return value


def _rebased(value: JsonValue, name: str) -> JsonValue:
    """The same value, its references named from the top, so that they mean the same everywhere."""
    if isinstance(value, list):
        return [_rebased(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _absolute(item, name) if key == "$ref" and isinstance(item, str) else _rebased(item, name)
        for key, item in value.items()
    }


def _absolute(ref: str, name: str) -> str:
    file, mark, pointer = ref.partition("#")
    if "://" in file or file.startswith(("/", PART)):
        return ref
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(file))) if file else name
    # What leads out of the top keeps its dots, and is refused by name when it is needed.
    return f"{target if target.startswith('..') else PART + target}{mark}{pointer}"

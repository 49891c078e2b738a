"""Follows `$ref`: within the document, and into the files that came with it. Fetches nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.anchors import named_in
from catalog.importers.record import Fields, Parts, kind

WORDS = ("$ref", "$dynamicRef")
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
    _ids: Mapping[str, JsonValue] | None = None

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
            self._targets[ref] = self._found(ref)
        return self._targets[ref]

    def _found(self, ref: str) -> JsonValue:
        file, _, pointer = ref.partition("#")
        if file and (named := self._called(file)) is not None:
            root: JsonValue | Fields = named
        else:
            root = self._file(file, ref) if file else self.document
        pointer = unquote(pointer)
        return (
            _anchored(root, pointer, ref) if pointer and not pointer.startswith("/") else _pointed(root, pointer, ref)
        )

    def _called(self, address: str) -> JsonValue:
        """The schema of the document that gives itself this id; None: none does."""
        if "://" not in address and not address.startswith("urn:"):
            return None
        if self._ids is None:
            self._ids = named_in(self.document)
        return self._ids.get(address)

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
    """The reference that a value is; None: it is the thing itself.

    A dynamic one leads where it would if nothing overrode it: the document alone cannot say who uses it.
    """
    if not isinstance(value, Mapping):
        return None
    return next((ref for word in WORDS if isinstance(ref := value.get(word), str)), None)


def _anchored(root: JsonValue | Fields, anchor: str, ref: str) -> JsonValue:
    found = named_in(root)
    if f"#{anchor}" not in found:
        raise UnreadableDocument("$ref", f"{ref!r} names an anchor, and no schema bears it")
    return found[f"#{anchor}"]


def _pointed(root: JsonValue | Fields, pointer: str, ref: str) -> JsonValue:
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
        key: _absolute(item, name) if key in WORDS and isinstance(item, str) else _rebased(item, name)
        for key, item in value.items()
    }


def _absolute(ref: str, name: str) -> str:
    file, mark, pointer = ref.partition("#")
    if "://" in file or file.startswith(("/", PART)):
        return ref
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(file))) if file else name
    # What leads out of the top keeps its dots, and is refused by name when it is needed.
    return f"{target if target.startswith('..') else PART + target}{mark}{pointer}"

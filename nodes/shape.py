"""Cuts a response to what a thread carries: whole JSON, of lists the items that the question is about, all counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from reasoners.projection import Wanted, best

CARRIED_CHARACTERS = 60_000
"""About 15,000 tokens: more helps no reader, and every checkpoint would carry it."""
DEPTH = 40
TOLD = 20
"""Omissions that are told one by one; in a list of long texts there may be thousands."""
_SIZES = ((10_000, CARRIED_CHARACTERS), *((256 >> n, max(4_000 >> n, 40)) for n in range(9)))
"""Items of a list and fields of an object, characters of a text: the first that fits is taken."""


class Omission(TypedDict):
    """A place where something was left out: how many items, fields or characters stand there, of how many."""

    pointer: str
    kept: int
    of: int
    places: NotRequired[list[int]]
    """Where the kept items of a list stood in the whole, if they were not its first."""


@dataclass(frozen=True)
class Shaped:
    """The body as it is carried, and what it lost. Empty `omitted`: it is whole."""

    body: JsonValue
    omitted: tuple[Omission, ...] = ()


def shaped(body: JsonValue, *about: str, limit: int = CARRIED_CHARACTERS) -> Shaped:
    """The body in at most `limit` characters of JSON. Of a long list the items stay that speak of what it is about."""
    text = json.dumps(body, ensure_ascii=False)
    if len(text) <= limit and text.count("[") + text.count("{") <= DEPTH:
        return Shaped(body)
    wanted = Wanted.of(*about)
    for items, characters in _SIZES:
        flat = _cut(body, wanted, items=items, characters=characters)
        if _length(flat.body) <= limit:
            return flat
    return Shaped(None, (Omission(pointer="", kept=0, of=len(text)),))


def _cut(body: JsonValue, wanted: Wanted, *, items: int, characters: int) -> Shaped:
    cutter = _Cutter(items, characters, wanted)
    kept = cutter.cut(body, "", DEPTH)
    return Shaped(kept, tuple(cutter.omitted[:TOLD]))


@dataclass
class _Cutter:
    items: int
    characters: int
    wanted: Wanted
    omitted: list[Omission] = field(default_factory=list)

    def cut(self, node: JsonValue, pointer: str, depth: int) -> JsonValue:
        if isinstance(node, str):
            if len(node) > self.characters:
                self._omit(pointer, self.characters, len(node))
                return node[: self.characters] + "…"
            return node
        if isinstance(node, dict | list):
            return self._level(node, pointer, depth)
        return node

    def _level(self, node: dict[str, JsonValue] | list[JsonValue], pointer: str, depth: int) -> JsonValue:
        if depth == 0:
            self._omit(pointer, 0, len(node))
            return "…"
        if isinstance(node, list):
            return [self.cut(node[p], f"{pointer}/{i}", depth - 1) for i, p in enumerate(self._places(node, pointer))]
        if len(node) > self.items:
            self._omit(pointer, self.items, len(node))
        fields: Iterable[tuple[str, JsonValue]] = list(node.items())[: self.items]
        return {name: self.cut(v, f"{pointer}/{_escaped(name)}", depth - 1) for name, v in fields}

    def _places(self, node: list[JsonValue], pointer: str) -> list[int]:
        """Of the items that are kept."""
        places = best(node, self.items, self.wanted.stems)
        if len(places) < len(node):
            self._omit(pointer, len(places), len(node))
            if places != list(range(len(places))):
                self.omitted[-1]["places"] = places
        return places

    def _omit(self, pointer: str, kept: int, of: int) -> None:
        self.omitted.append(Omission(pointer=pointer, kept=kept, of=of))


def _escaped(name: str) -> str:
    """As RFC 6901 writes a name in a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _length(body: JsonValue) -> int:
    return len(json.dumps(body, ensure_ascii=False))

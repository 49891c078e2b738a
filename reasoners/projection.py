"""Shows of a large response what a question needs: the items and fields that speak of it, under their own pointers."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.tokens import STOP_WORDS, typed_in, words

CUT = "…"
WHOLE = 12
"""Levels of nesting that are shown."""
_SHORT = 80  # characters of a value that names or measures something; longer ones tell stories
_SIZES = ((50, 60, 2000), (20, 40, 500), (10, 24, 200), (5, 16, 100), (3, 10, 60), (1, 6, 40))
"""Items of a list, fields of an object, characters of a text: the first that fits is taken."""


@dataclass(frozen=True)
class Wanted:
    """The words that a question is about, as typed and as stemmed."""

    stems: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *texts: str) -> Wanted:
        stems = {stem for text in texts for stem in words(text)}
        typed = {word.casefold() for text in texts for word in typed_in(text)} - STOP_WORDS
        return cls(frozenset(word for word in stems | typed if len(word) > 1))


def projected(document: JsonValue, limit: int, wanted: Wanted = Wanted()) -> JsonValue:
    """The document in about `limit` characters, always whole JSON.

    What is left out is counted. A list that loses items from its middle is shown as an object whose names are
    their places, so that every JSON pointer (RFC 6901) into what is shown holds in the document too.
    """
    if _length(document) <= limit:
        return document
    for items, fields, characters in _SIZES:
        smaller = _Cutter(items, fields, characters, wanted.stems).cut(document, WHOLE)
        if _length(smaller) <= limit:
            return smaller
    return json.dumps(smaller, ensure_ascii=False)[: limit - 1] + CUT


def best(listed: Sequence[JsonValue], most: int, stems: Collection[str]) -> list[int]:
    """The places of the items that say most of what is wanted, in the order of the list; first ones where alike."""
    if len(listed) <= most:
        return list(range(len(listed)))
    texts = [json.dumps(item, ensure_ascii=False).casefold() for item in listed]
    weights = {stem: _rarity(sum(stem in text for text in texts), len(texts)) for stem in stems}
    scores = [sum(weight for stem, weight in weights.items() if weight and stem in text) for text in texts]
    return sorted(sorted(range(len(listed)), key=lambda place: -scores[place])[:most])


def _rarity(having: int, of: int) -> float:
    """What all items say tells none apart, and neither does what no item says."""
    return math.log(of / having) if having else 0.0


@dataclass(frozen=True)
class _Cutter:
    items: int
    fields: int
    characters: int
    stems: frozenset[str]

    def cut(self, node: JsonValue, depth: int) -> JsonValue:
        if isinstance(node, str):
            return node if len(node) <= self.characters else node[: self.characters - 1] + CUT
        if isinstance(node, dict | list) and depth == 0:
            return CUT
        if isinstance(node, list):
            return self._list(node, depth)
        return self._object(node, depth) if isinstance(node, dict) else node

    def _list(self, node: list[JsonValue], depth: int) -> JsonValue:
        kept = best(node, self.items, self.stems)
        shown = [self.cut(node[place], depth - 1) for place in kept]
        if len(kept) == len(node):
            return shown
        more = f"{CUT} {len(node) - len(kept)} more"
        if kept == list(range(len(kept))):
            return [*shown, more]
        return {**{str(place): item for place, item in zip(kept, shown, strict=True)}, CUT: f"{more} of {len(node)}"}

    def _object(self, node: dict[str, JsonValue], depth: int) -> JsonValue:
        kept = self._fields(node)
        shown = {name: self.cut(node[name], depth - 1) for name in kept}
        return shown if len(kept) == len(node) else {**shown, CUT: f"{CUT} {len(node) - len(kept)} more fields"}

    def _fields(self, node: dict[str, JsonValue]) -> list[str]:
        if len(node) <= self.fields:
            return list(node)
        ranked = sorted(node, key=lambda name: -self._worth(name, node[name]))
        kept = set(ranked[: self.fields])
        return [name for name in node if name in kept]

    def _worth(self, name: str, value: JsonValue) -> int:
        """Fields that the question names, then those whose value it names, then short values, then the rest."""
        if self.stems.intersection(words(name)):
            return 3
        text = json.dumps(value, ensure_ascii=False).casefold()
        if any(stem in text for stem in self.stems):
            return 2
        return int(len(text) <= _SHORT and value not in (None, "", [], {}))


def _length(document: JsonValue) -> int:
    return len(json.dumps(document, ensure_ascii=False))

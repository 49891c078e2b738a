"""Words of a question against words of an entry, as the demo's own searches compare them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

Entry = TypeVar("Entry")

SMALL = frozenset(
    ("a", "an", "the", "of", "for", "to", "in", "on", "by", "about", "and", "or", "with", "that", "which")
)
_stemmer = snowballstemmer.stemmer("english")


def stems(text: str) -> frozenset[str]:
    words = [word for word in re.findall(r"\w+", text.casefold()) if word not in SMALL]
    return frozenset(_stemmer.stemWords(words))


def best(wanted: str, entries: Iterable[Entry], text: Callable[[Entry], str]) -> list[Entry]:
    """Entries that share a word with `wanted`, those that share most first; otherwise in their order."""
    asked = stems(wanted)
    scored = [(len(asked & stems(text(entry))), entry) for entry in entries]
    return [entry for score, entry in sorted(scored, key=lambda pair: -pair[0]) if score]

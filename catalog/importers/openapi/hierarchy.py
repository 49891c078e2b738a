"""Where an operation stands in the catalog: category and tool, from what a document says or from its paths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from catalog.importers.http import PLACEHOLDER
from catalog.importers.record import Fields

FEW = 12  # operations that need no sorting: they are one tool
VERSION = re.compile(r"v?[0-9]+([.][0-9]+)*|api|rest", re.IGNORECASE)


@dataclass(frozen=True)
class Hierarchy:
    """Names categories and tools of one document."""

    title: str
    category: str
    """That of the document; empty: the document is a category of its own."""
    described: Mapping[str, str] = field(default_factory=dict)
    """What is said of tags."""
    about: str = ""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Path to the segment that it is sorted by."""

    @classmethod
    def of(cls, document: Fields, title: str, operations: int) -> Hierarchy:
        info = document.get("info")
        info = info if isinstance(info, dict) else {}
        paths = document.get("paths")
        names = [path for path in paths if path.startswith("/")] if isinstance(paths, dict) else []
        return cls(
            title,
            _category(info.get("x-apisguru-categories")),
            dict(_tags(document.get("tags"))),
            _text(info.get("description")),
            _prefixes(names) if operations > FEW else {},
        )

    def place(self, path: str, operation: Fields) -> tuple[str, str, str]:
        """Category, tool, and what is said of the tool."""
        tags = operation.get("tags")
        tag = next((t.strip() for t in tags if isinstance(t, str) and t.strip()), "") if isinstance(tags, list) else ""
        group = tag or self.prefixes.get(path, "")
        if not group:
            return self.category or self.title, self.title, self.about
        about = self.described.get(tag, "")
        return (self.category, f"{self.title}: {group}", about) if self.category else (self.title, group, about)


def _category(said: JsonValue) -> str:
    first = next((one for one in said if isinstance(one, str) and one.strip()), "") if isinstance(said, list) else ""
    return first.strip().replace("_", " ").capitalize()


def _tags(tags: JsonValue) -> Iterator[tuple[str, str]]:
    for tag in tags if isinstance(tags, list) else ():
        name = tag.get("name") if isinstance(tag, dict) else None
        if isinstance(name, str) and isinstance(tag, dict):
            yield name.strip(), _text(tag.get("description"))


def _prefixes(paths: list[str]) -> dict[str, str]:
    """The first segment of each path in which the paths differ, versions and the like left out."""
    words = {path: [part for part in path.split("/") if part and not is_dull(part)] for path in paths}
    depth = 0
    while len(firsts := Counter(tuple(parts[: depth + 1]) for parts in words.values())) == 1 and any(firsts):
        if all(len(parts) <= depth + 1 for parts in words.values()):
            break
        depth += 1
    return {path: parts[min(depth, len(parts) - 1)] for path, parts in words.items() if parts}


def is_dull(part: str) -> bool:
    """Whether a segment of a path says nothing of what is there: a version, or a value."""
    return bool(PLACEHOLDER.search(part) or VERSION.fullmatch(part))


def _text(value: JsonValue) -> str:
    return value.strip() if isinstance(value, str) else ""

"""What a catalog store promises. `catalog/sqlite.py` keeps it in one file; other backends are twins of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from catalog.differences import Difference
from catalog.models import Api, CatalogStats, Category, CategorySummary, Tool, ToolSummary


@dataclass(frozen=True)
class Problem:
    """A record that was not taken, and why."""

    where: str
    """`line 17`, or a pointer into the document."""
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did. Counts are of APIs."""

    source: str
    format: str
    imported: int = 0
    """APIs of this source that now stand in the catalog, replaced ones included."""
    replaced: int = 0
    """Of these, how many had the same id in this source before."""
    removed: int = 0
    """APIs that this source had before and has no more."""
    duplicates: int = 0
    """Records whose id stood in the document already, or belongs to another source; each has a line in `skipped`."""
    skipped: tuple[Problem, ...] = ()
    version: str = ""
    """The catalog's version after the import (before it, where nothing was written)."""
    dry_run: bool = False
    difference: Difference | None = None
    """What is not as it was; None where the source held nothing before, so that everything is new."""


@dataclass(frozen=True)
class Correction:
    """What a person changed of an imported API. It is laid over what the source says, at every import."""

    api_id: str
    source: str
    """Where the API comes from; empty: it is not in the catalog now, and is corrected again once it comes back."""
    fields: tuple[str, ...]
    """`description`, `parameters.city.description`."""
    changes: dict[str, JsonValue]
    imported: Api
    """The API as its source says it."""


@dataclass(frozen=True)
class Document:
    """An importer's result: what a document says, ready to be stored."""

    tools: Iterable[Tool]
    categories: Sequence[Category] = ()
    """Categories with a description or group; one that only tools name needs no entry."""
    problems: list[Problem] = field(default_factory=list)
    """Grows while `tools` is read."""
    places: dict[str, str] = field(default_factory=dict)
    """Where each API of the tool that was read last stands (`line 17`), by API id, for the report."""


class CatalogStore(Protocol):
    """The catalog, read by level. Lists are sorted by name; reads never see half an import."""

    async def version(self) -> str:
        """The content hash. Cheap: may be asked before every query."""

    async def stats(self) -> CatalogStats: ...

    async def categories(self) -> list[CategorySummary]: ...

    async def category(self, name: str) -> CategorySummary:
        """Raises NoSuchEntry."""

    async def tools(self, category: str) -> list[ToolSummary]:
        """The category's tools. Raises NoSuchEntry."""

    async def tool(self, tool_id: str) -> ToolSummary:
        """Raises NoSuchEntry."""

    async def apis(self, tool_id: str) -> list[Api]:
        """The tool's APIs. Raises NoSuchEntry."""

    async def get(self, api_ids: Sequence[str]) -> dict[str, Api]:
        """Those that exist, in the order asked. Unknown ids are left out."""

    async def replace(
        self,
        source: str,
        document: Document,
        *,
        format: str,  # noqa: A002 - the word of HTTP and of the command line
        dry_run: bool = False,
    ) -> ImportReport:
        """Put the document in place of all that this source held, in one transaction.

        With `dry_run` nothing is written. Ids held by another source are skipped and counted as duplicates.
        What persons corrected (`corrections`) stays as they want it.
        """

    async def put(self, api: Api, *, if_match: str | None = None) -> str:
        """Add or change one API; returns its new ETag. Raises StaleEntry if `if_match` is no longer its ETag.

        An empty `if_match` is that of an API which does not exist. What is changed of an imported one is a correction.
        """

    async def delete(self, api_id: str, *, if_match: str | None = None) -> None:
        """Its corrections go with it. Raises NoSuchEntry, StaleEntry."""

    async def corrections(self, api_ids: Sequence[str] = ()) -> dict[str, Correction]:
        """Those of these APIs, in the order asked; where none is named, all by id."""

    async def revert(self, api_id: str, fields: Sequence[str] = (), *, if_match: str | None = None) -> str:
        """Take corrections back: of these fields, or all of them. Returns the new ETag; empty: the API is gone.

        Raises NoSuchEntry where there is no such correction, StaleEntry.
        """

    async def etag(self, api_id: str) -> str:
        """Raises NoSuchEntry."""

    def fingerprints(self) -> Mapping[str, str]:
        """Content hash of every tool by tool id. Blocking."""

    def changed_since(self, version: str) -> Sequence[str] | None:
        """Ids of the tools that have come, gone or changed since the catalog had this version. Blocking.

        None: it is too long ago to be remembered, or never was.
        """

    def read_tools(self, tool_ids: Sequence[str]) -> Iterator[Tool]:
        """Tools that hold something, with all that is not hidden, for the index. Blocking."""

    async def close(self) -> None: ...


Level = Literal["api", "tool", "category"]


@dataclass(frozen=True)
class Hit:
    """One search result."""

    id: str
    """API id, tool id or category name, after the level searched."""
    score: float
    """In (0, 1], 1 for the best hit of this search. Comparable within one search only."""
    raw: float = 0.0
    """The index's own score, in the unit of BM25: grows with the number and rarity of the matched words. Comparable
    between all searches of one level for one question, whatever they are restricted to."""
    matched: tuple[str, ...] = ()
    """Words of the query, as typed, that this entry's text covers."""


@dataclass(frozen=True)
class Found:
    """A search's hits, best first, and what they were found in."""

    hits: tuple[Hit, ...]
    searched: int
    """How many entries of this level there are."""
    version: str
    without: str = ""
    """What could not be counted in, and why: the search by meaning, where its model is down."""


class CatalogIndex(Protocol):
    """Search by words. Follows the store: what is not in the catalog never comes back."""

    async def search(
        self,
        query: str,
        *,
        k: int = 64,
        level: Level = "api",
        categories: Sequence[str] = (),
        tools: Sequence[str] = (),
    ) -> Found:
        """The best `k` entries; `categories` (names) and `tools` (ids) restrict the search, empty means all."""

    async def matching(self, query: str, *, categories: Sequence[str] = ()) -> int:
        """How many APIs share a word with the query, or are named by it whole. Costs a search."""

    def weight(self, word: str) -> float:
        """How telling a word is in this catalog: its inverse document frequency among APIs, 0 for a stop word.

        The highest value is that of a word that the catalog does not know. Pure in-memory, cheap.
        """

    def words(self, text: str) -> list[str]:
        """The tokens of a text as the index sees them: split, folded, stopped, stemmed."""

    async def sync(self) -> None:
        """Take in what changed in the store. Returns at once when nothing did."""

    async def close(self) -> None: ...

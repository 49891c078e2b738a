"""The catalog in PostgreSQL, for any number of replicas: the twin of `catalog/sqlite.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from catalog.errors import NoSuchEntry, StaleEntry, UnreadableDocument
from catalog.models import Api, CatalogStats, CategorySummary, Tool, ToolSummary
from catalog.postgres_changes import note_source, take_document, write_api
from catalog.postgres_connections import Connections
from catalog.postgres_corrections import forget_correction, note_correction, taken_back
from catalog.postgres_deriving import changed_since, settle
from catalog.postgres_listening import listen
from catalog.postgres_memory import Memory
from catalog.postgres_pool import Connection
from catalog.postgres_reads import (
    ONE_SUMMARY,
    TOOL,
    category_summary,
    is_text,
    read_apis,
    read_categories,
    read_corrections,
    read_stats,
    read_tools,
    stored_version,
    tool_summary,
)
from catalog.store import Correction, Document, ImportReport
from catalog.stored import MANUAL

T = TypeVar("T")
TOOLS_PER_READ = 200


class PostgresCatalog:
    """Keeps `CatalogStore`. The tables are there: `graph/migrations` makes them."""

    def __init__(self, url: str) -> None:
        self._connections = Connections(url)
        self._memory = Memory()

    async def listen(self, changed: Callable[[], object]) -> None:
        """Hear of changes by other replicas until cancelled. Nobody need: the database is asked else, every time."""
        await listen(self._connections.url, self._memory, changed)

    async def version(self) -> str:
        known = self._memory.version
        return known if known is not None else await asyncio.to_thread(self._current_version)

    async def stats(self) -> CatalogStats:
        return await asyncio.to_thread(self._read, read_stats)

    async def categories(self) -> list[CategorySummary]:
        return await asyncio.to_thread(self._read, read_categories)

    async def category(self, name: str) -> CategorySummary:
        rows = await self._rows(ONE_SUMMARY, name)
        if not rows:
            raise NoSuchEntry("category", name)
        return category_summary(rows[0])

    async def tools(self, category: str) -> list[ToolSummary]:
        rows = await self._rows(f"{TOOL} WHERE category = %s ORDER BY lower(name), id", category)
        if not rows:
            raise NoSuchEntry("category", category)
        return [tool_summary(row) for row in rows]

    async def tool(self, tool_id: str) -> ToolSummary:
        rows = await self._rows(f"{TOOL} WHERE id = %s", tool_id)
        if not rows:
            raise NoSuchEntry("tool", tool_id)
        return tool_summary(rows[0])

    async def apis(self, tool_id: str) -> list[Api]:
        rows = await self._rows("SELECT entry FROM apis WHERE tool_id = %s ORDER BY lower(name), id", tool_id)
        if not rows:
            raise NoSuchEntry("tool", tool_id)
        return [Api.model_validate_json(entry) for (entry,) in rows]

    async def get(self, api_ids: Sequence[str]) -> dict[str, Api]:
        if self._memory.version is None:
            await asyncio.to_thread(self._current_version)
        known, moment = self._memory.recall(api_ids)
        missing = [api_id for api_id in api_ids if api_id not in known]
        if missing:
            read = await asyncio.to_thread(self._get, missing, moment)
            known = {**known, **read}
        return {api_id: known[api_id] for api_id in api_ids if api_id in known}

    async def replace(
        self,
        source: str,
        document: Document,
        *,
        format: str,  # noqa: A002 - the protocol's word
        dry_run: bool = False,
    ) -> ImportReport:
        return await asyncio.to_thread(self._replace, source, document, format, dry_run)

    async def put(self, api: Api, *, if_match: str | None = None) -> str:
        return await asyncio.to_thread(self._put, api, if_match)

    async def delete(self, api_id: str, *, if_match: str | None = None) -> None:
        await asyncio.to_thread(self._delete, api_id, if_match)

    async def corrections(self, api_ids: Sequence[str] = ()) -> dict[str, Correction]:
        known = [api_id for api_id in api_ids if is_text(api_id)]
        if api_ids and not known:
            return {}
        return await asyncio.to_thread(self._read, lambda db: read_corrections(db, known))

    async def revert(self, api_id: str, fields: Sequence[str] = (), *, if_match: str | None = None) -> str:
        return await asyncio.to_thread(self._revert, api_id, fields, if_match)

    async def etag(self, api_id: str) -> str:
        rows = await self._rows("SELECT etag FROM apis WHERE id = %s", api_id)
        if not rows:
            raise NoSuchEntry("API", api_id)
        return rows[0][0]

    async def close(self) -> None:
        await asyncio.to_thread(self._connections.close)

    def fingerprints(self) -> Mapping[str, str]:
        with self._connections.looking() as db:
            return dict(db.execute("SELECT id, fingerprint FROM tools").fetchall())

    def changed_since(self, version: str) -> Sequence[str] | None:
        return self._read(lambda db: changed_since(db, version))

    def read_tools(self, tool_ids: Sequence[str]) -> Iterator[Tool]:
        for start in range(0, len(tool_ids), TOOLS_PER_READ):
            with self._connections.reading() as db:
                tools = read_tools(db, tool_ids[start : start + TOOLS_PER_READ])
            yield from tools

    def _current_version(self) -> str:
        with self._connections.looking() as db:
            version = stored_version(db)
        self._memory.note(version)
        return version

    def _get(self, api_ids: Sequence[str], moment: int) -> dict[str, Api]:
        with self._connections.looking() as db:
            apis = read_apis(db, api_ids)
        self._memory.keep(apis, moment)
        return {api.id: api for api in apis}

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._connections.reading() as db:
            return work(db)

    async def _rows(self, query: str, key: str) -> list[tuple[str, ...]]:
        return await asyncio.to_thread(self._rows_of, query, key) if is_text(key) else []

    def _rows_of(self, query: str, key: str) -> list[tuple[str, ...]]:
        with self._connections.looking() as db:
            return db.execute(query, (key,)).fetchall()

    def _replace(self, source: str, document: Document, format_: str, dry_run: bool) -> ImportReport:
        if not is_text(source):
            raise UnreadableDocument("source", "the name holds a NUL or half of a character")
        try:
            with self._connections.writing() as db:
                before = stored_version(db)
                report = take_document(db, source, document, format_)
                if dry_run:
                    raise _NotWritten(report, before)
        except _NotWritten as dry:
            return dry.report
        self._memory.note(report.version)
        return report

    def _put(self, api: Api, if_match: str | None) -> str:
        if not all(map(is_text, (api.id, api.tool_id, api.tool_name, api.name, api.category))):
            raise UnreadableDocument("id", "a name in it holds a NUL or half of a character")
        with self._writing() as db:
            row = db.execute("SELECT etag, source, tool_id, entry FROM apis WHERE id = %s", (api.id,)).fetchone()
            current, source, old_tool, entry = row or ("", MANUAL, api.tool_id, "")
            _refuse_stale(api.id, current, if_match)
            if source == MANUAL:
                forget_correction(db, api.id)
            else:
                note_correction(db, api, entry)
            return _write(db, api, source, old_tool)

    def _revert(self, api_id: str, fields: Sequence[str], if_match: str | None) -> str:
        if not is_text(api_id):
            raise NoSuchEntry("correction of API", api_id)
        with self._writing() as db:
            row = db.execute("SELECT etag, source, tool_id FROM apis WHERE id = %s", (api_id,)).fetchone()
            _refuse_stale(api_id, row[0] if row else "", if_match)
            api = taken_back(db, api_id, fields)
            return _write(db, api, row[1], row[2]) if row else ""

    def _delete(self, api_id: str, if_match: str | None) -> None:
        if not is_text(api_id):
            raise NoSuchEntry("API", api_id)
        with self._writing() as db:
            row = db.execute("SELECT etag, tool_id FROM apis WHERE id = %s", (api_id,)).fetchone()
            if row is None:
                raise NoSuchEntry("API", api_id)
            current, tool_id = row
            _refuse_stale(api_id, current, if_match)
            forget_correction(db, api_id)
            db.execute("DELETE FROM apis WHERE id = %s", (api_id,))
            settle(db, {tool_id})

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction; what it changed is known here at once, before it is heard of."""
        with self._connections.writing() as db:
            yield db
            version = stored_version(db)
        self._memory.note(version)


class _NotWritten(Exception):
    """No failure: it rolls a dry run back, and carries its report out."""

    def __init__(self, report: ImportReport, version: str) -> None:
        self.report = replace(report, dry_run=True, version=version)


def _refuse_stale(api_id: str, current: str, if_match: str | None) -> None:
    if if_match is not None and if_match != current:
        raise StaleEntry(api_id, current)


def _write(db: Connection, api: Api, source: str, old_tool: str) -> str:
    query = "SELECT category FROM tool_parts WHERE id = %s AND category <> %s"
    other = db.execute(query, (api.tool_id, api.category)).fetchone()
    if other is not None:
        raise UnreadableDocument("category", f"tool {api.tool_id!r} stands in {other[0]!r}, not {api.category!r}")
    if source == MANUAL:
        note_source(db, MANUAL, MANUAL)
    return write_api(db, api, source, old_tool)

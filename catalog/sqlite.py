"""The catalog in one SQLite file. Readers never wait for a writer, and see all of a change or nothing of it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cachetools import LRUCache

from catalog.errors import NoSuchEntry, StaleEntry, UnreadableDocument
from catalog.models import Api, CatalogStats, CategorySummary, Tool, ToolSummary
from catalog.sqlite_changes import add_tool_part, note_source, take_document
from catalog.sqlite_corrections import forget_correction, note_correction, read_corrections, taken_back
from catalog.sqlite_deriving import changed_since, settle, stored_version, touch
from catalog.sqlite_reads import (
    ONE_SUMMARY,
    category_summary,
    is_text,
    read_apis,
    read_categories,
    read_stats,
    read_tool,
    tool_summary,
)
from catalog.sqlite_schema import Connections, open_connections
from catalog.store import Correction, Document, ImportReport
from catalog.stored import MANUAL, entry_of

CACHED_APIS = 2048  # 32 pools of 64


class SqliteCatalog:
    """Keeps `CatalogStore`."""

    def __init__(self, connections: Connections, *, never_block: bool = False) -> None:
        self._connections = connections
        self._never_block = never_block
        # One connection that never writes: its `data_version` changes with every commit of anyone else.
        self._watch = connections.connect()
        self._watching = threading.Lock()
        self._seen = -1
        self._version = ""
        self._parsed: LRUCache[str, Api] = LRUCache(CACHED_APIS)

    @classmethod
    def open(cls, path: Path, *, never_block: bool = False) -> SqliteCatalog:
        """Open or create the catalog file. Raises StoreUnavailable, and then has changed nothing.

        With `never_block`, not even a look of microseconds is taken on the event loop: some platforms refuse any.
        """
        return cls(open_connections(path), never_block=never_block)

    async def version(self) -> str:
        if self._remembered([]) is not None:
            return self._version
        return await asyncio.to_thread(self._current_version)

    async def stats(self) -> CatalogStats:
        return await asyncio.to_thread(self._stats)

    async def categories(self) -> list[CategorySummary]:
        return await asyncio.to_thread(self._categories)

    async def category(self, name: str) -> CategorySummary:
        return await asyncio.to_thread(self._category, name)

    async def tools(self, category: str) -> list[ToolSummary]:
        return await asyncio.to_thread(self._tools, category)

    async def tool(self, tool_id: str) -> ToolSummary:
        return await asyncio.to_thread(self._tool, tool_id)

    async def apis(self, tool_id: str) -> list[Api]:
        return await asyncio.to_thread(self._apis, tool_id)

    async def get(self, api_ids: Sequence[str]) -> dict[str, Api]:
        known = self._remembered(api_ids)
        return known if known is not None else await asyncio.to_thread(self._get, api_ids)

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
        return await asyncio.to_thread(self._corrections, api_ids)

    async def revert(self, api_id: str, fields: Sequence[str] = (), *, if_match: str | None = None) -> str:
        return await asyncio.to_thread(self._revert, api_id, fields, if_match)

    async def etag(self, api_id: str) -> str:
        return await asyncio.to_thread(self._etag, api_id)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def fingerprints(self) -> Mapping[str, str]:
        with self._connections.reading() as db:
            return dict(db.execute("SELECT id, fingerprint FROM tools"))

    def changed_since(self, version: str) -> Sequence[str] | None:
        with self._connections.reading() as db:
            return changed_since(db, version)

    def read_tools(self, tool_ids: Sequence[str]) -> Iterator[Tool]:
        for tool_id in tool_ids:
            with self._connections.reading() as db:
                tool = read_tool(db, tool_id)
            if tool is not None:
                yield tool

    def _remembered(self, api_ids: Sequence[str]) -> dict[str, Api] | None:
        """All of these from memory; None where the disk must be read, or someone is just reading it.

        A thread costs more than this look does, and a question takes five of them.
        """
        if self._never_block or not self._watching.acquire(blocking=False):
            return None
        try:
            self._notice_changes()
            found = {api_id: self._parsed[api_id] for api_id in api_ids if api_id in self._parsed}
        finally:
            self._watching.release()
        return found if len(found) == len(set(api_ids)) else None

    def _current_version(self) -> str:
        with self._watching:
            self._notice_changes()
            return self._version

    def _notice_changes(self) -> None:
        """Drop what was remembered if anyone, in any process, has committed since."""
        with self._connections.watching(self._watch) as db:
            (data_version,) = db.execute("PRAGMA data_version").fetchone()
            if data_version != self._seen:
                self._parsed.clear()
                self._version = stored_version(db)
                self._seen = data_version

    def _get(self, api_ids: Sequence[str]) -> dict[str, Api]:
        with self._watching:
            self._notice_changes()
            found = {api_id: self._parsed[api_id] for api_id in api_ids if api_id in self._parsed}
            missing = [api_id for api_id in api_ids if api_id not in found]
            if missing:
                with self._connections.watching(self._watch) as db:
                    read = {api.id: api for api in read_apis(db, missing)}
                self._parsed.update(read)
                found.update(read)
        return {api_id: found[api_id] for api_id in api_ids if api_id in found}

    def _stats(self) -> CatalogStats:
        with self._connections.reading() as db:
            return read_stats(db)

    def _categories(self) -> list[CategorySummary]:
        with self._connections.reading() as db:
            return read_categories(db)

    def _category(self, name: str) -> CategorySummary:
        return category_summary(self._row("category", ONE_SUMMARY, name))

    def _tools(self, category: str) -> list[ToolSummary]:
        query = (
            "SELECT id, name, description, category, apis FROM tools WHERE category = ?"
            " ORDER BY name COLLATE NOCASE, id"
        )
        rows = self._rows(query, category)
        if not rows:
            raise NoSuchEntry("category", category)
        return [tool_summary(row) for row in rows]

    def _tool(self, tool_id: str) -> ToolSummary:
        query = "SELECT id, name, description, category, apis FROM tools WHERE id = ?"
        return tool_summary(self._row("tool", query, tool_id))

    def _apis(self, tool_id: str) -> list[Api]:
        query = "SELECT entry FROM apis WHERE tool_id = ? ORDER BY name COLLATE NOCASE, id"
        rows = self._rows(query, tool_id)
        if not rows:
            raise NoSuchEntry("tool", tool_id)
        return [Api.model_validate_json(entry) for (entry,) in rows]

    def _etag(self, api_id: str) -> str:
        return self._row("API", "SELECT etag FROM apis WHERE id = ?", api_id)[0]

    def _row(self, kind: str, query: str, key: str) -> tuple[str, ...]:
        rows = self._rows(query, key)
        if not rows:
            raise NoSuchEntry(kind, key)
        return rows[0]

    def _rows(self, query: str, key: str) -> list[tuple[str, ...]]:
        if not is_text(key):
            return []
        with self._connections.reading() as db:
            return db.execute(query, (key,)).fetchall()

    def _replace(self, source: str, document: Document, format_: str, dry_run: bool) -> ImportReport:
        try:
            with self._connections.writing() as db:
                before = stored_version(db)
                report = take_document(db, source, document, format_)
                if dry_run:
                    raise _NotWritten(report, before)
        except _NotWritten as dry:
            return dry.report
        return report

    def _put(self, api: Api, if_match: str | None) -> str:
        with self._connections.writing() as db:
            old = db.execute("SELECT etag, source, tool_id, entry FROM apis WHERE id = ?", (api.id,)).fetchone()
            current, source, old_tool, entry = old or ("", MANUAL, api.tool_id, "")
            _refuse_stale(api.id, current, if_match)
            if source == MANUAL:
                forget_correction(db, api.id)
            else:
                note_correction(db, api, entry)
            return self._write(db, api, source, old_tool)

    def _corrections(self, api_ids: Sequence[str]) -> dict[str, Correction]:
        known = [api_id for api_id in api_ids if is_text(api_id)]
        if api_ids and not known:
            return {}
        with self._connections.reading() as db:
            return read_corrections(db, known)

    def _revert(self, api_id: str, fields: Sequence[str], if_match: str | None) -> str:
        if not is_text(api_id):
            raise NoSuchEntry("correction of API", api_id)
        with self._connections.writing() as db:
            old = db.execute("SELECT etag, source, tool_id FROM apis WHERE id = ?", (api_id,)).fetchone()
            _refuse_stale(api_id, old[0] if old else "", if_match)
            api = taken_back(db, api_id, fields)
            return self._write(db, api, old[1], old[2]) if old else ""

    def _write(self, db: sqlite3.Connection, api: Api, source: str, old_tool: str) -> str:
        _refuse_other_category(db, api)
        entry, etag = entry_of(api)
        touch(db, (old_tool, api.tool_id))
        values = (api.id, api.tool_id, api.name, source, etag, entry)
        db.execute("INSERT OR REPLACE INTO apis VALUES (?, ?, ?, ?, ?, ?)", values)
        add_tool_part(db, source, Tool(id=api.tool_id, name=api.tool_name, category=api.category))
        if source == MANUAL:
            note_source(db, MANUAL, MANUAL)
        settle(db)
        return etag

    def _delete(self, api_id: str, if_match: str | None) -> None:
        if not is_text(api_id):
            raise NoSuchEntry("API", api_id)
        with self._connections.writing() as db:
            row = db.execute("SELECT etag, tool_id FROM apis WHERE id = ?", (api_id,)).fetchone()
            if row is None:
                raise NoSuchEntry("API", api_id)
            current, tool_id = row
            _refuse_stale(api_id, current, if_match)
            touch(db, (tool_id,))
            forget_correction(db, api_id)
            db.execute("DELETE FROM apis WHERE id = ?", (api_id,))
            settle(db)

    def _close(self) -> None:
        with self._watching:
            self._watch.close()
        self._connections.close()


class _NotWritten(Exception):
    """No failure: it rolls a dry run back, and carries its report out."""

    def __init__(self, report: ImportReport, version: str) -> None:
        fields = {**report.__dict__, "dry_run": True, "version": version}
        self.report = ImportReport(**fields)


def _refuse_stale(api_id: str, current: str, if_match: str | None) -> None:
    if if_match is not None and if_match != current:
        raise StaleEntry(api_id, current)


def _refuse_other_category(db: sqlite3.Connection, api: Api) -> None:
    query = "SELECT category FROM tool_parts WHERE id = ? AND category <> ?"
    other = db.execute(query, (api.tool_id, api.category)).fetchone()
    if other is not None:
        raise UnreadableDocument("category", f"tool {api.tool_id!r} stands in {other[0]!r}, not {api.category!r}")

"""How the SQLite catalog changes: what sources say goes in, tool by tool."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

from catalog.corrections import Changes
from catalog.differences import Difference, compared
from catalog.intake import Intake, imported_at, misplaced
from catalog.models import Api, Tool
from catalog.sqlite_deriving import settle, stored_version, touch
from catalog.store import Document, ImportReport
from catalog.stored import entry_of

AS_SAID = """SELECT a.id AS id, coalesce(c.imported, a.entry) AS entry
FROM apis a LEFT JOIN corrections c ON c.api_id = a.id WHERE a.source = ?"""
"""What a source says of its APIs, without what persons corrected."""


def take_document(db: sqlite3.Connection, source: str, document: Document, format_: str) -> ImportReport:
    """Put a document in place of all that `source` held. The caller holds the transaction."""
    _forget(db, source)
    intake = _Intake(db, source, document)
    for tool in document.tools:
        intake.take(tool)
    for category in document.categories:
        values = (category.name, source, category.description, category.group)
        db.execute("INSERT OR REPLACE INTO category_parts VALUES (?, ?, ?, ?)", values)
    note_source(db, source, format_)
    settle(db)
    return _counted(db, intake, format_)


def _forget(db: sqlite3.Connection, source: str) -> None:
    touch(db, ())
    db.execute("DROP TABLE IF EXISTS temp.previous")
    db.execute(f"CREATE TEMP TABLE previous AS {AS_SAID}", (source,))
    db.execute("INSERT INTO temp.touched SELECT id FROM tool_parts WHERE source = ?", (source,))
    for table in ("apis", "tool_parts", "category_parts"):
        db.execute(f"DELETE FROM {table} WHERE source = ?", (source,))


def _counted(db: sqlite3.Connection, intake: _Intake, format_: str) -> ImportReport:
    previous: int = db.execute("SELECT count(*) FROM temp.previous").fetchone()[0]
    query = "SELECT count(*) FROM temp.previous JOIN apis USING (id) WHERE source = ?"
    replaced: int = db.execute(query, (intake.source,)).fetchone()[0]
    difference = _difference(db, intake.source) if previous else None
    db.execute("DROP TABLE temp.previous")
    return intake.count.report(
        format_=format_, previous=previous, replaced=replaced, difference=difference, version=stored_version(db)
    )


def _difference(db: sqlite3.Connection, source: str) -> Difference:
    db.execute("CREATE UNIQUE INDEX temp.previous_by_id ON previous (id)")
    here = f"SELECT id, entry FROM ({AS_SAID})"
    added = db.execute(f"SELECT id FROM ({here}) WHERE id NOT IN (SELECT id FROM temp.previous) ORDER BY id", (source,))
    gone = "SELECT id FROM temp.previous WHERE id NOT IN (SELECT id FROM apis WHERE source = ?) ORDER BY id"
    other = (
        f"SELECT p.entry, now.entry FROM ({here}) now JOIN temp.previous p ON p.id = now.id"
        " WHERE p.entry <> now.entry ORDER BY now.id"
    )
    changed = (
        compared(Api.model_validate_json(before), Api.model_validate_json(after))
        for before, after in db.execute(other, (source,))
    )
    return Difference(
        added=tuple(api_id for (api_id,) in added),
        removed=tuple(api_id for (api_id,) in db.execute(gone, (source,))),
        changed=tuple(changed),
    )


@dataclass
class _Intake:
    db: sqlite3.Connection
    source: str
    document: Document
    count: Intake = field(init=False)
    corrections: dict[str, Changes] = field(init=False)

    def __post_init__(self) -> None:
        self.count = Intake(self.source, self.document)
        rows = self.db.execute("SELECT api_id, changes FROM corrections")
        self.corrections = {api_id: json.loads(changes) for api_id, changes in rows}

    def take(self, tool: Tool) -> None:
        refusal = self._refusal(tool.id, tool.category)
        taken = 0
        for api in tool.apis:
            if refusal:
                self.count.skip(api, refusal)
            elif self._insert(self._corrected(api, tool)):
                taken += 1
                self._note_imported(api)
        if taken:
            add_tool_part(self.db, self.source, tool)
        self.count.imported += taken

    def _refusal(self, tool_id: str, category: str) -> str:
        query = "SELECT category FROM tool_parts WHERE id = ? AND category <> ?"
        other = self.db.execute(query, (tool_id, category)).fetchone()
        return misplaced(tool_id, category, other[0]) if other else ""

    def _corrected(self, api: Api, tool: Tool) -> Api:
        wanted, part = self.count.wanted(api, tool, self.corrections.get(api.id), self._refusal)
        if part is not None:
            add_tool_part(self.db, self.source, part)
        return wanted

    def _note_imported(self, api: Api) -> None:
        if api.id in self.corrections:
            values = (entry_of(api)[0], api.id)
            self.db.execute("UPDATE corrections SET imported = ? WHERE api_id = ?", values)

    def _insert(self, api: Api) -> bool:
        entry, etag = entry_of(api)
        values = (api.id, api.tool_id, api.name, self.source, etag, entry)
        cursor = self.db.execute("INSERT INTO apis VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values)
        if cursor.rowcount == 0:
            (holder,) = self.db.execute("SELECT source FROM apis WHERE id = ?", (api.id,)).fetchone()
            self.count.skip_taken(api, holder)
        return cursor.rowcount > 0


def note_source(db: sqlite3.Connection, source: str, format_: str) -> None:
    db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (source, format_, imported_at()))


def add_tool_part(db: sqlite3.Connection, source: str, tool: Tool) -> None:
    """Note what `source` says of a tool. A tool may come in parts: a later part without a description keeps it."""
    db.execute(
        "INSERT INTO tool_parts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET description ="
        " CASE excluded.description WHEN '' THEN description ELSE excluded.description END",
        (tool.id, source, tool.name, tool.description, tool.category),
    )
    db.execute("INSERT OR IGNORE INTO temp.touched VALUES (?)", (tool.id,))

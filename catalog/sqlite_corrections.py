"""How the SQLite catalog keeps what persons corrected, beside what the sources say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from pydantic_core import to_json

from catalog.corrections import Changes, corrected, difference, named, without
from catalog.errors import NoSuchEntry
from catalog.models import Api
from catalog.store import Correction

READ = """SELECT c.api_id, coalesce(a.source, ''), c.changes, c.imported
FROM corrections c LEFT JOIN apis a ON a.id = c.api_id"""
Row = tuple[str, str, str, str]


def read_corrections(db: sqlite3.Connection, api_ids: Sequence[str]) -> dict[str, Correction]:
    """Of these APIs; of all, where none is named."""
    if not api_ids:
        rows: list[Row] = db.execute(f"{READ} ORDER BY c.api_id").fetchall()
    else:
        rows = [row for api_id in api_ids for row in db.execute(f"{READ} WHERE c.api_id = ?", (api_id,))]
    return {row[0]: _correction(row) for row in rows}


def _correction(row: Row) -> Correction:
    api_id, source, written, imported = row
    changes: Changes = json.loads(written)
    return Correction(api_id, source, named(changes), changes, Api.model_validate_json(imported))


def note_correction(db: sqlite3.Connection, wanted: Api, current: str) -> None:
    """Keep what a person changed of an imported API whose stored entry is `current`."""
    row = db.execute("SELECT imported FROM corrections WHERE api_id = ?", (wanted.id,)).fetchone()
    imported = row[0] if row else current
    changes = difference(Api.model_validate_json(imported), wanted)
    _keep(db, wanted.id, changes, imported)


def _keep(db: sqlite3.Connection, api_id: str, changes: Changes, imported: str) -> None:
    if changes:
        values = (api_id, to_json(changes).decode(), imported)
        db.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?)", values)
    else:
        forget_correction(db, api_id)


def forget_correction(db: sqlite3.Connection, api_id: str) -> None:
    db.execute("DELETE FROM corrections WHERE api_id = ?", (api_id,))


def taken_back(db: sqlite3.Connection, api_id: str, fields: Sequence[str]) -> Api:
    """The API less the corrections of these fields (of all, where none is named), which are forgotten.

    Raises NoSuchEntry where nothing of it was corrected.
    """
    found = read_corrections(db, [api_id]).get(api_id)
    if found is None:
        raise NoSuchEntry("correction of API", api_id)
    left = without(found.changes, fields) if fields else {}
    row: tuple[str] = db.execute("SELECT imported FROM corrections WHERE api_id = ?", (api_id,)).fetchone()
    _keep(db, api_id, left, row[0])
    return corrected(found.imported, left)

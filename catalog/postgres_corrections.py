"""How the catalog in PostgreSQL keeps what persons corrected, beside what the sources say."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json

from catalog.corrections import Changes, corrected, difference, without
from catalog.errors import NoSuchEntry
from catalog.models import Api
from catalog.postgres_pool import Connection
from catalog.postgres_reads import read_corrections

KEEP = """INSERT INTO corrections (api_id, changes, imported) VALUES (%s, %s, %s)
ON CONFLICT (api_id) DO UPDATE SET changes = excluded.changes, imported = excluded.imported"""


def note_correction(db: Connection, wanted: Api, current: str) -> None:
    """Keep what a person changed of an imported API whose stored entry is `current`."""
    imported = _imported(db, wanted.id) or current
    _keep(db, wanted.id, difference(Api.model_validate_json(imported), wanted), imported)


def _imported(db: Connection, api_id: str) -> str:
    row = db.execute("SELECT imported FROM corrections WHERE api_id = %s", (api_id,)).fetchone()
    return row[0] if row else ""


def _keep(db: Connection, api_id: str, changes: Changes, imported: str) -> None:
    if changes:
        db.execute(KEEP, (api_id, to_json(changes).decode(), imported))
    else:
        forget_correction(db, api_id)


def forget_correction(db: Connection, api_id: str) -> None:
    db.execute("DELETE FROM corrections WHERE api_id = %s", (api_id,))


def taken_back(db: Connection, api_id: str, fields: Sequence[str]) -> Api:
    """The API less the corrections of these fields (of all, where none is named), which are forgotten.

    Raises NoSuchEntry where nothing of it was corrected.
    """
    found = read_corrections(db, [api_id]).get(api_id)
    if found is None:
        raise NoSuchEntry("correction of API", api_id)
    left = without(found.changes, fields) if fields else {}
    _keep(db, api_id, left, _imported(db, api_id))
    return corrected(found.imported, left)

"""The event log in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from graph.runs import LoggedEvent
from graph.sqlite_database import Database


class SqliteEvents:
    """Keeps `EventLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, thread_id: str, run_id: str, events: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> None:
        rows = [(name, json.dumps(facts)) for name, facts in events]

        def work(db: sqlite3.Connection) -> None:
            (last,) = db.execute("SELECT coalesce(max(id), 0) FROM events WHERE thread_id = ?", (thread_id,)).fetchone()
            numbered = [(thread_id, last + i, run_id, name, facts) for i, (name, facts) in enumerate(rows, start=1)]
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", numbered)

        if rows:
            await self._database.run(work)

    async def read(self, thread_id: str, *, after: int = 0) -> list[LoggedEvent]:
        def work(db: sqlite3.Connection) -> list[LoggedEvent]:
            rows = db.execute(
                "SELECT id, run_id, name, facts FROM events WHERE thread_id = ? AND id > ? ORDER BY id",
                (thread_id, after),
            )
            return [LoggedEvent(number, run_id, name, json.loads(facts)) for number, run_id, name, facts in rows]

        return await self._database.run(work)

    async def forget(self, thread_id: str) -> None:
        await self._database.run(lambda db: db.execute("DELETE FROM events WHERE thread_id = ?", (thread_id,)) and None)

    async def close(self) -> None:
        self._database.close()

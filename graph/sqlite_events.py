"""The event log in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from graph.runs import Events, LoggedEvent
from graph.sqlite_database import Database


class SqliteEvents:
    """Keeps `EventLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, thread_id: str, run_id: str, events: Events) -> None:
        if events:
            rows = written(events)
            await self._database.run(lambda db: append(db, thread_id, run_id, rows))

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


def written(events: Events) -> list[tuple[str, str]]:
    return [(name, json.dumps(facts)) for name, facts in events]


def append(db: sqlite3.Connection, thread_id: str, run_id: str, rows: Sequence[tuple[str, str]]) -> None:
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM events WHERE thread_id = ?", (thread_id,)).fetchone()
    numbered = [(thread_id, last + i, run_id, name, facts) for i, (name, facts) in enumerate(rows, start=1)]
    db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", numbered)

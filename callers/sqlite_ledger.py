"""Write-ahead record of what was sent, in SQLite: the row is there before the request leaves."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from callers.ledger import COLUMNS, forgotten, packed, reply_text, sent, taken_up, unpacked
from callers.protocol import Intended, Outcome, Reply, Sent
from catalog.errors import StoreUnavailable

BUSY_SECONDS = 5.0  # how long one process waits for the write of another

_TABLE = """
CREATE TABLE calls (
    key TEXT PRIMARY KEY,
    thread_id TEXT NOT NULL,
    step TEXT NOT NULL DEFAULT '',
    api_id TEXT NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('planned', 'sending', 'done', 'failed', 'unknown')),
    reply TEXT,
    error TEXT NOT NULL DEFAULT '',
    planned_at REAL NOT NULL,
    begun_at REAL,
    finished_at REAL
) WITHOUT ROWID;
CREATE INDEX calls_by_thread ON calls (thread_id);
"""
_FROM_1 = f"""
ALTER TABLE calls RENAME TO calls_1;
DROP INDEX calls_by_thread;
{_TABLE}
INSERT INTO calls (key, thread_id, api_id, state, reply, error, planned_at, begun_at, finished_at)
    SELECT key, thread_id, api_id, state, reply, error, begun_at, begun_at, finished_at FROM calls_1;
DROP TABLE calls_1;
"""
_RESPONSES = """
CREATE TABLE responses (
    thread_id TEXT NOT NULL, step TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (thread_id, step)
) WITHOUT ROWID;
"""
STEPS = (_TABLE + _RESPONSES, _FROM_1, _RESPONSES)
"""The whole schema for a new file, then what leads from each version to the next."""

T = TypeVar("T")


class SqliteLedger:
    """Keeps `Ledger`, for any number of tasks, threads and processes on one machine."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> SqliteLedger:
        """Open or create. Raises StoreUnavailable; a file that is no ledger of ours is never changed."""
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                _prepare(path, connection)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    async def plan(self, calls: Sequence[Intended], *, fence: int) -> None:
        at = time.time()
        rows = [(call.key, call.thread_id, call.step, call.api_id, fence, at) for call in calls]
        await self._run(
            lambda db: (
                db.executemany(
                    "INSERT OR IGNORE INTO calls (key, thread_id, step, api_id, fence, state, planned_at)"
                    " VALUES (?, ?, ?, ?, ?, 'planned', ?)",
                    rows,
                ).rowcount
            )
        )

    async def begin(self, key: str, *, fence: int, again_within: float = 0) -> Sent:
        return await self._run(lambda db: _begin(db, key, fence, again_within))

    async def finish(
        self, key: str, *, fence: int, state: Outcome, reply: Reply | None = None, error: str = ""
    ) -> bool:
        row = (state, reply_text(reply), error, time.time(), key, fence)
        settled = await self._run(
            lambda db: (
                db.execute(
                    "UPDATE calls SET state = ?, reply = ?, error = ?, finished_at = ?"
                    " WHERE key = ? AND fence <= ? AND state IN ('sending', 'unknown')",
                    row,
                ).rowcount
            )
        )
        return settled == 1

    async def unsent(self, key: str, *, fence: int) -> None:
        query = "UPDATE calls SET state = 'planned' WHERE key = ? AND fence = ? AND state = 'sending'"
        await self._run(lambda db: db.execute(query, (key, fence)).rowcount)

    async def of_thread(self, thread_id: str) -> list[Sent]:
        query = f"SELECT {COLUMNS} FROM calls WHERE thread_id = ? ORDER BY planned_at, step"
        rows = await self._run(lambda db: db.execute(query, (thread_id,)).fetchall())
        return [sent(row) for row in rows]

    async def keep_response(self, thread_id: str, step: str, body: JsonValue) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = (thread_id, step, packed(body))
            db.execute("INSERT OR REPLACE INTO responses (thread_id, step, body) VALUES (?, ?, ?)", row)

        await self._run(work)

    async def response(self, thread_id: str, step: str) -> JsonValue:
        query = "SELECT body FROM responses WHERE thread_id = ? AND step = ?"
        row = await self._run(lambda db: db.execute(query, (thread_id, step)).fetchone())
        return await asyncio.to_thread(unpacked, row[0]) if row else None

    async def forget(self, thread_id: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            for table in ("calls", "responses"):
                db.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))

        await self._run(work)

    async def close(self) -> None:
        await asyncio.to_thread(self._connection.close)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """No work may give a cursor out: it would be cleared away in one thread while another uses its statement."""
        return await asyncio.to_thread(self._locked, work)

    def _locked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, _told(self._path), _transaction(self._connection):
            return work(self._connection)


def _begin(db: sqlite3.Connection, key: str, fence: int, again_within: float) -> Sent:
    query = f"SELECT {COLUMNS}, fence, thread_id, begun_at FROM calls WHERE key = ?"
    row = db.execute(query, (key,)).fetchone()
    if row is None:  # forgotten with its thread
        return forgotten(key)
    known, (touched, thread_id, begun_at), now = sent(row[:6]), row[6:], time.time()
    age = None if begun_at is None else now - begun_at
    found = taken_up(known, thread_id, touched, fence=fence, age_seconds=age, again_within=again_within)
    if found.fresh:
        db.execute(
            "UPDATE calls SET state = 'sending', error = '', fence = ?, begun_at = coalesce(begun_at, ?) WHERE key = ?",
            (fence, now, key),
        )
    elif found is not known:
        db.execute("UPDATE calls SET state = 'unknown', error = ?, fence = ? WHERE key = ?", (found.error, fence, key))
    return found


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # Every commit reaches the disk: a call that was sent must not be forgotten when the power fails.
    connection.execute("PRAGMA synchronous = FULL")
    newest = len(STEPS)
    with _transaction(connection):
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > newest:
            raise StoreUnavailable(str(path), f"it was written by a newer version (schema {found})")
        for script in STEPS[found:] if found else STEPS[:1]:
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What SQLite and the file system report, as our own error."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(str(path), str(error)) from error

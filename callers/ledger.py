"""Write-ahead record of what was sent, in SQLite: the row is there before the request leaves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from callers.protocol import LedgerState, Reply, Sent
from catalog.errors import StoreUnavailable
from catalog.models import Api

SCHEMA_VERSION = 1
BUSY_SECONDS = 5.0  # how long one process waits for the write of another

_SCHEMA = """
CREATE TABLE calls (
    key TEXT PRIMARY KEY,
    thread_id TEXT NOT NULL,
    api_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sending', 'done', 'failed', 'unknown')),
    reply TEXT,
    error TEXT NOT NULL DEFAULT '',
    begun_at REAL NOT NULL,
    finished_at REAL
) WITHOUT ROWID;
CREATE INDEX calls_by_thread ON calls (thread_id);
"""

T = TypeVar("T")


def ledger_key(
    *, tenant: str, thread_id: str, step: str, api: Api, values: Mapping[str, JsonValue], attempt: int = 0
) -> str:
    """The name of an intention: the same after a crash, another for any other request.

    `attempt` grows only when a person decides to send again.
    """
    facts = [tenant, thread_id, step, api.id, dict(values), attempt]  # no URL: the catalog may change it meanwhile
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


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

    async def begin(self, key: str, *, thread_id: str, api_id: str) -> Sent:
        return await self._run(lambda: self._begin(key, thread_id, api_id))

    async def finish(self, key: str, *, state: LedgerState, reply: Reply | None = None, error: str = "") -> None:
        """Settle a row; one that is done or failed stays as it is."""
        if state == "sending":
            raise ValueError("A call is finished as done, failed or unknown.")
        await self._run(lambda: self._finish(key, state, reply, error))

    async def forget(self, thread_id: str) -> None:
        await self._run(lambda: self._connection.execute("DELETE FROM calls WHERE thread_id = ?", (thread_id,)))

    async def close(self) -> None:
        await asyncio.to_thread(self._connection.close)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(self._locked, work)

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock, _told(self._path):
            return work()

    def _begin(self, key: str, thread_id: str, api_id: str) -> Sent:
        inserted = self._connection.execute(
            "INSERT OR IGNORE INTO calls (key, thread_id, api_id, state, begun_at) VALUES (?, ?, ?, 'sending', ?)",
            (key, thread_id, api_id, time.time()),
        )
        if inserted.rowcount == 1:
            return Sent(key, "sending", fresh=True)
        row = self._connection.execute("SELECT state, reply, error FROM calls WHERE key = ?", (key,)).fetchone()
        if row is None:  # forgotten by another process between the two statements
            return Sent(key, "unknown", error="The record of this call was removed.")
        return Sent(key, row[0], reply=Reply(**json.loads(row[1])) if row[1] else None, error=row[2])

    def _finish(self, key: str, state: LedgerState, reply: Reply | None, error: str) -> None:
        self._connection.execute(
            "UPDATE calls SET state = ?, reply = ?, error = ?, finished_at = ?"
            " WHERE key = ? AND state IN ('sending', 'unknown')",
            (state, _as_json(reply), error, time.time(), key),
        )


def _as_json(reply: Reply | None) -> str | None:
    if reply is None:
        return None
    return json.dumps(vars(reply))


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # Every commit reaches the disk: a call that was sent must not be forgotten when the power fails.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        connection.execute("ROLLBACK")
        raise StoreUnavailable(str(path), f"it was written by a newer version (schema {found})")
    if found == 0:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What SQLite and the file system report, as our own error."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(str(path), str(error)) from error

"""The SQLite file of threads, runs and events: opened, migrated, and written by one writer at a time."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from catalog.errors import StoreUnavailable

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE threads (
    thread_id TEXT NOT NULL, tenant TEXT NOT NULL, status TEXT NOT NULL, waits INTEGER NOT NULL DEFAULT 0,
    run_id TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL, body TEXT, accepted TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (thread_id)
);
CREATE INDEX threads_listed ON threads (tenant, waits DESC, created_at DESC, thread_id);
CREATE INDEX threads_running ON threads (status) WHERE status = 'running';
CREATE TABLE questions (
    thread_id TEXT NOT NULL REFERENCES threads ON DELETE CASCADE, question_id TEXT NOT NULL,
    PRIMARY KEY (thread_id, question_id)
);
CREATE TABLE events (
    thread_id TEXT NOT NULL, id INTEGER NOT NULL, run_id TEXT NOT NULL, name TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (thread_id, id)
) WITHOUT ROWID;
"""
T = TypeVar("T")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Database:
    """One connection, one writer at a time; blocking work runs in a thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Database:
        """Raises StoreUnavailable. A file that we cannot read is never written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
            _migrate(connection, path)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(str(path), str(error)) from error
        return cls(connection)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The work in one transaction. Raises StoreUnavailable when the file cannot be used."""
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock, _transaction(self._connection):
                return work(self._connection)
        except sqlite3.Error as error:
            raise StoreUnavailable("the record of threads", str(error)) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        with_schema = f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        connection.executescript(with_schema)
    elif version != SCHEMA_VERSION:
        connection.close()
        raise StoreUnavailable(str(path), f"its schema is version {version}, this program knows {SCHEMA_VERSION}")

"""What is kept of credentials between two starts: where each was sent first, and sealed tokens."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from catalog.errors import StoreUnavailable

SCHEMA_VERSION = 1
BUSY_SECONDS = 5.0
T = TypeVar("T")


class Vault(Protocol):
    """Texts by key. Raises StoreUnavailable."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str) -> None: ...

    async def first(self, key: str, value: str) -> str:
        """Keep the value if there is none; of many at once one wins. Gives what stands there."""

    async def forget(self, key: str) -> None: ...

    async def close(self) -> None: ...


class PassingVault:
    """Keeps `Vault` for one process only: for tests, and for work that leaves nothing behind."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self._kept.get(key)

    async def put(self, key: str, value: str) -> None:
        self._kept[key] = value

    async def first(self, key: str, value: str) -> str:
        return self._kept.setdefault(key, value)

    async def forget(self, key: str) -> None:
        self._kept.pop(key, None)

    async def close(self) -> None: ...


class SqliteVault:
    """Keeps `Vault` for all processes of one machine. Opened when it is first needed: most never need it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    async def get(self, key: str) -> str | None:
        return await self._run(lambda db: _value(db, key))

    async def put(self, key: str, value: str) -> None:
        await self._run(lambda db: db.execute("INSERT OR REPLACE INTO vault VALUES (?, ?)", (key, value)).rowcount)

    async def first(self, key: str, value: str) -> str:
        def work(db: sqlite3.Connection) -> str:
            db.execute("INSERT OR IGNORE INTO vault VALUES (?, ?)", (key, value))
            return _value(db, key) or value

        return await self._run(work)

    async def forget(self, key: str) -> None:
        await self._run(lambda db: db.execute("DELETE FROM vault WHERE key = ?", (key,)).rowcount)

    async def close(self) -> None:
        if self._connection is not None:
            await asyncio.to_thread(self._connection.close)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._locked, work)

    def _locked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, _told(self._path):
            if self._connection is None:
                self._connection = _opened(self._path)
            return work(self._connection)


def _value(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM vault WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise StoreUnavailable(str(path), f"it was written by a newer version (schema {found})")
        connection.execute("CREATE TABLE IF NOT EXISTS vault (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(str(path), str(error)) from error

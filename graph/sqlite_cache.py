"""Model answers in a SQLite file of their own: they outlive the process, and losing the file loses nothing else."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from catalog.errors import StoreUnavailable
from graph.cache_rest import Rest
from graph.sqlite_database import Database
from reasoners.cache import AnswerCache, Clock, MemoryCache

T = TypeVar("T")
log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, written_at REAL NOT NULL,
    answer TEXT NOT NULL, UNIQUE (tenant, key)
);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (written_at);
"""
WAIT_SECONDS = 0.05
"""For another process that writes, which takes a millisecond; a question is not held up for longer."""


class SqliteCache:
    """Keeps `AnswerCache`."""

    def __init__(self, database: Database, *, life_seconds: float, most: int, clock: Clock = time.time) -> None:
        self._database = database
        self._life_seconds = life_seconds
        self._most = most
        self._clock = clock
        self._rest = Rest(clock)

    @classmethod
    def open(
        cls, path: Path, *, life_seconds: float, most: int, clock: Clock = time.time, never_block: bool = False
    ) -> SqliteCache:
        """Raises StoreUnavailable."""
        database = Database.open(
            path, schema=SCHEMA, where=str(path), wait_seconds=WAIT_SECONDS, never_block=never_block
        )
        return cls(database, life_seconds=life_seconds, most=most, clock=clock)

    async def get(self, tenant: str, key: str) -> str | None:
        now = self._clock()

        def work(db: sqlite3.Connection) -> object:
            # Not what is of the future: the clock was set back, and nobody knows how old it is.
            row = db.execute(
                "SELECT answer FROM answers WHERE tenant = ? AND key = ? AND written_at > ? AND written_at <= ?",
                (tenant, key, now - self._life_seconds, now),
            ).fetchone()
            return row[0] if row else None

        answer = await self._attempt(work)
        return answer if isinstance(answer, str) else None

    async def put(self, tenant: str, key: str, answer: str) -> None:
        now = self._clock()

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO answers (tenant, key, written_at, answer) VALUES (?, ?, ?, ?)",
                (tenant, key, now, answer),
            )
            db.execute("DELETE FROM answers WHERE written_at <= ?", (now - self._life_seconds,))
            # A new row has the highest number, so this leaves `most` of them, the newest, and counts none.
            db.execute("DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?", (self._most,))

        await self._attempt(work)

    async def clear(self) -> int:
        return await self._database.run(lambda db: db.execute("DELETE FROM answers").rowcount)

    async def close(self) -> None:
        await asyncio.to_thread(self._database.close)

    async def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        return await self._rest.attempt(lambda: self._database.run(work))


async def clear_file(path: Path) -> int:
    """Empty the cache in this file, if there is one, and say how many answers it held. Raises StoreUnavailable."""
    if not await asyncio.to_thread(path.exists):
        return 0
    try:
        cache = await asyncio.to_thread(SqliteCache.open, path, life_seconds=1, most=1)
    except StoreUnavailable as error:
        cure = f"{error.reason}; nothing but answers of models is kept in it, so it can be deleted"
        raise StoreUnavailable(error.where, cure) from error
    try:
        return await cache.clear()
    finally:
        await cache.close()


def open_cache(path: Path, *, life_seconds: float, most: int, never_block: bool = False) -> AnswerCache:
    """The file's; where it cannot be used, one in memory: a cache is no reason to refuse questions."""
    try:
        return SqliteCache.open(path, life_seconds=life_seconds, most=most, never_block=never_block)
    except StoreUnavailable as error:
        log.warning("%s Until it is gone or repaired, model answers are kept in memory only.", error)
        return MemoryCache(life_seconds=life_seconds, most=most)

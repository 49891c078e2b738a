"""Lessons in a SQLite file of their own: they outlive the process, and losing the file loses nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from catalog.errors import StoreUnavailable
from catalog.lessons import Lesson, Lessons, asked_as
from graph.sqlite_database import Database

log = logging.getLogger(__name__)
SCHEMA = """
CREATE TABLE lessons (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, asked TEXT NOT NULL, thread_id TEXT NOT NULL,
    query TEXT NOT NULL, words TEXT NOT NULL, api_ids TEXT NOT NULL, learned_at TEXT NOT NULL, UNIQUE (tenant, asked)
);
CREATE INDEX lessons_of_threads ON lessons (thread_id);
CREATE INDEX lessons_by_age ON lessons (tenant, learned_at, id);
CREATE TABLE words (
    tenant TEXT NOT NULL, word TEXT NOT NULL, lesson INTEGER NOT NULL REFERENCES lessons ON DELETE CASCADE,
    PRIMARY KEY (tenant, word, lesson)
) WITHOUT ROWID;
CREATE INDEX words_of_lessons ON words (lesson);
"""
FIELDS = "thread_id, query, lessons.words, api_ids, learned_at"
ADD = """INSERT INTO lessons (tenant, asked, thread_id, query, words, api_ids, learned_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
BOUND = """DELETE FROM lessons WHERE id IN (
    SELECT id FROM lessons WHERE tenant = ? ORDER BY learned_at DESC, id DESC LIMIT -1 OFFSET ?)"""
WAIT_SECONDS = 0.5
"""For another process that writes, which takes a millisecond; a question is not held up for longer."""


class SqliteLessons:
    """Keeps `Lessons`."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most

    @classmethod
    def open(cls, path: Path, *, most: int, never_block: bool = False) -> SqliteLessons:
        """At most so many for each tenant. Raises StoreUnavailable."""
        where = f"what was asked before ({path})"
        database = Database.open(path, schema=SCHEMA, where=where, wait_seconds=WAIT_SECONDS, never_block=never_block)
        return cls(database, most=most)

    async def learn(self, tenant: str, lesson: Lesson) -> None:
        asked, words, api_ids = asked_as(lesson.query), json.dumps(lesson.words), json.dumps(lesson.api_ids)
        row = (tenant, asked, lesson.thread_id, lesson.query, words, api_ids, lesson.learned_at.isoformat())

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM lessons WHERE tenant = ? AND asked = ?", (tenant, asked))
            number = db.execute(ADD, row).lastrowid
            rows = [(tenant, word, number) for word in dict.fromkeys(lesson.words)]
            db.executemany("INSERT INTO words (tenant, word, lesson) VALUES (?, ?, ?)", rows)
            db.execute(BOUND, (tenant, self._most))

        await self._database.run(work)

    async def near(self, tenant: str, words: Mapping[str, float], *, most: int) -> list[Lesson]:
        if not words:
            return []
        asked = ", ".join(["(?, ?)"] * len(words))
        wanted = f"""
            WITH asked (word, weight) AS (VALUES {asked}), weighed AS (
                SELECT lesson, sum(weight) AS weight FROM asked JOIN words ON tenant = ? AND words.word = asked.word
                GROUP BY lesson ORDER BY 2 DESC, lesson DESC LIMIT ?)
            SELECT {FIELDS} FROM weighed JOIN lessons ON lessons.id = weighed.lesson ORDER BY weight DESC, id DESC"""
        given = [part for pair in words.items() for part in pair]
        return await self._read(wanted, (*given, tenant, most))

    async def latest(self, tenant: str, *, most: int) -> list[Lesson]:
        ordered = "ORDER BY learned_at DESC, id DESC LIMIT ?"
        return await self._read(f"SELECT {FIELDS} FROM lessons WHERE tenant = ? {ordered}", (tenant, most))

    async def forget(self, thread_id: str) -> int:
        wanted = "DELETE FROM lessons WHERE thread_id = ?"
        return await self._database.run(lambda db: db.execute(wanted, (thread_id,)).rowcount)

    async def clear(self, tenant: str) -> int:
        wanted = "DELETE FROM lessons WHERE tenant = ?"
        return await self._database.run(lambda db: db.execute(wanted, (tenant,)).rowcount)

    async def close(self) -> None:
        await asyncio.to_thread(self._database.close)

    async def _read(self, wanted: str, values: Sequence[object]) -> list[Lesson]:
        return await self._database.run(lambda db: [_lesson(row) for row in db.execute(wanted, values)])


def _lesson(row: tuple[str, str, str, str, str]) -> Lesson:
    thread_id, query, words, api_ids, learned_at = row
    known = tuple(json.loads(words)), tuple(json.loads(api_ids))
    return Lesson(thread_id, query, *known, datetime.fromisoformat(learned_at))


def open_lessons(path: Path, *, most: int, never_block: bool = False) -> Lessons | None:
    """None where none are to be kept, or where the file cannot be used: that is no reason to refuse questions."""
    if not most:
        return None
    try:
        return SqliteLessons.open(path, most=most, never_block=never_block)
    except StoreUnavailable as error:
        log.warning("%s Until it is gone or repaired, nothing is learned from questions.", error)
        return None


@asynccontextmanager
async def opened_file(path: Path) -> AsyncIterator[SqliteLessons | None]:
    """The file, to be looked at; None where there is none. Raises StoreUnavailable."""
    if not await asyncio.to_thread(path.exists):
        yield None
        return
    try:
        lessons = await asyncio.to_thread(SqliteLessons.open, path, most=1)
    except StoreUnavailable as error:
        cure = f"{error.reason}; nothing but questions that were answered is kept in it, so it can be deleted"
        raise StoreUnavailable(error.where, cure) from error
    try:
        yield lessons
    finally:
        await lessons.close()

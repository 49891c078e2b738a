"""Lessons in PostgreSQL: what one replica learned, the others know."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from catalog.lessons import Lesson, asked_as
from catalog.postgres_link import storable
from catalog.postgres_pool import AsyncPool

# Words hold no line ends: as lines they are one value, where the driver would take ten times as long for a list.
WORDS = "string_to_array(%s, chr(10))"
FIELDS = "thread_id, query, lessons.words, api_ids, learned_at"
ADD = """INSERT INTO lessons (tenant, asked, thread_id, query, words, api_ids, learned_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (tenant, asked) DO NOTHING"""
ADD_WORDS = f"""INSERT INTO lesson_words (tenant, word, lesson)
SELECT tenant, word, id FROM lessons, unnest({WORDS}) AS word WHERE tenant = %s AND asked = %s
ON CONFLICT DO NOTHING"""
BOUND = """DELETE FROM lessons WHERE id IN (
    SELECT id FROM lessons WHERE tenant = %s ORDER BY learned_at DESC, id DESC OFFSET %s)"""
NEAR = f"""WITH weighed AS (
    SELECT lesson, sum(weight) AS weight FROM unnest({WORDS}, {WORDS}::float8[]) AS asked (word, weight)
    JOIN lesson_words ON tenant = %s AND lesson_words.word = asked.word
    GROUP BY lesson ORDER BY 2 DESC, lesson DESC LIMIT %s)
SELECT {FIELDS} FROM weighed JOIN lessons ON lessons.id = weighed.lesson ORDER BY weight DESC, id DESC"""
LATEST = f"SELECT {FIELDS} FROM lessons WHERE tenant = %s ORDER BY learned_at DESC, id DESC LIMIT %s"


class PostgresLessons:
    """Keeps `Lessons`."""

    def __init__(self, pool: AsyncPool, *, most: int) -> None:
        self._pool = pool
        self._most = most

    async def learn(self, tenant: str, lesson: Lesson) -> None:
        asked, query = storable(asked_as(lesson.query)), storable(lesson.query)
        words = [storable(word) for word in lesson.words]
        texts = (json.dumps(words), json.dumps(lesson.api_ids), lesson.learned_at.isoformat())
        async with self._pool.connection() as db, db.pipeline(), db.transaction():  # one round trip
            await db.execute("DELETE FROM lessons WHERE tenant = %s AND asked = %s", (tenant, asked))
            await db.execute(ADD, (tenant, asked, lesson.thread_id, query, *texts))
            await db.execute(ADD_WORDS, ("\n".join(dict.fromkeys(words)), tenant, asked))
            await db.execute(BOUND, (tenant, self._most))

    async def near(self, tenant: str, words: Mapping[str, float], *, most: int) -> list[Lesson]:
        if not words:
            return []
        asked, weights = "\n".join(map(storable, words)), "\n".join(map(str, words.values()))
        return await self._read(NEAR, (asked, weights, tenant, most))

    async def latest(self, tenant: str, *, most: int) -> list[Lesson]:
        return await self._read(LATEST, (tenant, most))

    async def forget(self, thread_id: str) -> int:
        return await self._delete("DELETE FROM lessons WHERE thread_id = %s", thread_id)

    async def clear(self, tenant: str) -> int:
        return await self._delete("DELETE FROM lessons WHERE tenant = %s", tenant)

    async def close(self) -> None:
        await self._pool.close()

    async def _read(self, wanted: str, values: Sequence[object]) -> list[Lesson]:
        async with self._pool.connection() as db:
            return [_lesson(*row) for row in await (await db.execute(wanted, values)).fetchall()]

    async def _delete(self, wanted: str, key: str) -> int:
        async with self._pool.connection() as db:
            return (await db.execute(wanted, (key,))).rowcount


def _lesson(thread_id: str, query: str, words: str, api_ids: str, learned_at: str) -> Lesson:
    return Lesson(
        thread_id, query, tuple(json.loads(words)), tuple(json.loads(api_ids)), datetime.fromisoformat(learned_at)
    )

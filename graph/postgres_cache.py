"""Model answers in PostgreSQL: what one replica was told, the others need not ask."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from catalog.postgres_pool import AsyncConnection, AsyncPool
from graph.cache_rest import Rest
from reasoners.cache import Clock

T = TypeVar("T")
GET = "SELECT answer FROM answers WHERE tenant = %s AND key = %s AND written_at > %s AND written_at <= %s"
DELETE = "DELETE FROM answers WHERE (tenant = %(tenant)s AND key = %(key)s) OR written_at <= %(dead)s"
INSERT = """INSERT INTO answers (tenant, key, written_at, answer)
VALUES (%(tenant)s, %(key)s, %(now)s, %(answer)s) ON CONFLICT DO NOTHING RETURNING number"""


class PostgresCache:
    """Keeps `AnswerCache`."""

    def __init__(self, pool: AsyncPool, *, life_seconds: float, most: int, clock: Clock = time.time) -> None:
        self._pool = pool
        self._life_seconds = life_seconds
        self._most = most
        self._clock = clock
        self._rest = Rest(clock)

    async def get(self, tenant: str, key: str) -> str | None:
        now = self._clock()

        async def work(db: AsyncConnection) -> str | None:
            # Not what is of the future: the clock was set back, and nobody knows how old it is.
            row = await (await db.execute(GET, (tenant, key, now - self._life_seconds, now))).fetchone()
            return row[0] if row else None

        return await self._attempt(work)

    async def put(self, tenant: str, key: str, answer: str) -> None:
        now = self._clock()
        values = {"tenant": tenant, "key": key, "now": now, "answer": answer, "dead": now - self._life_seconds}

        async def work(db: AsyncConnection) -> None:
            await db.execute(DELETE, values)
            row = await (await db.execute(INSERT, values)).fetchone()
            if row:  # a new row has the highest number: this leaves `most`, and counts none
                await db.execute("DELETE FROM answers WHERE number <= %s", (row[0] - self._most,))

        await self._attempt(work)

    async def clear(self) -> int:
        async with self._pool.connection() as db:
            return (await db.execute("DELETE FROM answers")).rowcount

    async def close(self) -> None:
        await self._pool.close()

    async def _attempt(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T | None:
        async def transaction() -> T:
            async with self._pool.transaction() as db:
                return await work(db)

        return await self._rest.attempt(transaction)

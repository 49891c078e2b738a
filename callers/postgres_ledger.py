"""Write-ahead record of what was sent, in PostgreSQL: the row is there before the request leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from callers.ledger import COLUMNS, forgotten, packed, reply_text, sent, taken_up, unpacked
from callers.protocol import Intended, Outcome, Reply, Sent
from catalog.postgres_link import storable
from catalog.postgres_pool import AsyncConnection, AsyncPool

PLAN = """INSERT INTO calls (key, thread_id, step, api_id, fence, state)
SELECT p.key, p.thread_id, p.step, p.api_id, %s, 'planned'
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS p (key, thread_id, step, api_id)
ON CONFLICT (key) DO NOTHING"""
# What nobody disputes, in one round trip.
TAKE = """UPDATE calls SET state = 'sending', error = '', fence = %(fence)s,
begun_at = coalesce(begun_at, clock_timestamp())
WHERE key = %(key)s AND state = 'planned' AND fence <= %(fence)s RETURNING step, api_id"""
LOOK = f"""SELECT {COLUMNS}, fence, thread_id,
extract(epoch FROM clock_timestamp() - begun_at)::float8 FROM calls WHERE key = %s FOR UPDATE"""
AGAIN = """UPDATE calls SET state = 'sending', error = '', fence = %s, begun_at = coalesce(begun_at, clock_timestamp())
WHERE key = %s"""
DOUBT = "UPDATE calls SET state = 'unknown', error = %s, fence = %s WHERE key = %s"
UNSENT = "UPDATE calls SET state = 'planned' WHERE key = %s AND fence = %s AND state = 'sending'"
FINISH = """UPDATE calls SET state = %s, reply = %s, error = %s, finished_at = clock_timestamp()
WHERE key = %s AND fence <= %s AND state IN ('sending', 'unknown')"""

KEEP = """INSERT INTO responses (thread_id, step, body) VALUES (%s, %s, %s)
ON CONFLICT (thread_id, step) DO UPDATE SET body = excluded.body"""


class PostgresLedger:
    """Keeps `Ledger`, for any number of replicas. A commit is on the server's disk, as the server is set by habit."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool

    async def plan(self, calls: Sequence[Intended], *, fence: int) -> None:
        columns = [[getattr(call, name) for call in calls] for name in ("key", "thread_id", "step", "api_id")]
        async with self._pool.connection() as db:
            await db.execute(PLAN, (fence, *columns))

    async def begin(self, key: str, *, fence: int, again_within: float = 0) -> Sent:
        async with self._pool.connection() as db:
            taken = await (await db.execute(TAKE, {"key": key, "fence": fence})).fetchone()
        if taken is not None:
            return Sent(key, taken[0], taken[1], "sending", fresh=True)
        async with self._pool.transaction() as db:
            return await _begin_again(db, key, fence, again_within)

    async def finish(
        self, key: str, *, fence: int, state: Outcome, reply: Reply | None = None, error: str = ""
    ) -> bool:
        async with self._pool.connection() as db:
            settled = await db.execute(FINISH, (state, reply_text(reply), storable(error), key, fence))
        return settled.rowcount == 1

    async def unsent(self, key: str, *, fence: int) -> None:
        async with self._pool.connection() as db:
            await db.execute(UNSENT, (key, fence))

    async def of_thread(self, thread_id: str) -> list[Sent]:
        query = f'SELECT {COLUMNS} FROM calls WHERE thread_id = %s ORDER BY planned_at, step COLLATE "C"'
        async with self._pool.connection() as db:
            return [sent(row) for row in await (await db.execute(query, (thread_id,))).fetchall()]

    async def keep_response(self, thread_id: str, step: str, body: JsonValue) -> None:
        async with self._pool.connection() as db:
            await db.execute(KEEP, (thread_id, step, await asyncio.to_thread(packed, body)))

    async def response(self, thread_id: str, step: str) -> JsonValue:
        query = "SELECT body FROM responses WHERE thread_id = %s AND step = %s"
        async with self._pool.connection() as db:
            row = await (await db.execute(query, (thread_id, step))).fetchone()
        return await asyncio.to_thread(unpacked, row[0]) if row else None

    async def forget(self, thread_id: str) -> None:
        async with self._pool.transaction() as db:
            for table in ("calls", "responses"):
                await db.execute(f"DELETE FROM {table} WHERE thread_id = %s", (thread_id,))

    async def close(self) -> None:
        await self._pool.close()


async def _begin_again(db: AsyncConnection, key: str, fence: int, again_within: float) -> Sent:
    row = await (await db.execute(LOOK, (key,))).fetchone()
    if row is None:  # forgotten with its thread
        return forgotten(key)
    known, (touched, thread_id, age) = sent(row[:6]), row[6:]
    found = taken_up(known, thread_id, touched, fence=fence, age_seconds=age, again_within=again_within)
    if found.fresh:
        await db.execute(AGAIN, (fence, key))
    elif found is not known:
        await db.execute(DOUBT, (found.error, fence, key))
    return found

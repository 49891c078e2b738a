"""The event log in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from catalog.postgres_pool import AsyncPool
from graph.runs import LoggedEvent

# One statement: the counter's row makes writers of one thread wait for each other, and numbers leave no gap.
APPEND = """WITH counted AS (
    INSERT INTO event_counts AS c (thread_id, last) VALUES (%(thread)s, %(many)s)
    ON CONFLICT (thread_id) DO UPDATE SET last = c.last + excluded.last RETURNING last)
INSERT INTO events (thread_id, id, run_id, name, facts)
SELECT %(thread)s, counted.last - %(many)s + e.place, %(run)s, e.name, e.facts
FROM counted, unnest(%(names)s::text[], %(facts)s::text[]) WITH ORDINALITY AS e (name, facts, place)"""
READ = "SELECT id, run_id, name, facts FROM events WHERE thread_id = %s AND id > %s ORDER BY id"
FORGET = """WITH counts AS (DELETE FROM event_counts WHERE thread_id = %(thread)s)
DELETE FROM events WHERE thread_id = %(thread)s"""


class PostgresEvents:
    """Keeps `EventLog`."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool

    async def append(self, thread_id: str, run_id: str, events: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> None:
        if not events:
            return
        values = {
            "thread": thread_id,
            "run": run_id,
            "many": len(events),
            "names": [name for name, _ in events],
            "facts": [json.dumps(facts) for _, facts in events],
        }
        async with self._pool.connection() as db:
            await db.execute(APPEND, values)

    async def read(self, thread_id: str, *, after: int = 0) -> list[LoggedEvent]:
        async with self._pool.connection() as db:
            rows = await (await db.execute(READ, (thread_id, after))).fetchall()
        return [LoggedEvent(number, run_id, name, json.loads(facts)) for number, run_id, name, facts in rows]

    async def forget(self, thread_id: str) -> None:
        async with self._pool.connection() as db:
            await db.execute(FORGET, {"thread": thread_id})

    async def close(self) -> None:
        await self._pool.close()

"""The event log in PostgreSQL."""

from __future__ import annotations

import json

from catalog.postgres_pool import AsyncPool
from graph.runs import Events, LoggedEvent

# The counter's row makes writers of one thread wait for each other, and numbers leave no gap. Facts are JSON, in which
# no line ends: as lines they are one value, where the driver would take ten times as long for a list of texts.
COUNT = """INSERT INTO event_counts AS c (thread_id, last) SELECT %(thread_id)s, %(many)s WHERE {condition}
ON CONFLICT (thread_id) DO UPDATE SET last = c.last + excluded.last RETURNING last"""
ADD = """INSERT INTO events (thread_id, id, run_id, name, facts)
SELECT %(thread_id)s, counted.last - %(many)s + e.place, %(run_id)s, e.name, e.facts
FROM counted, unnest(string_to_array(%(names)s, chr(10)), string_to_array(%(facts)s, chr(10)))
WITH ORDINALITY AS e (name, facts, place)"""
APPEND = f"WITH counted AS ({COUNT.format(condition='true')}) {ADD}"
READ = "SELECT id, run_id, name, facts FROM events WHERE thread_id = %s AND id > %s ORDER BY id"
FORGET = """WITH counts AS (DELETE FROM event_counts WHERE thread_id = %(thread)s)
DELETE FROM events WHERE thread_id = %(thread)s"""


class PostgresEvents:
    """Keeps `EventLog`."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool

    async def append(self, thread_id: str, run_id: str, events: Events) -> None:
        if not events:
            return
        async with self._pool.connection() as db:
            await db.execute(APPEND, {"thread_id": thread_id, "run_id": run_id, **written(events)})

    async def read(self, thread_id: str, *, after: int = 0) -> list[LoggedEvent]:
        async with self._pool.connection() as db:
            rows = await (await db.execute(READ, (thread_id, after))).fetchall()
        return [LoggedEvent(number, run_id, name, json.loads(facts)) for number, run_id, name, facts in rows]

    async def forget(self, thread_id: str) -> None:
        async with self._pool.connection() as db:
            await db.execute(FORGET, {"thread": thread_id})

    async def close(self) -> None:
        await self._pool.close()


def written(events: Events) -> dict[str, str | int]:
    """As `APPEND` takes them."""
    names = "\n".join(name for name, _ in events)
    return {"many": len(events), "names": names, "facts": "\n".join(json.dumps(facts) for _, facts in events)}

"""Threads and runs in PostgreSQL, for any number of replicas; leases go by the server's clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from catalog.errors import NoSuchThread, ThreadBusy, ThreadExists
from catalog.postgres_link import storable
from catalog.postgres_pool import AsyncPool
from graph import postgres_events as log
from graph import postgres_keys as keys
from graph import postgres_records as threads
from graph import thread_cursors as cursors
from graph.runs import (
    LEASE_SECONDS,
    Adopted,
    Body,
    Events,
    Hold,
    KeyedRun,
    RequestKey,
    Retention,
    ThreadPage,
    ThreadRecord,
    ThreadStatus,
)
from graph.thread_records import COLUMNS, questions_of, record, refuse_closed


def _told(moment: str) -> str:
    """A moment as the protocol writes it: RFC 3339, UTC."""
    return f"""to_char(({moment}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"')"""


NOW = _told("clock_timestamp()")
LEASE = "clock_timestamp() + make_interval(secs => %(lease)s)"
HELD = "thread_id = %(thread_id)s AND run_id = %(run_id)s AND fence = %(fence)s AND status = 'running' AND NOT doomed"
CREATE = f"""INSERT INTO threads
(thread_id, tenant, status, run_id, owner, lease_until, request, query, created_at, updated_at)
SELECT %(thread_id)s, %(tenant)s, 'running', %(run_id)s, %(owner)s, {LEASE}, %(request)s, %(query)s, at, at
FROM (SELECT {NOW} AS at) now ON CONFLICT (thread_id) DO NOTHING"""
CLAIM = f"""UPDATE threads SET status = 'running', waits = false, questions = '{{}}', run_id = %(run_id)s,
owner = %(owner)s, lease_until = {LEASE}, tries = 0, fence = fence + 1, accepted = %(accepted)s, plan = NULL,
updated_at = {NOW} WHERE thread_id = %(thread_id)s RETURNING fence"""
# The answer of the run is that of its key: both are there, or neither.
SETTLE = f"""WITH settled AS (
    UPDATE threads SET status = %(status)s, waits = %(waits)s, questions = %(questions)s, body = %(body)s,
    accepted = NULL, plan = NULL, tries = 0, updated_at = {NOW} WHERE {HELD} RETURNING run_id
), answered AS (
    UPDATE request_keys SET body = %(body)s WHERE run_id IN (SELECT run_id FROM settled) AND body IS NULL
), counted AS ({log.COUNT.format(condition="%(many)s > 0 AND EXISTS (SELECT 1 FROM settled)")}
), logged AS ({log.ADD}) SELECT 1 FROM settled"""
RENEW = f"""UPDATE threads t SET lease_until = {LEASE}
FROM unnest(%(threads)s::text[], %(runs)s::text[], %(fences)s::bigint[]) AS h (thread_id, run_id, fence)
WHERE t.thread_id = h.thread_id AND t.run_id = h.run_id AND t.fence = h.fence AND t.status = 'running'
AND NOT t.doomed RETURNING t.thread_id, t.run_id, t.fence"""
RELEASE = (
    f"UPDATE threads SET lease_until = '-infinity', owner = CASE WHEN %(tried)s THEN owner ELSE '' END WHERE {HELD}"
)
CANCEL = f"""UPDATE threads SET status = 'cancelled', waits = false, questions = '{{}}', body = %s, accepted = NULL,
updated_at = {NOW} WHERE thread_id = %s"""
AMEND = """UPDATE threads SET body = %(body)s WHERE thread_id = %(thread_id)s AND run_id = %(run_id)s
AND fence = %(fence)s AND status = 'cancelled' AND NOT doomed"""
OWNERS = """SELECT DISTINCT owner FROM threads
WHERE status = 'running' AND NOT doomed AND lease_until > clock_timestamp() AND owner <> %s"""
ADOPT = f"""WITH lost AS (
    SELECT thread_id FROM threads WHERE status = 'running' AND NOT doomed
    AND (lease_until <= clock_timestamp() OR owner = '' OR owner = ANY(%(dead)s))
    ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE threads t SET owner = %(owner)s, lease_until = {LEASE}, fence = t.fence + 1,
tries = t.tries + (t.owner <> '')::int FROM lost WHERE t.thread_id = lost.thread_id
RETURNING t.fence, t.tries, {", ".join(f"t.{name}" for name in COLUMNS.split(", "))}"""
EXPIRE = f"""UPDATE threads SET doomed = true WHERE status NOT IN ('running', 'input_required')
AND updated_at < {_told("clock_timestamp() - make_interval(secs => %s)")}"""


class PostgresRuns:
    """Keeps `RunStore`."""

    def __init__(self, pool: AsyncPool, *, owner: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self._pool = pool
        self._owner = owner
        self._lease_seconds = lease_seconds

    async def create(
        self,
        thread_id: str,
        run_id: str,
        request: Mapping[str, JsonValue],
        *,
        tenant: str,
        key: RequestKey | None = None,
    ) -> Hold:
        values = {
            **self._mine(),
            "thread_id": thread_id,
            "tenant": tenant,
            "run_id": run_id,
            "request": json.dumps(request),
            "query": storable(str(request.get("query") or "")),
        }
        async with self._pool.transaction() if key else self._pool.connection() as db:
            await keys.take(db, key, tenant, thread_id, run_id)
            if not (await db.execute(CREATE, values)).rowcount:
                raise ThreadExists(thread_id)
        return Hold(thread_id, run_id, 1)

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        async with self._pool.connection() as db:
            return await threads.read(db, thread_id, tenant)

    async def claim(
        self,
        thread_id: str,
        run_id: str,
        answers: Sequence[Mapping[str, JsonValue]],
        *,
        tenant: str,
        key: RequestKey | None = None,
    ) -> tuple[ThreadRecord, Hold]:
        asked = [str(answer["id"]) for answer in answers]
        accepted = json.dumps(list(answers))
        values = {**self._mine(), "thread_id": thread_id, "run_id": run_id, "accepted": accepted}
        async with self._pool.transaction() as db:
            await keys.take(db, key, tenant, thread_id, run_id)
            thread, still_open = await threads.read_open(db, thread_id, tenant)
            refuse_closed(thread, still_open, asked)
            row = await (await db.execute(CLAIM, values)).fetchone()
        if row is None:
            raise NoSuchThread(thread_id)
        return thread, Hold(thread_id, run_id, row[0])

    async def keyed(self, key: RequestKey, *, tenant: str) -> KeyedRun | None:
        async with self._pool.connection() as db:
            return await keys.look_up(db, key, tenant)

    async def note_plan(self, hold: Hold, plan: Mapping[str, JsonValue]) -> None:
        async with self._pool.connection() as db:
            await db.execute(
                f"UPDATE threads SET plan = %(plan)s WHERE {HELD}", {**vars(hold), "plan": json.dumps(plan)}
            )

    async def settle(self, hold: Hold, status: ThreadStatus, body: Body, *, events: Events = ()) -> bool:
        values = {
            **vars(hold),
            **log.written(events),
            "status": status,
            "waits": status == "input_required",
            "questions": questions_of(body),
            "body": json.dumps(body),
        }
        async with self._pool.connection() as db:
            return await (await db.execute(SETTLE, values)).fetchone() is not None

    async def current(self, hold: Hold) -> bool:
        async with self._pool.connection() as db:
            row = await (await db.execute(f"SELECT 1 FROM threads WHERE {HELD}", vars(hold))).fetchone()
        return row is not None

    async def renew(self, holds: Sequence[Hold]) -> list[Hold]:
        values = {
            **self._mine(),
            "threads": [hold.thread_id for hold in holds],
            "runs": [hold.run_id for hold in holds],
            "fences": [hold.fence for hold in holds],
        }
        async with self._pool.connection() as db:
            renewed = {Hold(*row) for row in await (await db.execute(RENEW, values)).fetchall()}
        return [hold for hold in holds if hold not in renewed]

    async def release(self, holds: Sequence[Hold], *, tried: bool) -> None:
        async with self._pool.transaction() as db:
            for hold in holds:
                await db.execute(RELEASE, {**vars(hold), "tried": tried})

    async def cancel(self, thread_id: str, body: Body, *, tenant: str) -> ThreadRecord:
        text = json.dumps(body)
        async with self._pool.transaction() as db:
            thread = await threads.read(db, thread_id, tenant, to_change=True)
            if thread.status in ("running", "input_required"):
                await db.execute(CANCEL, (text, thread_id))
                await db.execute(keys.ANSWER, (text, thread.run_id))
        return thread

    async def amend(self, hold: Hold, body: Body) -> None:
        async with self._pool.connection() as db:
            await db.execute(AMEND, {**vars(hold), "body": json.dumps(body)})

    async def page(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        after = cursors.read(cursor)
        async with self._pool.connection() as db:
            return await threads.page(db, tenant, status, limit, after)

    async def adopt(self, dead: Callable[[str], bool], *, limit: int) -> list[Adopted]:
        async with self._pool.transaction() as db:
            owners = await (await db.execute(OWNERS, (self._owner,))).fetchall()
            gone = [owner for (owner,) in owners if dead(owner)]
            rows = await (await db.execute(ADOPT, {**self._mine(), "dead": gone, "limit": limit})).fetchall()
        adopted = [_adopted(*row) for row in rows]
        return sorted(adopted, key=lambda each: each.thread.created_at)

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        async with self._pool.transaction() as db:
            if (await threads.read(db, thread_id, tenant, to_change=True)).status == "running":
                raise ThreadBusy(thread_id)
            await db.execute("UPDATE threads SET doomed = true WHERE thread_id = %s", (thread_id,))

    async def tidy(self, retention: Retention, *, limit: int) -> list[str]:
        async with self._pool.transaction() as db:
            await keys.forget(db, retention)
            if retention.threads_seconds is not None:
                await db.execute(EXPIRE, (retention.threads_seconds,))
            rows = await db.execute("SELECT thread_id FROM threads WHERE doomed LIMIT %s", (limit,))
            return [thread_id for (thread_id,) in await rows.fetchall()]

    async def erase(self, thread_id: str) -> None:
        async with self._pool.transaction() as db:
            erased = await db.execute("DELETE FROM threads WHERE thread_id = %s AND doomed", (thread_id,))
            if erased.rowcount:
                await db.execute(keys.ORPHAN, (thread_id,))

    async def close(self) -> None:
        await self._pool.close()

    def _mine(self) -> dict[str, str | float]:
        return {"owner": self._owner, "lease": self._lease_seconds}


def _adopted(fence: int, tries: int, *row: str) -> Adopted:
    thread = record(row)
    return Adopted(thread, Hold(thread.thread_id, thread.run_id, fence), tries)

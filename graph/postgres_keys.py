"""Idempotency keys in PostgreSQL: the twin of `graph/sqlite_keys.py`, in the transaction that makes or ends a run."""

from __future__ import annotations

from catalog.errors import KeyInUse
from catalog.postgres_pool import AsyncConnection
from graph.request_keys import GONE, keyed_run
from graph.runs import KeyedRun, RequestKey, Retention

TAKE = """INSERT INTO request_keys (tenant, name, fingerprint, thread_id, run_id) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING"""
FIND = "SELECT fingerprint, thread_id, body FROM request_keys WHERE tenant = %s AND name = %s"
ANSWER = "UPDATE request_keys SET body = %s WHERE run_id = %s AND body IS NULL"
ORPHAN = f"UPDATE request_keys SET body = '{GONE}' WHERE thread_id = %s"
FORGET_OLD = """DELETE FROM request_keys
WHERE body IS NOT NULL AND made_at < clock_timestamp() - make_interval(secs => %s)"""
# One without an answer stays until it has it.
FORGET_MANY = """DELETE FROM request_keys WHERE (tenant, name) IN (
    SELECT tenant, name FROM (
        SELECT tenant, name, row_number() OVER (PARTITION BY tenant ORDER BY made_at) AS place
        FROM request_keys WHERE body IS NOT NULL) AS answered
    JOIN (SELECT tenant, count(*) - %s AS beyond FROM request_keys GROUP BY tenant) AS held USING (tenant)
    WHERE place <= beyond)"""


async def take(db: AsyncConnection, key: RequestKey | None, tenant: str, thread_id: str, run_id: str) -> None:
    """Of rivals the second waits here until the first has committed. Raises KeyReused, KeyInUse."""
    if key is None:
        return
    taken = await db.execute(TAKE, (tenant, key.name, key.fingerprint, thread_id, run_id))
    if not taken.rowcount:
        found = await look_up(db, key, tenant)
        raise KeyInUse(key.name, found.thread_id if found else thread_id)


async def look_up(db: AsyncConnection, key: RequestKey, tenant: str) -> KeyedRun | None:
    """Raises KeyReused, NoSuchThread."""
    row = await (await db.execute(FIND, (tenant, key.name))).fetchone()
    return keyed_run(row, key)


async def forget(db: AsyncConnection, retention: Retention) -> None:
    """What is too old, and of each tenant the oldest beyond the number."""
    await db.execute(FORGET_OLD, (retention.keys_seconds,))
    await db.execute(FORGET_MANY, (retention.keys,))

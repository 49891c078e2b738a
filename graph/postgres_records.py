"""Reads threads from PostgreSQL, one or page by page."""

from __future__ import annotations

from catalog.errors import NoSuchThread
from catalog.postgres_pool import AsyncConnection
from graph.runs import ThreadPage, ThreadRecord
from graph.thread_cursors import Cursor
from graph.thread_records import COLUMNS, page_of, record

GET = f"SELECT {COLUMNS}, questions FROM threads WHERE thread_id = %s AND tenant = %s AND NOT doomed"
PAGE = """SELECT thread_id, status, query, created_at, updated_at, cardinality(questions), waits::int FROM threads
WHERE tenant = %(tenant)s AND NOT doomed AND (%(status)s::text IS NULL OR status = %(status)s)
AND (%(waits)s::boolean IS NULL OR waits < %(waits)s OR (waits = %(waits)s AND (created_at < %(created)s OR
(created_at = %(created)s AND thread_id > %(thread)s))))
ORDER BY waits DESC, created_at DESC, thread_id LIMIT %(limit)s"""


async def read(db: AsyncConnection, thread_id: str, tenant: str, *, to_change: bool = False) -> ThreadRecord:
    """`to_change`: nobody else changes it until the transaction ends. Raises NoSuchThread."""
    thread, _ = await read_open(db, thread_id, tenant, lock=" FOR UPDATE" if to_change else "")
    return thread


async def read_open(
    db: AsyncConnection, thread_id: str, tenant: str, *, lock: str = " FOR UPDATE"
) -> tuple[ThreadRecord, list[str]]:
    """The thread, and the questions that it has open. Raises NoSuchThread."""
    if "\0" in thread_id:
        raise NoSuchThread(thread_id)
    row = await (await db.execute(f"{GET}{lock}", (thread_id, tenant))).fetchone()
    if row is None:
        raise NoSuchThread(thread_id)
    return record(row[:-1]), row[-1]


async def page(db: AsyncConnection, tenant: str, status: str | None, limit: int, after: Cursor | None) -> ThreadPage:
    waits, created, thread_id = after or (None, None, None)
    values = {
        "tenant": tenant,
        "status": status,
        "waits": waits,
        "created": created,
        "thread": thread_id,
        "limit": limit + 1,
    }
    return page_of(await (await db.execute(PAGE, values)).fetchall(), limit)

"""Rows of threads in PostgreSQL as the records of the protocol, and the questions that a claim must find open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog.errors import InvalidQuery, NoSuchThread, QuestionClosed, ThreadBusy
from catalog.postgres_pool import AsyncConnection
from graph.runs import Body, ThreadPage, ThreadRecord, ThreadSummary
from graph.sqlite_listing import read_cursor, write_cursor

COLUMNS = "thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at"
GET = f"SELECT {COLUMNS}, questions FROM threads WHERE thread_id = %s AND tenant = %s AND NOT doomed"
PAGE = """SELECT thread_id, status, query, created_at, updated_at, cardinality(questions), waits::int FROM threads
WHERE tenant = %(tenant)s AND NOT doomed AND (%(status)s::text IS NULL OR status = %(status)s)
AND (%(waits)s::boolean IS NULL OR waits < %(waits)s OR (waits = %(waits)s AND (created_at < %(created)s OR
(created_at = %(created)s AND thread_id > %(thread)s))))
ORDER BY waits DESC, created_at DESC, thread_id LIMIT %(limit)s"""


def record(row: Sequence[Any]) -> ThreadRecord:
    thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at = row
    return ThreadRecord(
        thread_id=thread_id,
        tenant=tenant,
        status=status,
        run_id=run_id,
        request=json.loads(request),
        body=json.loads(body) if body else None,
        accepted=json.loads(accepted) if accepted else None,
        plan=json.loads(plan) if plan else None,
        created_at=created_at,
        updated_at=updated_at,
    )


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


def refuse_closed(thread: ThreadRecord, still_open: Sequence[str], asked: Sequence[str]) -> None:
    """Raises ThreadBusy, QuestionClosed."""
    closed = [question_id for question_id in asked if question_id not in still_open]
    if thread.status == "running" and not still_open:
        # A rival's answer is being worked on: to this caller its question is closed, whatever comes next.
        if thread.accepted is None:
            raise ThreadBusy(thread.thread_id)
        raise QuestionClosed(thread.thread_id, asked, [])
    if closed or not asked or thread.status != "input_required":
        raise QuestionClosed(thread.thread_id, closed or asked, still_open)


def questions_of(body: Body) -> list[str]:
    requests = body.get("input_requests")
    if body.get("status") != "input_required" or not isinstance(requests, list):
        return []
    return [str(request["id"]) for request in requests if isinstance(request, dict)]


async def page(db: AsyncConnection, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
    """Raises InvalidQuery for a cursor that is none of ours."""
    waits, created, thread_id = read_cursor(cursor) or (None, None, None)
    if "\0" in f"{created}{thread_id}{status}":
        raise InvalidQuery([("/cursor", "This cursor is none of ours. Take next_cursor of the page before.")])
    values = {
        "tenant": tenant,
        "status": status,
        "waits": None if waits is None else bool(waits),
        "created": created,
        "thread": thread_id,
        "limit": limit + 1,
    }
    rows = await (await db.execute(PAGE, values)).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    summaries = tuple(ThreadSummary(*row[:6]) for row in rows[:limit])
    return ThreadPage(summaries, write_cursor((last[6], last[3], last[0])) if last else None)

"""The list of threads in SQLite, page by page."""

from __future__ import annotations

import sqlite3

from graph.runs import ThreadPage
from graph.thread_cursors import Cursor
from graph.thread_records import page_of


def page(db: sqlite3.Connection, tenant: str, status: str | None, limit: int, after: Cursor | None) -> ThreadPage:
    conditions: list[str] = ["tenant = ?", "NOT doomed"]
    values: list[str | int] = [tenant]
    if status:
        conditions.append("status = ?")
        values.append(status)
    if after:
        conditions.append("(waits < ? OR (waits = ? AND (created_at < ? OR (created_at = ? AND thread_id > ?))))")
        waits, created, thread_id = after
        values += [waits, waits, created, created, thread_id]
    rows = db.execute(
        "SELECT thread_id, status, coalesce(json_extract(request, '$.query'), ''), created_at, updated_at, "
        "(SELECT count(*) FROM questions q WHERE q.thread_id = threads.thread_id), waits FROM threads "
        f"WHERE {' AND '.join(conditions)} ORDER BY waits DESC, created_at DESC, thread_id LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    return page_of(rows, limit)

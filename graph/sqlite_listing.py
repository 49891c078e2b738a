"""The list of threads in SQLite, page by page."""

from __future__ import annotations

import base64
import json
import sqlite3

from catalog.errors import InvalidQuery
from graph.runs import ThreadPage, ThreadSummary

Cursor = tuple[int, str, str]


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
        "SELECT thread_id, status, json_extract(request, '$.query'), created_at, updated_at, waits, "
        "(SELECT count(*) FROM questions q WHERE q.thread_id = threads.thread_id) FROM threads "
        f"WHERE {' AND '.join(conditions)} ORDER BY waits DESC, created_at DESC, thread_id LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    summaries = tuple(ThreadSummary(r[0], r[1], r[2] or "", r[3], r[4], r[6]) for r in rows[:limit])
    return ThreadPage(summaries, write_cursor((last[5], last[3], last[0])) if last else None)


def write_cursor(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def read_cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        waits, created, thread_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        return int(waits), str(created), str(thread_id)
    except (ValueError, TypeError) as error:
        raise InvalidQuery(
            [("/cursor", "This cursor is none of ours. Take next_cursor of the page before.")]
        ) from error

"""Threads and runs in SQLite."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from catalog.errors import InvalidQuery, NoSuchThread, QuestionClosed, ThreadBusy, ThreadExists
from graph.runs import Body, ThreadPage, ThreadRecord, ThreadStatus, ThreadSummary
from graph.sqlite_database import Database, now


class SqliteRuns:
    """Keeps `RunStore`."""

    def __init__(self, database: Database, *, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def create(self, thread_id: str, run_id: str, request: Mapping[str, JsonValue], *, tenant: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            at = now()
            row = (thread_id, tenant, "running", run_id, self._owner, json.dumps(request), at, at)
            taken = db.execute(
                "INSERT OR IGNORE INTO threads "
                "(thread_id, tenant, status, run_id, owner, request, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).rowcount
            if not taken:
                raise ThreadExists(thread_id)

        await self._database.run(work)

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        return await self._database.run(lambda db: _get(db, thread_id, tenant))

    async def claim(
        self, thread_id: str, run_id: str, answers: Sequence[Mapping[str, JsonValue]], *, tenant: str
    ) -> ThreadRecord:
        asked = [str(answer["id"]) for answer in answers]

        def work(db: sqlite3.Connection) -> ThreadRecord:
            thread = _get(db, thread_id, tenant)
            _refuse_closed(db, thread, asked)
            db.execute("DELETE FROM questions WHERE thread_id = ?", (thread_id,))
            db.execute(
                "UPDATE threads SET status = 'running', waits = 0, run_id = ?, owner = ?, accepted = ?, plan = NULL, "
                "updated_at = ? WHERE thread_id = ?",
                (run_id, self._owner, json.dumps(list(answers)), now(), thread_id),
            )
            return thread

        return await self._database.run(work)

    async def note_plan(self, thread_id: str, run_id: str, plan: Mapping[str, JsonValue]) -> None:
        query = "UPDATE threads SET plan = ? WHERE thread_id = ? AND run_id = ? AND status = 'running'"
        values = (json.dumps(plan), thread_id, run_id)
        await self._database.run(lambda db: db.execute(query, values).rowcount)

    async def settle(self, thread_id: str, run_id: str, status: ThreadStatus, body: Body) -> bool:
        text = json.dumps(body)

        def work(db: sqlite3.Connection) -> bool:
            current = db.execute(
                "UPDATE threads SET status = ?, waits = ?, body = ?, accepted = NULL, plan = NULL, updated_at = ? "
                "WHERE thread_id = ? AND run_id = ? AND status = 'running'",
                (status, status == "input_required", text, now(), thread_id, run_id),
            ).rowcount
            if current:
                opened = [(thread_id, question_id) for question_id in _questions(body)]
                db.executemany("INSERT OR IGNORE INTO questions VALUES (?, ?)", opened)
            return bool(current)

        return await self._database.run(work)

    async def current(self, thread_id: str, run_id: str) -> bool:
        query = "SELECT 1 FROM threads WHERE thread_id = ? AND run_id = ? AND status = 'running'"
        row = await self._database.run(lambda db: db.execute(query, (thread_id, run_id)).fetchone())
        return row is not None

    async def cancel(self, thread_id: str, body: Body, *, tenant: str) -> ThreadRecord:
        def work(db: sqlite3.Connection) -> ThreadRecord:
            thread = _get(db, thread_id, tenant)
            if thread.status in ("running", "input_required"):
                db.execute("DELETE FROM questions WHERE thread_id = ?", (thread_id,))
                db.execute(
                    "UPDATE threads SET status = 'cancelled', waits = 0, body = ?, accepted = NULL, updated_at = ? "
                    "WHERE thread_id = ?",
                    (json.dumps(body), now(), thread_id),
                )
            return thread

        return await self._database.run(work)

    async def page(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        after = _read_cursor(cursor)

        def work(db: sqlite3.Connection) -> ThreadPage:
            return _page(db, tenant, status, limit, after)

        return await self._database.run(work)

    async def adopt(self, alive: Callable[[str], bool]) -> list[ThreadRecord]:
        def work(db: sqlite3.Connection) -> list[ThreadRecord]:
            query = f"SELECT owner, {COLUMNS} FROM threads WHERE status = 'running' ORDER BY created_at"
            lost = [_record(row[1:]) for row in db.execute(query).fetchall() if not alive(row[0])]
            changed = [(self._owner, thread.thread_id) for thread in lost]
            db.executemany("UPDATE threads SET owner = ? WHERE thread_id = ?", changed)
            return lost

        return await self._database.run(work)

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            if _get(db, thread_id, tenant).status == "running":
                raise ThreadBusy(thread_id)
            db.execute("DELETE FROM threads WHERE thread_id = ?", (thread_id,))

        await self._database.run(work)

    async def close(self) -> None:
        self._database.close()


COLUMNS = "thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at"


def _record(row: tuple[str, ...]) -> ThreadRecord:
    thread_id, tenant, status, run_id, request, body, accepted, plan, created_at, updated_at = row
    return ThreadRecord(
        thread_id=thread_id,
        tenant=tenant,
        status=status,  # type: ignore[arg-type]  # only settle and cancel write it
        run_id=run_id,
        request=json.loads(request),
        body=json.loads(body) if body else None,
        accepted=json.loads(accepted) if accepted else None,
        plan=json.loads(plan) if plan else None,
        created_at=created_at,
        updated_at=updated_at,
    )


def _get(db: sqlite3.Connection, thread_id: str, tenant: str) -> ThreadRecord:
    row = db.execute(
        f"SELECT {COLUMNS} FROM threads WHERE thread_id = ? AND tenant = ?", (thread_id, tenant)
    ).fetchone()
    if row is None:
        raise NoSuchThread(thread_id)
    return _record(row)


def _refuse_closed(db: sqlite3.Connection, thread: ThreadRecord, asked: Sequence[str]) -> None:
    rows = db.execute("SELECT question_id FROM questions WHERE thread_id = ? ORDER BY rowid", (thread.thread_id,))
    still_open = [question_id for (question_id,) in rows]
    closed = [question_id for question_id in asked if question_id not in still_open]
    if thread.status == "running" and not still_open:
        # A rival's answer is being worked on: to this caller its question is closed, whatever comes next.
        if thread.accepted is None:
            raise ThreadBusy(thread.thread_id)
        raise QuestionClosed(thread.thread_id, asked, [])
    if closed or not asked or thread.status != "input_required":
        raise QuestionClosed(thread.thread_id, closed or asked, still_open)


def _questions(body: Body) -> list[str]:
    requests = body.get("input_requests")
    if body.get("status") != "input_required" or not isinstance(requests, list):
        return []
    return [str(request["id"]) for request in requests if isinstance(request, dict)]


Cursor = tuple[int, str, str]


def _page(db: sqlite3.Connection, tenant: str, status: str | None, limit: int, after: Cursor | None) -> ThreadPage:
    conditions: list[str] = ["tenant = ?"]
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
    return ThreadPage(summaries, _write_cursor((last[5], last[3], last[0])) if last else None)


def _write_cursor(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def _read_cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        waits, created, thread_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        return int(waits), str(created), str(thread_id)
    except (ValueError, TypeError) as error:
        raise InvalidQuery(
            [("/cursor", "This cursor is none of ours. Take next_cursor of the page before.")]
        ) from error

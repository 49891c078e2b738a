"""Threads and runs in SQLite."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from catalog.errors import NoSuchThread, ThreadBusy, ThreadExists
from graph import sqlite_events as log
from graph import sqlite_keys as keys
from graph import sqlite_listing as listing
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
from graph.sqlite_database import Database
from graph.thread_records import COLUMNS, questions_of, record, refuse_closed

HELD = "thread_id = ? AND run_id = ? AND fence = ? AND status = 'running' AND NOT doomed"


class SqliteRuns:
    """Keeps `RunStore`."""

    def __init__(self, database: Database, *, owner: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
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
        def work(db: sqlite3.Connection) -> Hold:
            keys.take(db, key, tenant, thread_id, run_id)
            at = now()
            row = (thread_id, tenant, "running", run_id, self._owner, self._lease(), json.dumps(request), at, at)
            taken = db.execute(
                "INSERT OR IGNORE INTO threads "
                "(thread_id, tenant, status, run_id, owner, lease_until, request, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).rowcount
            if not taken:
                raise ThreadExists(thread_id)
            return Hold(thread_id, run_id, 1)

        return await self._database.run(work)

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        return await self._database.run(lambda db: _get(db, thread_id, tenant))

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

        def work(db: sqlite3.Connection) -> tuple[ThreadRecord, Hold]:
            keys.take(db, key, tenant, thread_id, run_id)
            thread = _get(db, thread_id, tenant)
            refuse_closed(thread, _open_questions(db, thread_id), asked)
            db.execute("DELETE FROM questions WHERE thread_id = ?", (thread_id,))
            (fence,) = db.execute(
                "UPDATE threads SET status = 'running', waits = 0, run_id = ?, owner = ?, lease_until = ?, tries = 0, "
                "fence = fence + 1, accepted = ?, plan = NULL, updated_at = ? WHERE thread_id = ? RETURNING fence",
                (run_id, self._owner, self._lease(), json.dumps(list(answers)), now(), thread_id),
            ).fetchone()
            return thread, Hold(thread_id, run_id, fence)

        return await self._database.run(work)

    async def keyed(self, key: RequestKey, *, tenant: str) -> KeyedRun | None:
        return await self._database.run(lambda db: keys.look_up(db, key, tenant))

    async def note_plan(self, hold: Hold, plan: Mapping[str, JsonValue]) -> None:
        query = f"UPDATE threads SET plan = ? WHERE {HELD}"
        await self._database.run(lambda db: db.execute(query, (json.dumps(plan), *_of(hold))).rowcount)

    async def settle(self, hold: Hold, status: ThreadStatus, body: Body, *, events: Events = ()) -> bool:
        text, rows = json.dumps(body), log.written(events)

        def work(db: sqlite3.Connection) -> bool:
            current = db.execute(
                "UPDATE threads SET status = ?, waits = ?, body = ?, accepted = NULL, plan = NULL, tries = 0, "
                f"updated_at = ? WHERE {HELD}",
                (status, status == "input_required", text, now(), *_of(hold)),
            ).rowcount
            if current:
                opened = [(hold.thread_id, question_id) for question_id in questions_of(body)]
                db.executemany("INSERT OR IGNORE INTO questions VALUES (?, ?)", opened)
                keys.answer(db, hold.run_id, text)
                log.append(db, hold.thread_id, hold.run_id, rows)
            return bool(current)

        return await self._database.run(work)

    async def current(self, hold: Hold) -> bool:
        query = f"SELECT 1 FROM threads WHERE {HELD}"
        row = await self._database.run(lambda db: db.execute(query, _of(hold)).fetchone())
        return row is not None

    async def renew(self, holds: Sequence[Hold]) -> list[Hold]:
        def work(db: sqlite3.Connection) -> list[Hold]:
            query, until = f"UPDATE threads SET lease_until = ? WHERE {HELD}", self._lease()
            return [hold for hold in holds if not db.execute(query, (until, *_of(hold))).rowcount]

        return await self._database.run(work)

    async def release(self, holds: Sequence[Hold], *, tried: bool) -> None:
        owner = "owner" if tried else "''"  # `adopt` counts no try where nobody is named
        query = f"UPDATE threads SET lease_until = 0, owner = {owner} WHERE {HELD}"
        await self._database.run(lambda db: db.executemany(query, [_of(hold) for hold in holds]) and None)

    async def cancel(self, thread_id: str, body: Body, *, tenant: str) -> ThreadRecord:
        text = json.dumps(body)

        def work(db: sqlite3.Connection) -> ThreadRecord:
            thread = _get(db, thread_id, tenant)
            if thread.status in ("running", "input_required"):
                db.execute("DELETE FROM questions WHERE thread_id = ?", (thread_id,))
                db.execute(
                    "UPDATE threads SET status = 'cancelled', waits = 0, body = ?, accepted = NULL, updated_at = ? "
                    "WHERE thread_id = ?",
                    (text, now(), thread_id),
                )
                keys.answer(db, thread.run_id, text)
            return thread

        return await self._database.run(work)

    async def amend(self, hold: Hold, body: Body) -> None:
        query = (
            "UPDATE threads SET body = ? "
            "WHERE thread_id = ? AND run_id = ? AND fence = ? AND status = 'cancelled' AND NOT doomed"
        )
        await self._database.run(lambda db: db.execute(query, (json.dumps(body), *_of(hold))).rowcount)

    async def page(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        after = cursors.read(cursor)
        return await self._database.run(lambda db: listing.page(db, tenant, status, limit, after))

    async def adopt(self, dead: Callable[[str], bool], *, limit: int) -> list[Adopted]:
        def work(db: sqlite3.Connection) -> list[Adopted]:
            query = (
                f"SELECT owner, lease_until, fence, tries, {COLUMNS} FROM threads "
                "WHERE status = 'running' AND NOT doomed ORDER BY created_at"
            )
            known: dict[str, bool] = {"": True, self._owner: False}
            lost: list[Adopted] = []
            for owner, until, fence, tries, *row in db.execute(query):
                if until > time.time() and owner not in known:
                    known[owner] = dead(owner)
                if until <= time.time() or known[owner]:
                    hold = Hold(row[0], row[3], fence + 1)
                    lost.append(Adopted(record(row), hold, tries + bool(owner)))
                if len(lost) == limit:
                    break
            changed = [(self._owner, self._lease(), a.hold.fence, a.tries, a.hold.thread_id) for a in lost]
            renewed = "UPDATE threads SET owner = ?, lease_until = ?, fence = ?, tries = ? WHERE thread_id = ?"
            db.executemany(renewed, changed)
            return lost

        return await self._database.run(work)

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            if _get(db, thread_id, tenant).status == "running":
                raise ThreadBusy(thread_id)
            db.execute("UPDATE threads SET doomed = 1 WHERE thread_id = ?", (thread_id,))

        await self._database.run(work)

    async def tidy(self, retention: Retention, *, limit: int) -> list[str]:
        def work(db: sqlite3.Connection) -> list[str]:
            keys.forget(db, retention)
            if retention.threads_seconds is not None:
                ended = "status NOT IN ('running', 'input_required')"  # as the index has it
                before = now(ago=retention.threads_seconds)
                db.execute(f"UPDATE threads SET doomed = 1 WHERE {ended} AND updated_at < ?", (before,))
            rows = db.execute("SELECT thread_id FROM threads WHERE doomed LIMIT ?", (limit,))
            return [thread_id for (thread_id,) in rows]

        return await self._database.run(work)

    async def erase(self, thread_id: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            if db.execute("DELETE FROM threads WHERE thread_id = ? AND doomed", (thread_id,)).rowcount:
                keys.orphan(db, thread_id)

        await self._database.run(work)

    async def close(self) -> None:
        self._database.close()

    def _lease(self) -> float:
        return time.time() + self._lease_seconds


def now(*, ago: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).isoformat(timespec="milliseconds")


def _of(hold: Hold) -> tuple[str, str, int]:
    return hold.thread_id, hold.run_id, hold.fence


def _get(db: sqlite3.Connection, thread_id: str, tenant: str) -> ThreadRecord:
    row = db.execute(
        f"SELECT {COLUMNS} FROM threads WHERE thread_id = ? AND tenant = ? AND NOT doomed", (thread_id, tenant)
    ).fetchone()
    if row is None:
        raise NoSuchThread(thread_id)
    return record(row)


def _open_questions(db: sqlite3.Connection, thread_id: str) -> list[str]:
    rows = db.execute("SELECT question_id FROM questions WHERE thread_id = ? ORDER BY rowid", (thread_id,))
    return [question_id for (question_id,) in rows]

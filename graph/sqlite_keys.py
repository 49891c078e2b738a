"""Idempotency keys in SQLite: written in the transaction that makes or ends a run, so that neither stands alone."""

from __future__ import annotations

import sqlite3
import time

from catalog.errors import KeyInUse
from graph.request_keys import GONE, keyed_run
from graph.runs import KeyedRun, RequestKey, Retention


def take(db: sqlite3.Connection, key: RequestKey | None, tenant: str, thread_id: str, run_id: str) -> None:
    """Raises KeyReused, KeyInUse."""
    if key is None:
        return
    row = (tenant, key.name, key.fingerprint, thread_id, run_id, time.time())
    taken = db.execute(
        "INSERT OR IGNORE INTO request_keys (tenant, name, fingerprint, thread_id, run_id, made_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        row,
    ).rowcount
    if not taken:
        found = look_up(db, key, tenant)
        raise KeyInUse(key.name, found.thread_id if found else thread_id)


def look_up(db: sqlite3.Connection, key: RequestKey, tenant: str) -> KeyedRun | None:
    """Raises KeyReused, NoSuchThread."""
    query = "SELECT fingerprint, thread_id, body FROM request_keys WHERE tenant = ? AND name = ?"
    row: tuple[str, str, str | None] | None = db.execute(query, (tenant, key.name)).fetchone()
    return keyed_run(row, key)


def answer(db: sqlite3.Connection, run_id: str, body: str) -> None:
    db.execute("UPDATE request_keys SET body = ? WHERE run_id = ? AND body IS NULL", (body, run_id))


def orphan(db: sqlite3.Connection, thread_id: str) -> None:
    db.execute("UPDATE request_keys SET body = ? WHERE thread_id = ?", (GONE, thread_id))


def forget(db: sqlite3.Connection, retention: Retention) -> None:
    """What is too old, and of each tenant the oldest beyond the number. One without an answer stays until it has it."""
    db.execute(
        "DELETE FROM request_keys WHERE body IS NOT NULL AND made_at < ?", (time.time() - retention.keys_seconds,)
    )
    query = "SELECT tenant, count(*) - ? FROM request_keys GROUP BY tenant HAVING count(*) > ?"
    for tenant, beyond in db.execute(query, (retention.keys, retention.keys)).fetchall():
        db.execute(
            "DELETE FROM request_keys WHERE rowid IN (SELECT rowid FROM request_keys "
            "WHERE tenant = ? AND body IS NOT NULL ORDER BY made_at LIMIT ?)",
            (tenant, beyond),
        )

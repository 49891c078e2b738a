"""The SQLite file of threads, runs, their keys and events: what it looks like, and how an older one gets there."""

from __future__ import annotations

from pathlib import Path

from graph.sqlite_database import Database

_KEYS = """
CREATE TABLE request_keys (
    tenant TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL, thread_id TEXT NOT NULL, run_id TEXT NOT NULL,
    body TEXT, made_at REAL NOT NULL, PRIMARY KEY (tenant, name)
);
CREATE INDEX request_keys_open ON request_keys (run_id) WHERE body IS NULL;
CREATE INDEX request_keys_by_age ON request_keys (made_at);
CREATE INDEX request_keys_by_thread ON request_keys (thread_id);
CREATE INDEX threads_ended ON threads (updated_at) WHERE status NOT IN ('running', 'input_required');
CREATE INDEX threads_doomed ON threads (thread_id) WHERE doomed;
"""
SCHEMA = f"""
CREATE TABLE threads (
    thread_id TEXT NOT NULL, tenant TEXT NOT NULL, status TEXT NOT NULL, waits INTEGER NOT NULL DEFAULT 0,
    run_id TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL, body TEXT, accepted TEXT, plan TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    fence INTEGER NOT NULL DEFAULT 1, lease_until REAL NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    doomed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (thread_id)
);
CREATE INDEX threads_listed ON threads (tenant, waits DESC, created_at DESC, thread_id);
CREATE INDEX threads_running ON threads (status) WHERE status = 'running';
CREATE TABLE questions (
    thread_id TEXT NOT NULL REFERENCES threads ON DELETE CASCADE, question_id TEXT NOT NULL,
    PRIMARY KEY (thread_id, question_id)
);
CREATE TABLE events (
    thread_id TEXT NOT NULL, id INTEGER NOT NULL, run_id TEXT NOT NULL, name TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (thread_id, id)
) WITHOUT ROWID;
{_KEYS}
"""
UPGRADES = (
    f"""
ALTER TABLE threads ADD COLUMN fence INTEGER NOT NULL DEFAULT 1;
ALTER TABLE threads ADD COLUMN lease_until REAL NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN doomed INTEGER NOT NULL DEFAULT 0;
{_KEYS}
""",
)


def open_threads(path: Path, *, never_block: bool = False) -> Database:
    """Raises StoreUnavailable."""
    where = "the record of threads"
    return Database.open(path, schema=SCHEMA, upgrades=UPGRADES, where=where, never_block=never_block)

"""Threads, their runs, questions, events and keys; what was sent; what is kept of models and credentials."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# JSON stands as text: it comes back letter for letter, and may hold what `jsonb` refuses (\u0000).
TABLES = """
CREATE TABLE threads (
    thread_id TEXT COLLATE "C" PRIMARY KEY, tenant TEXT COLLATE "C" NOT NULL, status TEXT NOT NULL,
    waits BOOLEAN NOT NULL DEFAULT false, questions TEXT[] NOT NULL DEFAULT '{}', query TEXT NOT NULL DEFAULT '',
    run_id TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL, body TEXT, accepted TEXT, plan TEXT,
    created_at TEXT COLLATE "C" NOT NULL, updated_at TEXT COLLATE "C" NOT NULL, fence BIGINT NOT NULL DEFAULT 1,
    lease_until TIMESTAMPTZ NOT NULL, tries INTEGER NOT NULL DEFAULT 0, doomed BOOLEAN NOT NULL DEFAULT false);
CREATE INDEX threads_listed ON threads (tenant, waits DESC, created_at DESC, thread_id);
CREATE INDEX threads_running ON threads (lease_until) WHERE status = 'running';
CREATE INDEX threads_ended ON threads (updated_at) WHERE status NOT IN ('running', 'input_required');
CREATE INDEX threads_doomed ON threads (thread_id) WHERE doomed;
CREATE TABLE request_keys (
    tenant TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, fingerprint TEXT NOT NULL,
    thread_id TEXT NOT NULL, run_id TEXT NOT NULL, body TEXT, made_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, name));
CREATE INDEX request_keys_open ON request_keys (run_id) WHERE body IS NULL;
CREATE INDEX request_keys_by_age ON request_keys (made_at);
CREATE INDEX request_keys_by_thread ON request_keys (thread_id);
CREATE TABLE events (
    thread_id TEXT COLLATE "C" NOT NULL, id BIGINT NOT NULL, run_id TEXT NOT NULL, name TEXT NOT NULL,
    facts TEXT NOT NULL, PRIMARY KEY (thread_id, id));
CREATE TABLE event_counts (thread_id TEXT COLLATE "C" PRIMARY KEY, last BIGINT NOT NULL);
CREATE TABLE calls (
    key TEXT COLLATE "C" PRIMARY KEY, thread_id TEXT COLLATE "C" NOT NULL, step TEXT NOT NULL, api_id TEXT NOT NULL,
    fence BIGINT NOT NULL, state TEXT NOT NULL CHECK (state IN ('planned', 'sending', 'done', 'failed', 'unknown')),
    reply TEXT, error TEXT NOT NULL DEFAULT '', planned_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    begun_at TIMESTAMPTZ, finished_at TIMESTAMPTZ);
CREATE INDEX calls_by_thread ON calls (thread_id);
CREATE TABLE responses (
    thread_id TEXT COLLATE "C" NOT NULL, step TEXT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (thread_id, step));
CREATE TABLE answers (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL, written_at DOUBLE PRECISION NOT NULL, answer TEXT NOT NULL, UNIQUE (tenant, key));
CREATE INDEX answers_by_age ON answers (written_at);
CREATE TABLE vault (key TEXT COLLATE "C" PRIMARY KEY, value TEXT NOT NULL);
"""


def upgrade() -> None:
    op.execute(TABLES)

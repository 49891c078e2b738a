"""Brings the tables in PostgreSQL to the version that this program knows; one replica does, the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from langgraph.checkpoint.postgres.base import MIGRATIONS as CHECKPOINT_MIGRATIONS

from catalog.errors import StoreUnavailable
from catalog.postgres_link import LINK, place_of, told

NEWEST = "0004"
"""The last version in `graph/migrations/versions`."""
LOCK = 0x53574255
LOCK_SECONDS = 60.0
PAUSE_SECONDS = 0.1
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class SchemaState:
    """What a database holds, and what this program knows."""

    where: str
    found: str | None
    """None: there are no tables yet."""
    newest: str
    checkpoints_found: int
    """-1: there are none yet. These tables are LangGraph's own."""
    checkpoints_newest: int

    @property
    def current(self) -> bool:
        return self.found == self.newest and self.checkpoints_found == self.checkpoints_newest


def prepare(url: str) -> SchemaState:
    """Make or upgrade the tables, where that is needed; returns what was found before.

    Raises StoreUnavailable, also where the tables are newer than this program, and then has changed nothing.
    """
    with told(place_of(url)), _connected(url) as db:
        found = _state(db, url)
        if not found.current:
            with _alone(db, place_of(url)):
                _upgrade(db, url, _state(db, url))
        return found


def state_of(url: str) -> SchemaState:
    """Raises StoreUnavailable."""
    with told(place_of(url)), _connected(url) as db:
        return _state(db, url)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, **LINK) as db:  # type: ignore[arg-type]  # libpq's own parameters
        yield db


def _state(db: Connection, url: str) -> SchemaState:
    checkpoints = _value(db, "checkpoint_migrations", "SELECT max(v) FROM checkpoint_migrations")
    found = _value(db, "alembic_version", "SELECT version_num FROM alembic_version")
    state = SchemaState(
        place_of(url),
        str(found) if found is not None else None,
        NEWEST,
        int(str(checkpoints)) if checkpoints is not None else -1,
        len(CHECKPOINT_MIGRATIONS) - 1,
    )
    if (state.found or "") > NEWEST or state.checkpoints_found > state.checkpoints_newest:
        raise StoreUnavailable(state.where, f"its tables are newer ({found}) than this program knows; update it")
    return state


def _value(db: Connection, table: str, query: str) -> object:
    row = db.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    if row is None or row[0] is None:
        return None
    first = db.execute(query).fetchone()
    return first[0] if first else None


@contextmanager
def _alone(db: Connection, where: str) -> Iterator[None]:
    """While no other replica upgrades. Asked again and again: who waits inside the server blocks CREATE INDEX there."""
    deadline = time.monotonic() + LOCK_SECONDS
    while not _locked(db):
        if time.monotonic() > deadline:
            raise StoreUnavailable(where, "another process has been upgrading its tables for a minute")
        time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        db.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def _locked(db: Connection) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(row and row[0])


def _upgrade(db: Connection, url: str, state: SchemaState) -> None:
    if state.found != state.newest:
        _run_migrations(url)
    if state.checkpoints_found != state.checkpoints_newest:
        from langgraph.checkpoint.postgres import PostgresSaver
        from psycopg.rows import dict_row

        with psycopg.connect(url, row_factory=dict_row, **LINK) as own:  # type: ignore[arg-type]  # as above
            PostgresSaver(own).setup()


def _run_migrations(url: str) -> None:
    # Heavy, and only wanted when there is something to do.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", "graph:migrations")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

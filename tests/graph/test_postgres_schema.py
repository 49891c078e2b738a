"""The tables in PostgreSQL: made once, however many replicas start at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.errors import StoreUnavailable
from evals.local_postgres import LocalPostgres


def test_replicas_that_start_at_once_make_the_tables_once(postgres: LocalPostgres) -> None:
    import psycopg

    from graph.postgres_schema import NEWEST, prepare, state_of

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as db:
        db.execute("CREATE DATABASE at_once")
    url = postgres.url("at_once")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(prepare, [url] * 4))
    assert [state.found for state in found].count(NEWEST) < 4
    assert state_of(url).current
    postgres.drop(url)


def test_tables_that_fit_are_left_as_they_are(database_url: str) -> None:
    from graph.postgres_schema import prepare

    assert prepare(database_url).current


def test_checkpoints_of_a_newer_langgraph_are_refused(database_url: str) -> None:
    import psycopg

    from graph.postgres_schema import prepare

    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("INSERT INTO checkpoint_migrations (v) VALUES (999)")
    with pytest.raises(StoreUnavailable, match="newer"):
        prepare(database_url)

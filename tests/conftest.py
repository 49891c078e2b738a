"""A real PostgreSQL for the stores' contracts: one server for each test process, a database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.local_postgres import LocalPostgres, local_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """Started when the first test asks for it."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    pytest.importorskip("alembic", reason="the extra `postgres` is not installed")
    with local_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: LocalPostgres) -> Iterator[str]:
    """A database of this test's own, with all tables."""
    url = postgres.new_database()
    yield url
    postgres.drop(url)

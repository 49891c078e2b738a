"""What every room's tests share: servers on loopback that may be called, and a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from evals.local_postgres import LocalPostgres, local_postgres

# The servers of the tests listen on loopback, which nothing contacts unless it is allowed.
os.environ["SWITCHBOARD_ALLOW_NETWORKS"] = '["127.0.0.0/8", "::1/128"]'


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """Started when the first test asks for it: one server for each test process, a database for each test."""
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

"""The catalog's connections to PostgreSQL: any number of readers, one writer at a time over all replicas."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from catalog.postgres_pool import Connection, Pool

CONNECTIONS = 3
"""What questions read is mostly remembered; this is for lists, the index and imports."""
WRITERS_LOCK = 0x53574254  # "SWBT"
LOCK_SECONDS = 10


class Connections:
    """What is raised inside rolls back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = Pool(url, CONNECTIONS)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose reads all see the same state of the catalog."""
        with self._pool.connection() as db:
            db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield db
            db.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back if anything is raised."""
        with self._pool.connection() as db, db.transaction():
            db.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            db.execute(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
            yield db

    @contextlib.contextmanager
    def looking(self) -> Iterator[Connection]:
        """For one statement."""
        with self._pool.connection() as db:
            yield db

    def close(self) -> None:
        self._pool.close()

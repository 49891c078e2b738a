"""A SQLite file: opened, upgraded, and written by one writer at a time."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from catalog.errors import StoreUnavailable

T = TypeVar("T")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


WAIT_SECONDS = 10.0
TIDIED_AFTER = 400
"""Transactions on the loop between two checkpoints of the write-ahead log, about 10 MB."""


class Database:
    """One writer at a time. A transaction is run on the event loop if the file is free at once, else in a thread.

    A handful of rows into the write-ahead log takes 0.1 ms and waits for no disk; a thread for it costs more, and with
    16 questions at once the threads' fight for the interpreter took a quarter of the throughput.
    """

    def __init__(self, connection: sqlite3.Connection, quick: sqlite3.Connection | None, where: str) -> None:
        self._connection = connection
        self._where = where
        self._quick = quick
        """Never waits, and never copies the log into the file: that would wait for the disk."""
        self._since_tidied = 0
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        schema: str,
        upgrades: Sequence[str] = (),
        where: str,
        wait_seconds: float = WAIT_SECONDS,
        never_block: bool = False,
    ) -> Database:
        """Raises StoreUnavailable. A file that we cannot read is never written.

        `schema` makes a new file; each of `upgrades` leads from one version to the next. `where` names it in errors.
        `wait_seconds`: for another process that writes, once it is open. `never_block`: every transaction in a thread,
        for an event loop that is not ours.
        """
        connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
            _migrate(connection, path, schema, upgrades)
            connection.execute(f"PRAGMA busy_timeout = {round(wait_seconds * 1000)}")
            quick = None if never_block else _quick(path)
        except (sqlite3.Error, OSError, StoreUnavailable) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, StoreUnavailable):
                raise
            raise StoreUnavailable(str(path), str(error)) from error
        return cls(connection, quick, where)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The work in one transaction. Raises StoreUnavailable when the file cannot be used."""
        if self._quick is not None and self._since_tidied < TIDIED_AFTER and self._lock.acquire(blocking=False):
            try:
                with _transaction(self._quick):
                    self._since_tidied += 1
                    return work(self._quick)
            except sqlite3.Error:
                pass  # mostly another process that writes just now: waited for, and told if it is worse, in a thread
            finally:
                self._lock.release()
        self._since_tidied = 0
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock, _transaction(self._connection):
                return work(self._connection)
        except sqlite3.Error as error:
            raise StoreUnavailable(self._where, str(error)) from error

    def close(self) -> None:
        with self._lock:
            if self._quick is not None:
                self._quick.close()
            self._connection.close()


def _quick(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    connection.executescript("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection, path: Path, schema: str, upgrades: Sequence[str]) -> None:
    newest = 1 + len(upgrades)
    with _transaction(connection):  # of processes that open it at once, one upgrades it
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > newest:
            raise StoreUnavailable(str(path), f"its schema is version {version}, this program knows {newest}")
        for script in upgrades[version - 1 :] if version else (schema,):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")

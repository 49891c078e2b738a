"""Connections to PostgreSQL, kept open and lent out, in threads and on the event loop.

Not the driver's own pool: that one reconnects behind the scenes, and tells who waits neither when nor why it failed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from catalog.errors import StoreUnavailable
from catalog.postgres_link import LINK, WAIT_SECONDS, gone, place_of, told

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]
AsyncConnection = psycopg.AsyncConnection[Row]
WORK_SECONDS = 10.0
"""For one piece of work on the event loop; what takes longer waits for a server that does not answer."""
TAKEN = f"all connections of this process were taken for {WAIT_SECONDS:g} s; see SWITCHBOARD_DATABASE_CONNECTIONS"


class Pool:
    """For threads. A connection is made when one is wanted; what fails, fails at once and with its reason."""

    def __init__(self, url: str, most: int) -> None:
        self.where = place_of(url)
        self._url = url
        self._idle: list[Connection] = []
        self._free = threading.BoundedSemaphore(most)
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Raises StoreUnavailable, also for whatever the driver reports inside."""
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise StoreUnavailable(self.where, TAKEN)
        try:
            with told(self.where):
                connection = self._live()
                try:
                    yield connection
                except psycopg.Error:
                    connection.close()  # whatever state it is in: a server that turned read-only, or is stopping
                    raise
                finally:
                    self._give_back(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _live(self) -> Connection:
        if self._closed:
            raise StoreUnavailable(self.where, "it was closed")
        while self._idle:
            if not gone(connection := self._idle.pop()):
                return connection
            connection.close()
        return psycopg.connect(self._url, **LINK)  # type: ignore[arg-type]  # libpq's own parameters

    def _give_back(self, connection: Connection) -> None:
        if self._closed or _spoilt(connection):
            connection.close()  # the server rolls back what was not committed
        else:
            self._idle.append(connection)


class AsyncPool:
    """The same on the event loop, and nothing that is done with a connection takes longer than `work_seconds`."""

    def __init__(self, url: str, most: int, *, work_seconds: float = WORK_SECONDS) -> None:
        self._work_seconds = work_seconds
        self.where = place_of(url)
        self._url = url
        self._idle: list[AsyncConnection] = []
        self._free = asyncio.BoundedSemaphore(most)
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Raises StoreUnavailable, also for whatever the driver reports inside."""
        await self._turn()
        try:
            with told(self.where):
                async with asyncio.timeout(self._work_seconds):
                    connection = await self._live()
                    try:
                        yield connection
                    except (psycopg.Error, asyncio.CancelledError):
                        # In the middle of a pipeline it may look idle, and undo what the next one writes.
                        await connection.close()
                        raise
                    finally:
                        await self._give_back(connection)
        finally:
            self._free.release()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """All of it is committed at the end, or nothing."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # there is one: this waits for nothing
            return
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise StoreUnavailable(self.where, TAKEN) from error

    async def _live(self) -> AsyncConnection:
        if self._closed:
            raise StoreUnavailable(self.where, "it was closed")
        while self._idle:
            if not gone(connection := self._idle.pop()):
                return connection
            await connection.close()
        return await psycopg.AsyncConnection.connect(self._url, **LINK)  # type: ignore[arg-type]  # as above

    async def _give_back(self, connection: AsyncConnection) -> None:
        if self._closed or _spoilt(connection):
            await connection.close()
        else:
            self._idle.append(connection)


def _spoilt(connection: Connection | AsyncConnection) -> bool:
    return connection.closed or connection.info.transaction_status != TransactionStatus.IDLE

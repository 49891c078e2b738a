"""The stores of one process in SQLite, each a file in the data folder."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from callers.protocol import Ledger
from callers.sqlite_ledger import SqliteLedger
from callers.vault import SqliteVault, Vault
from catalog.errors import StoreUnavailable
from catalog.lessons import Lessons
from catalog.store import CatalogStore
from graph.catalog_opening import open_catalog
from graph.checkpoints import WaitingThreads
from graph.owners import alive, owner
from graph.settings import Settings
from graph.sqlite_cache import open_cache
from graph.sqlite_events import SqliteEvents
from graph.sqlite_lessons import open_lessons
from graph.sqlite_runs import SqliteRuns
from graph.sqlite_threads import open_threads
from graph.storage import ThreadStores
from reasoners.cache import AnswerCache

T = TypeVar("T")


class SqliteStorage:
    """Keeps `Storage`."""

    def __init__(self, settings: Settings, *, never_block: bool) -> None:
        self._settings = settings
        self._folder = settings.folder
        self._never_block = never_block

    def catalog(self) -> CatalogStore:
        return open_catalog(self._settings, never_block=self._never_block)

    def ledger(self) -> Ledger:
        return SqliteLedger.open(self._folder / "ledger.db")

    def vault(self) -> Vault:
        return SqliteVault(self._folder / "credentials.db")

    def cache(self) -> AnswerCache | None:
        path, life, most = self._folder / "cache.db", self._settings.cache_seconds, self._settings.cache_answers
        if self._settings.chosen_reasoner == "offline" or not life:
            return None
        return open_cache(path, life_seconds=life, most=most, never_block=self._never_block)

    def lessons(self) -> Lessons | None:
        path, most = self._folder / "lessons.db", self._settings.learned_questions
        return open_lessons(path, most=most, never_block=self._never_block)

    @asynccontextmanager
    async def threads(self) -> AsyncIterator[ThreadStores]:
        owners = self._folder / "owners"
        checkpoints = self._folder / "checkpoints.db"
        async with _off_the_loop(owner(owners)) as name:
            database = await asyncio.to_thread(open_threads, self._folder / "threads.db", never_block=self._never_block)
            try:
                async with WaitingThreads.from_conn_string(str(checkpoints)) as saver:
                    await _usable(saver, str(checkpoints))
                    runs = SqliteRuns(database, owner=name, lease_seconds=self._settings.lease_seconds)
                    yield ThreadStores(runs, SqliteEvents(database), saver, lambda other: not alive(owners, other))
            finally:
                await asyncio.to_thread(database.close)


async def _usable(saver: AsyncSqliteSaver, where: str) -> None:
    """Raises StoreUnavailable now, rather than at the first thread that waits."""
    try:
        await saver.setup()
    except sqlite3.Error as error:
        raise StoreUnavailable(where, str(error)) from error


@asynccontextmanager
async def _off_the_loop(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context that touches files, entered and left in a thread: Studio's platform refuses to be blocked."""
    entered = await asyncio.to_thread(context.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)

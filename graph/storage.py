"""Where all that outlives a process is kept: SQLite files in the data folder, or PostgreSQL if its URL is set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver

from callers.protocol import Ledger
from callers.vault import Vault
from catalog.lessons import Lessons
from catalog.store import CatalogStore
from graph.catalog_opening import postgres_url
from graph.runs import EventLog, RunStore
from graph.settings import Settings
from reasoners.cache import AnswerCache


@dataclass(frozen=True)
class ThreadStores:
    """What the run manager works with."""

    runs: RunStore
    events: EventLog
    checkpointer: BaseCheckpointSaver[Any]
    dead: Callable[[str], bool]
    """Whether the owner of that name is known to be gone, before its leases tell."""


class Storage(Protocol):
    """The stores of one process. Whoever takes one closes it; those over the same connections close together."""

    def catalog(self) -> CatalogStore: ...

    def ledger(self) -> Ledger: ...

    def vault(self) -> Vault: ...

    def cache(self) -> AnswerCache | None:
        """None: a model is asked every time, or none is asked at all."""

    def lessons(self) -> Lessons | None:
        """None: nothing is learned from questions."""

    def threads(self) -> AbstractAsyncContextManager[ThreadStores]: ...


def open_storage(settings: Settings, *, never_block: bool = False) -> Storage:
    """Reads and writes files, or asks the database: not for the event loop. Raises StoreUnavailable, SettingsError."""
    url = postgres_url(settings)
    if url is None:
        from graph.sqlite_storage import SqliteStorage

        return SqliteStorage(settings, never_block=never_block)
    from graph.postgres_storage import PostgresStorage  # heavy, and only wanted where it is configured

    return PostgresStorage(settings, url)

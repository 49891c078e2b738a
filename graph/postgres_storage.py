"""The stores of one replica in PostgreSQL, over connections that all of them share."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callers.postgres_ledger import PostgresLedger
from callers.postgres_vault import PostgresVault
from callers.protocol import Ledger
from callers.vault import Vault
from catalog.lessons import Lessons
from catalog.postgres_pool import AsyncPool
from catalog.store import CatalogStore
from graph.catalog_opening import open_catalog
from graph.postgres_cache import PostgresCache
from graph.postgres_checkpoints import PostgresWaitingThreads
from graph.postgres_events import PostgresEvents
from graph.postgres_lessons import PostgresLessons
from graph.postgres_runs import PostgresRuns
from graph.settings import Settings
from graph.storage import ThreadStores
from reasoners.cache import AnswerCache


class PostgresStorage:
    """Keeps `Storage`. The catalog is opened first: that makes the tables."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._pool = AsyncPool(url, settings.database_connections)

    def catalog(self) -> CatalogStore:
        return open_catalog(self._settings)

    def ledger(self) -> Ledger:
        return PostgresLedger(self._pool)

    def vault(self) -> Vault:
        return PostgresVault(self._pool)

    def cache(self) -> AnswerCache | None:
        life, most = self._settings.cache_seconds, self._settings.cache_answers
        if self._settings.chosen_reasoner == "offline" or not life:
            return None
        return PostgresCache(self._pool, life_seconds=life, most=most)

    def lessons(self) -> Lessons | None:
        most = self._settings.learned_questions
        return PostgresLessons(self._pool, most=most) if most else None

    @asynccontextmanager
    async def threads(self) -> AsyncIterator[ThreadStores]:
        runs = PostgresRuns(self._pool, owner=uuid.uuid4().hex, lease_seconds=self._settings.lease_seconds)
        # Who lives on another machine cannot be seen from here: only leases tell.
        yield ThreadStores(
            runs, PostgresEvents(self._pool), PostgresWaitingThreads(self._pool), dead=lambda owner: False
        )

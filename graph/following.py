"""Keeps a replica's index with a catalog that other replicas change, in the background of questions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

from catalog.store import CatalogIndex, CatalogStore, Found, Level

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 1.0
"""A question waits so long for what is new; then the last index answers, less what has left the catalog."""


@runtime_checkable
class Announced(Protocol):
    """A catalog that tells of changes by others."""

    async def listen(self, changed: Callable[[], object]) -> None:
        """Until cancelled; `changed` is called after every change."""


class FollowingIndex:
    """Keeps `CatalogIndex`: another one, which is brought up to date by one task at a time."""

    def __init__(self, index: CatalogIndex) -> None:
        self._index = index
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def catch_up(self) -> asyncio.Task[None]:
        """Take in what changed, in a task that is shared by all who ask for it."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._take_in(), name="index")
            self._task.add_done_callback(_tell)
        else:
            self._again = True
        return self._task

    async def sync(self) -> None:
        task = self.catch_up()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if done:
            task.result()

    async def search(
        self,
        query: str,
        *,
        k: int = 64,
        level: Level = "api",
        categories: Sequence[str] = (),
        tools: Sequence[str] = (),
    ) -> Found:
        return await self._index.search(query, k=k, level=level, categories=categories, tools=tools)

    async def matching(self, query: str, *, categories: Sequence[str] = ()) -> int:
        return await self._index.matching(query, categories=categories)

    def weight(self, word: str) -> float:
        return self._index.weight(word)

    def words(self, text: str) -> list[str]:
        return self._index.words(text)

    async def close(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._index.close()

    async def _take_in(self) -> None:
        while True:
            self._again = False
            await self._index.sync()
            if not self._again:
                return


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("The index is behind the catalog: %s", error)


@asynccontextmanager
async def following(catalog: CatalogStore, index: CatalogIndex) -> AsyncIterator[None]:
    """While this goes on, a change by any replica is taken in here. Does nothing for a catalog that tells of none."""
    if not isinstance(catalog, Announced) or not isinstance(index, FollowingIndex):
        yield
        return
    task = asyncio.create_task(catalog.listen(index.catch_up), name="catalog")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})

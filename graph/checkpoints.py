"""Checkpoints in SQLite, of threads that wait: what a finished thread brought stands in the record of threads."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from catalog.errors import StoreUnavailable

FRESH_KEY = "switchboard_fresh"
"""In a run's configuration: the thread begins, so that there is nothing to be read."""
PAUSES_SECONDS = (0.1, 0.5)
"""Before a file that another process uses is tried again; each try waits for it by itself, too."""
T = TypeVar("T")
log = logging.getLogger(__name__)


def begins(config: RunnableConfig) -> bool:
    return bool(config.get("configurable", {}).get(FRESH_KEY))


def is_over(checkpoint: Checkpoint) -> bool:
    """It has its result: nothing resumes it."""
    return "result" in checkpoint["channel_values"]


class WaitingThreads(AsyncSqliteSaver):
    """Reads nothing for a thread that begins, and writes nothing of one that has its result: nothing resumes it.

    Both would cost a fifth of a question that is answered without a pause. Raises StoreUnavailable.
    """

    pauses_seconds: Sequence[float] = PAUSES_SECONDS

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if begins(config):
            return None
        reading = super().aget_tuple
        return await self._patiently(lambda: reading(config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if is_over(checkpoint):
            return config
        writing = super().aput
        return await self._patiently(lambda: writing(config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        writing = super().aput_writes
        await self._patiently(lambda: writing(config, writes, task_id, task_path))

    async def adelete_thread(self, thread_id: str) -> None:
        deleting = super().adelete_thread
        await self._patiently(lambda: deleting(thread_id))

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """The work, tried again where the file is in use. All of it is safe to repeat."""
        for pause in self.pauses_seconds:
            try:
                return await self._whole(work)
            except sqlite3.Error as error:
                log.warning("the checkpoints cannot be used yet: %s", error)
                await asyncio.sleep(pause)
        try:
            return await self._whole(work)
        except sqlite3.Error as error:
            raise StoreUnavailable("the store of checkpoints", str(error)) from error

    async def _whole(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        except sqlite3.Error:
            async with self.lock:
                await self.conn.rollback()  # a transaction left half open would keep what is read at what it was
            raise

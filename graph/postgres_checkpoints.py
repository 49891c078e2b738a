"""Checkpoints in PostgreSQL, of threads that wait: the twin of `graph/checkpoints.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row

from catalog.postgres_pool import AsyncPool
from graph.checkpoints import begins, is_over

NUL = "\0"


class PostgresSaver(AsyncPostgresSaver):
    """On any number of connections at once; LangGraph's own holds one lock for all. Raises StoreUnavailable."""

    def __init__(self, pool: AsyncPool) -> None:
        super().__init__(conn=pool)  # type: ignore[arg-type]  # only `_cursor` uses it
        self._pool = pool

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        async with self._pool.connection() as db:
            if pipeline:  # several statements that belong together, in one round trip
                async with db.pipeline(), db.transaction(), db.cursor(binary=True, row_factory=dict_row) as cursor:
                    yield cursor
            else:
                async with db.cursor(binary=True, row_factory=dict_row) as cursor:
                    yield cursor

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await super().aput(config, _without_nul(checkpoint), metadata, new_versions)


class PostgresWaitingThreads(PostgresSaver):
    """Reads nothing for a thread that begins, and writes nothing of one that has its result: nothing resumes it."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if begins(config):
            return None
        return await super().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if is_over(checkpoint):
            return config
        return await super().aput(config, checkpoint, metadata, new_versions)


def _without_nul(checkpoint: Checkpoint) -> Checkpoint:
    """Short texts stand in a column that takes no NUL; nothing that is asked needs one."""
    values: dict[str, Any] = checkpoint["channel_values"]
    spoilt = {name: value for name, value in values.items() if isinstance(value, str) and NUL in value}
    if not spoilt:
        return checkpoint
    mended = {name: value.replace(NUL, "") for name, value in spoilt.items()}
    return {**checkpoint, "channel_values": {**values, **mended}}

"""Checkpoints in SQLite, of threads that wait: what a finished thread brought stands in the record of threads."""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

FRESH_KEY = "switchboard_fresh"
"""In a run's configuration: the thread begins, so that there is nothing to be read."""


class WaitingThreads(AsyncSqliteSaver):
    """Reads nothing for a thread that begins, and writes nothing of one that has its result: nothing resumes it.

    Both would cost a fifth of a question that is answered without a pause.
    """

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if config.get("configurable", {}).get(FRESH_KEY):
            return None
        return await super().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if "result" in checkpoint["channel_values"]:
            return config
        return await super().aput(config, checkpoint, metadata, new_versions)

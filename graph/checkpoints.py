"""Checkpoints in SQLite, of threads that wait: a finished thread's answer stands in the record of threads."""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


class WaitingThreads(AsyncSqliteSaver):
    """Writes no checkpoint of a thread that has its result: nothing resumes it, and it costs a sixth of a question."""

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

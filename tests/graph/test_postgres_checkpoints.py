"""Checkpoints in PostgreSQL: LangGraph's own conformance kit, many at once, and what JSON there cannot hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint

from catalog.errors import StoreUnavailable
from evals.local_postgres import LocalPostgres

conformance = pytest.importorskip("langgraph.checkpoint.conformance", reason="the conformance kit is not installed")


async def test_it_passes_langgraphs_conformance_kit(postgres: LocalPostgres) -> None:
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_checkpoints import PostgresSaver

    url = postgres.new_database()

    async def saver() -> AsyncIterator[PostgresSaver]:
        pool = AsyncPool(url, 4)
        yield PostgresSaver(pool)
        await pool.close()

    report = await conformance.validate(conformance.checkpointer_test(name="PostgreSQL")(saver))
    postgres.drop(url)
    assert report.passed_all_base(), report.to_dict()


async def test_many_threads_are_written_and_read_at_once(database_url: str) -> None:
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_checkpoints import PostgresWaitingThreads

    pool = AsyncPool(database_url, 4)
    saver = PostgresWaitingThreads(pool)

    def config(number: int) -> RunnableConfig:
        return {"configurable": {"thread_id": str(number), "checkpoint_ns": ""}}

    async def written(number: int) -> object:
        checkpoint = {**empty_checkpoint(), "channel_values": {"query": f"q{number}\0", "plan": [number]}}
        versions = {"query": "1", "plan": "1"}
        checkpoint["channel_versions"] = versions
        await saver.aput(config(number), checkpoint, {}, versions)  # type: ignore[arg-type]  # a checkpoint, in parts
        found = await saver.aget_tuple(config(number))
        return found and found.checkpoint["channel_values"]

    values = await asyncio.gather(*(written(number) for number in range(20)))
    await pool.close()
    assert values == [{"query": f"q{number}", "plan": [number]} for number in range(20)]


async def test_a_finished_thread_leaves_no_checkpoint(database_url: str) -> None:
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_checkpoints import PostgresWaitingThreads

    pool = AsyncPool(database_url, 1)
    saver = PostgresWaitingThreads(pool)
    config: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    await saver.aput(config, {**empty_checkpoint(), "channel_values": {"result": {}}}, {}, {})
    found = await saver.aget_tuple(config)
    await pool.close()
    assert found is None


async def test_a_database_that_is_away_is_told(database_url: str) -> None:
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_checkpoints import PostgresWaitingThreads

    saver = PostgresWaitingThreads(AsyncPool("postgresql://127.0.0.1:1/none", 1))
    with pytest.raises(StoreUnavailable, match="refused"):
        await saver.aget_tuple({"configurable": {"thread_id": "t", "checkpoint_ns": ""}})

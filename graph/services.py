"""The one place where everything meets: parts, threads, checkpoints, the graph and its run manager."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read by langgraph on import: unknown types are not loaded

from catalog.store import CatalogIndex, CatalogStore
from graph.build import Graph, build
from graph.following import following
from graph.manager import RunManager
from graph.opening import open_parts
from graph.parts import Parts
from graph.settings import Settings
from graph.storage import open_storage
from graph.upkeep import Upkeep


@dataclass(frozen=True)
class Services:
    """What the doors work with."""

    settings: Settings
    catalog: CatalogStore
    index: CatalogIndex
    parts: Parts
    graph: Graph
    runs: RunManager


@asynccontextmanager
async def open_services(
    settings: Settings, *, recover: bool = False, never_block: bool = False
) -> AsyncIterator[Services]:
    """Everything open. With `recover`, runs that a crash cut off are taken up again.

    `never_block` is for an event loop that is not ours, and that refuses any call that blocks.

    Raises StoreUnavailable, SettingsError.
    """
    storage = await asyncio.to_thread(open_storage, settings, never_block=never_block)
    async with (
        open_parts(settings, storage=storage, never_block=never_block) as parts,
        storage.threads() as stores,
        following(parts.catalog, parts.index),
    ):
        graph = build(parts, checkpointer=stores.checkpointer)
        manager = RunManager(
            graph=graph, parts=parts, runs=stores.runs, events=stores.events, checkpointer=stores.checkpointer
        )
        upkeep = Upkeep(
            manager,
            dead=stores.dead,
            retention=settings.retention,
            recover=recover,
            lease_seconds=settings.lease_seconds,
        )
        try:
            async with upkeep.going_on():
                yield Services(settings, parts.catalog, parts.index, parts, graph, manager)
        finally:
            await manager.close()

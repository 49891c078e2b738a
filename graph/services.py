"""The one place where everything meets: parts, threads, checkpoints, the graph and its run manager."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read by langgraph on import: unknown types are not loaded

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from catalog.errors import StoreUnavailable
from catalog.store import CatalogIndex, CatalogStore
from graph.build import Graph, build
from graph.checkpoints import WaitingThreads
from graph.manager import RunManager
from graph.opening import open_parts
from graph.owners import alive, owner
from graph.parts import Parts
from graph.settings import Settings
from graph.sqlite_events import SqliteEvents
from graph.sqlite_runs import SqliteRuns
from graph.sqlite_threads import open_threads
from graph.upkeep import Upkeep

T = TypeVar("T")


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
    async with (
        open_parts(settings, never_block=never_block) as parts,
        _off_the_loop(owner(settings.folder / "owners")) as name,
    ):
        database = await asyncio.to_thread(open_threads, settings.folder / "threads.db", never_block=never_block)
        async with WaitingThreads.from_conn_string(str(settings.folder / "checkpoints.db")) as saver:
            await _usable(saver, settings.folder / "checkpoints.db")
            graph = build(parts, checkpointer=saver)
            manager = RunManager(
                graph=graph,
                parts=parts,
                runs=SqliteRuns(database, owner=name, lease_seconds=settings.lease_seconds),
                events=SqliteEvents(database),
                checkpointer=saver,
            )
            owners = settings.folder / "owners"
            upkeep = Upkeep(
                manager,
                dead=lambda owner: not alive(owners, owner),
                retention=settings.retention,
                recover=recover,
                lease_seconds=settings.lease_seconds,
            )
            try:
                async with upkeep.going_on():
                    yield Services(settings, parts.catalog, parts.index, parts, graph, manager)
            finally:
                await manager.close()
                await asyncio.to_thread(database.close)


async def _usable(saver: AsyncSqliteSaver, path: Path) -> None:
    """Raises StoreUnavailable now, rather than at the first thread that waits."""
    try:
        await saver.setup()
    except sqlite3.Error as error:
        raise StoreUnavailable(str(path), str(error)) from error


@asynccontextmanager
async def _off_the_loop(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context that touches files, entered and left in a thread: Studio's platform refuses to be blocked."""
    entered = await asyncio.to_thread(context.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)

"""The one place where everything meets: parts, threads, checkpoints, the graph and its run manager."""

from __future__ import annotations

import asyncio
import logging
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
from graph.owners import owner
from graph.parts import Parts
from graph.settings import Settings
from graph.sqlite_database import Database
from graph.sqlite_events import SqliteEvents
from graph.sqlite_runs import SqliteRuns

T = TypeVar("T")
log = logging.getLogger(__name__)
RECOVERY_SECONDS = 20.0
"""Between two looks for runs whose process died; one look costs a query on an index."""


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
        database = await asyncio.to_thread(Database.open, settings.folder / "threads.db", never_block=never_block)
        async with WaitingThreads.from_conn_string(str(settings.folder / "checkpoints.db")) as saver:
            await _usable(saver, settings.folder / "checkpoints.db")
            graph = build(parts, checkpointer=saver)
            manager = RunManager(
                graph=graph,
                parts=parts,
                runs=SqliteRuns(database, owner=name),
                events=SqliteEvents(database),
                checkpointer=saver,
            )
            sweep: asyncio.Task[None] | None = None
            try:
                if recover:
                    await manager.recover(settings.folder / "owners")
                    watching = _keep_recovering(manager, settings.folder / "owners")
                    sweep = asyncio.create_task(watching, name="recovery")
                yield Services(settings, parts.catalog, parts.index, parts, graph, manager)
            finally:
                if sweep is not None:
                    sweep.cancel()
                await manager.close()
                await asyncio.to_thread(database.close)


async def _keep_recovering(manager: RunManager, owners: Path) -> None:
    """Take up, now and then, what other processes of this data folder leave behind when they die."""
    while True:
        await asyncio.sleep(RECOVERY_SECONDS)
        try:
            await manager.recover(owners)
        except StoreUnavailable:
            log.exception("nothing could be recovered yet")


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

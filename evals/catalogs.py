"""Catalogs to be measured, imported into a folder of their own, so that nothing of the user's is touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from api.cli.opening import read_settings
from catalog.errors import SettingsError
from catalog.importing import import_file
from catalog.index import TantivyIndex
from catalog.models import Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogIndex, CatalogStore
from evals.progress import console, counted
from graph.vectors import fused

TOOLS_AT_ONCE = 500  # in memory


@dataclass(frozen=True)
class Opened:
    """Catalogs in a folder of their own, with their index."""

    store: CatalogStore
    index: CatalogIndex
    files: tuple[str, ...]

    async def about(self) -> dict[str, JsonValue]:
        """What a report says of them."""
        stats = await self.store.stats()
        return {"catalog": list(self.files), "apis": stats.apis, "tools": stats.tools, "categories": stats.categories}

    def tools(self) -> Iterator[Tool]:
        """All of them, read a few at a time. Blocking."""
        ids = sorted(self.store.fingerprints())
        for begin in range(0, len(ids), TOOLS_AT_ONCE):
            yield from self.store.read_tools(ids[begin : begin + TOOLS_AT_ONCE])


@asynccontextmanager
async def opened(
    folder: Path, catalogs: Sequence[Path], *, indexed: bool = True, vectors: bool = False
) -> AsyncIterator[Opened]:
    """The catalogs, imported into `folder` one after the other. Raises CatalogError.

    `vectors`: by the model of the settings too; raises SettingsError.
    """
    store = await asyncio.to_thread(SqliteCatalog.open, folder / "catalog.db")
    try:
        for path in catalogs:
            console.print(f"Importing {path.name}")
            await import_file(store, path)
        index = await asyncio.to_thread(TantivyIndex.open, folder / "index", store)
        if indexed:
            await index.sync()
        async with AsyncExitStack() as stack:
            used = await _with_vectors(index, store, folder, stack) if vectors else index
            yield Opened(store, used, tuple(path.name for path in catalogs))
    finally:
        await store.close()


async def _with_vectors(index: CatalogIndex, store: CatalogStore, folder: Path, stack: AsyncExitStack) -> CatalogIndex:
    settings = read_settings().model_copy(update={"data_dir": folder})
    both = fused(index, store, settings, background=False)
    if both is None:
        raise SettingsError("SWITCHBOARD_EMBEDDINGS_MODEL", "or SWITCHBOARD_EMBEDDINGS_FOLDER must name a model")
    stack.push_async_callback(both.close)
    with counted("vectors") as told:
        await both.build(told)
    return both

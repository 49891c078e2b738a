"""How the index follows the catalog: only tools whose fingerprint changed are taken in, one process at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import tantivy

from catalog.errors import StoreUnavailable
from catalog.index_documents import api_leaf, category_leaf, example_leaves, tool_leaf
from catalog.index_files import SHELVES, IndexFiles
from catalog.index_shelf import add, key_of, remove
from catalog.models import CategorySummary, ToolSummary
from catalog.store import CatalogStore

WAIT_SECONDS = 60.0  # a first build of 16,000 APIs by another process took 4 to 16, after the machine's load
RETRY_SECONDS = 0.05

Writers = Mapping[str, tantivy.IndexWriter]


async def take_in(files: IndexFiles, store: CatalogStore) -> None:
    """Bring the shelves to the catalog's present state. Raises StoreUnavailable."""
    writers = await asyncio.to_thread(_writers, files)
    try:
        # Read only now: another process may have been writing while this one waited.
        version = await store.version()
        fingerprints = await asyncio.to_thread(store.fingerprints)
        categories = await store.categories()
        tools = {category.name: await store.tools(category.name) for category in categories}
        await asyncio.to_thread(_apply, writers, files, store, fingerprints, categories, tools)
        await asyncio.to_thread(files.write, version, fingerprints)
    finally:
        await asyncio.to_thread(_release, writers)


def _writers(files: IndexFiles) -> Writers:
    """Writers of all shelves. The first shelf's lock stands for all of them."""
    deadline = time.monotonic() + WAIT_SECONDS
    renewed = False
    while True:
        try:
            return {name: files.shelves[name].writer() for name in SHELVES}
        except ValueError as error:
            busy = "LockBusy" in str(error)
            if (renewed and not busy) or time.monotonic() > deadline:
                raise StoreUnavailable(str(files.folder), f"the index cannot be written ({error})") from error
            if not busy:
                files.renew()  # the folder was deleted or damaged
                renewed = True
        time.sleep(RETRY_SECONDS)


def _release(writers: Writers) -> None:
    for writer in writers.values():
        writer.rollback()
        writer.wait_merging_threads()  # ends the writer, and with it its lock


def _apply(
    writers: Writers,
    files: IndexFiles,
    store: CatalogStore,
    fingerprints: Mapping[str, str],
    categories: Sequence[CategorySummary],
    tools: Mapping[str, Sequence[ToolSummary]],
) -> None:
    held = files.fingerprints()
    if held is None:
        for writer in writers.values():
            writer.delete_all_documents()
        held = {}
    changed = [tool_id for tool_id, value in fingerprints.items() if held.get(tool_id) != value]
    gone = held.keys() - fingerprints.keys()
    replaced = [key_of(tool_id) for tool_id in (*gone, *changed) if tool_id in held]
    for name in ("api", "tool", "example"):
        remove(writers[name], files.shelves[name], replaced)
    _add_tools(writers, store, changed)
    if changed or gone:
        writers["category"].delete_all_documents()
        for category in categories:
            add(writers["category"], category_leaf(category, tools[category.name]))
    for writer in writers.values():
        writer.commit()


def _add_tools(writers: Writers, store: CatalogStore, tool_ids: Sequence[str]) -> None:
    for tool in store.read_tools(tool_ids):
        add(writers["tool"], tool_leaf(tool))
        for api in tool.apis:
            add(writers["api"], api_leaf(api, tool))
            for leaf in example_leaves(api):
                add(writers["example"], leaf)

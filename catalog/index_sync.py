"""How the index follows the catalog: only tools that changed are taken in, one process at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import tantivy

from catalog.errors import NoSuchEntry, StoreUnavailable
from catalog.index_documents import api_leaf, category_leaf, example_leaves, tool_leaf
from catalog.index_entries import Leaf, add, key_of, remove
from catalog.index_files import SHELVES, IndexFiles
from catalog.index_shelf import View
from catalog.models import Tool
from catalog.store import CatalogStore

WAIT_SECONDS = 60.0  # a first build of 16,000 APIs by another process took 4 to 16, after the machine's load
RETRY_SECONDS = 0.05
FEW_TOOLS = 200
LOCK = "category"  # the shelf that nearly every change touches, and the smallest


class Writers:
    """A writer for each shelf that has something to learn, opened when it is needed: each commit costs milliseconds.

    One shelf's lock stands for all of them.
    """

    def __init__(self, files: IndexFiles) -> None:
        self._files = files
        self.views: Mapping[str, View] = {}
        """The shelves as they stood when the lock was had: nobody else writes since."""
        self._opened = {LOCK: files.shelves[LOCK].writer(small=True)}
        self._whole = False
        self.small = True
        """Whether there is little to learn."""

    def __getitem__(self, name: str) -> tantivy.IndexWriter:
        if name not in self._opened:
            self._opened[name] = self._files.shelves[name].writer(small=self.small)
        return self._opened[name]

    def commit(self) -> None:
        """All at once: most of it is waiting for the disk."""
        with ThreadPoolExecutor(len(SHELVES)) as pool:
            list(pool.map(lambda writer: writer.commit(), self._opened.values()))
        self._whole = True

    def close(self) -> None:
        """What was not committed is forgotten."""
        while self._opened:
            _, writer = self._opened.popitem()  # the first that was opened is the last to go, and with it the lock
            if not self._whole:
                writer.rollback()
            writer.wait_merging_threads()  # ends the writer


@dataclass(frozen=True)
class Changes:
    """What the shelves must learn."""

    anew: bool
    """Nothing on the shelves is known to be right."""
    tools: Sequence[str]
    """Ids of those that have come, gone or changed."""

    @property
    def removed(self) -> list[int]:
        """Keys of tools whose entries are right no more, if they have any."""
        return [] if self.anew else [key_of(tool_id) for tool_id in self.tools]


async def take_in(files: IndexFiles, store: CatalogStore) -> None:
    """Bring the shelves to the catalog's present state. Raises StoreUnavailable."""
    writers = await asyncio.to_thread(_writers, files)
    try:
        # Read only now: another process may have been writing while this one waited.
        version = await store.version()
        touched = await asyncio.to_thread(_take_tools, writers, files, store)
        leaves = [leaf for name in touched if (leaf := await _category(store, name))]
        await asyncio.to_thread(_finish, writers, files, touched, leaves, version)
    finally:
        await asyncio.to_thread(writers.close)


def _writers(files: IndexFiles) -> Writers:
    """Writers of shelves that are whole."""
    deadline = time.monotonic() + WAIT_SECONDS
    renewed = False
    while True:
        try:
            return _whole(files, Writers(files))
        except ValueError as error:
            busy = "LockBusy" in str(error)
            if (renewed and not busy) or time.monotonic() > deadline:
                raise StoreUnavailable(str(files.folder), f"the index cannot be written ({error})") from error
            if not busy:
                files.renew()  # the folder was deleted or damaged
                renewed = True
        time.sleep(RETRY_SECONDS)


def _whole(files: IndexFiles, writers: Writers) -> Writers:
    try:
        writers.views = {name: shelf.view() for name, shelf in files.shelves.items()}
    except ValueError:
        writers.close()
        raise
    return writers


def _changes(store: CatalogStore, held: str) -> Changes:
    changed = store.changed_since(held) if held else None
    return Changes(True, list(store.fingerprints())) if changed is None else Changes(False, changed)


def _take_tools(writers: Writers, files: IndexFiles, store: CatalogStore) -> set[str]:
    """Put the changed tools on their shelves; returns the categories that they are or were in."""
    changes = _changes(store, files.version())
    writers.small = len(changes.tools) <= FEW_TOOLS
    if changes.anew:
        for name in SHELVES:
            writers[name].delete_all_documents()
    touched = _remove_tools(writers, changes.removed) if changes.removed else set()
    for tool in store.read_tools(changes.tools):
        touched.add(tool.category)
        _add(writers, tool)
    return touched


def _remove_tools(writers: Writers, tools: Sequence[int]) -> set[str]:
    categories = writers.views["tool"].parents("category", tools)
    for name in ("api", "tool", "example"):
        if writers.views[name].entries:
            remove(writers[name], "tool", tools)
    held = writers.views["category"].held((), list(categories))
    return {category for category, _ in held.values()}


def _add(writers: Writers, tool: Tool) -> None:
    add(writers["tool"], tool_leaf(tool))
    for api in tool.apis:
        add(writers["api"], api_leaf(api, tool))
        for leaf in example_leaves(api):
            add(writers["example"], leaf)


async def _category(store: CatalogStore, name: str) -> Leaf | None:
    """Its entry, which names all its tools: thousands of them maybe."""
    try:
        return category_leaf(await store.category(name), await store.tools(name))
    except NoSuchEntry:
        return None  # gone


def _finish(writers: Writers, files: IndexFiles, touched: set[str], leaves: Iterable[Leaf], version: str) -> None:
    """Write only the entries of categories that have changed, and say what the shelves hold once all is committed."""
    remove(writers["category"], "key", map(key_of, touched))
    for leaf in leaves:
        add(writers["category"], leaf)
    writers.commit()
    files.write(version)

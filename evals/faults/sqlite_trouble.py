"""Trouble with SQLite files: locked or without room under a running service; damaged at its start."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catalog.errors import StoreUnavailable
from graph.services import open_services
from graph.settings import Settings

WRITTEN = ("threads.db", "ledger.db", "checkpoints.db", "catalog.db")
NEEDED = ("catalog.db", "threads.db", "ledger.db", "checkpoints.db")
"""Without these nothing can be answered; `cache.db` and `lessons.db` only help."""
NOT_OURS = b"these are my notes, not a database at all\n" * 200


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes into all of the files, and does not end."""
    with ExitStack() as stack:
        for name in WRITTEN:
            other = sqlite3.connect(folder / name, isolation_level=None)
            stack.callback(other.close)
            other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(pid: int) -> Iterator[None]:
    """The process may write nothing beyond what is there, as on a full disk."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


async def refused_and_kept(folder: Path, name: str) -> str:
    """A start on a file that is no database: what is wrong with what follows; empty where it is refused and kept."""
    path = await asyncio.to_thread(_damaged, folder / name)
    told = await _start(folder)
    if name in NEEDED and (told is None or name not in told):
        return f"told: {told}"
    return "" if await asyncio.to_thread(path.read_bytes) == NOT_OURS else "it was overwritten"


def _damaged(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_bytes(NOT_OURS)
    return path


async def _start(folder: Path) -> str | None:
    """Why the service does not start there; None: it does."""
    try:
        async with open_services(Settings(_env_file=None, data_dir=folder)):  # type: ignore[call-arg]  # pydantic's own
            return None
    except StoreUnavailable as error:
        return str(error)

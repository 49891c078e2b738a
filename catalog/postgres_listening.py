"""Hears within a moment that any replica changed the catalog; while it cannot hear, the database is asked instead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from catalog.postgres_deriving import CHANNEL
from catalog.postgres_link import LINK, place_of
from catalog.postgres_memory import Memory

log = logging.getLogger(__name__)
BEAT_SECONDS = 2.0
"""Between two looks at the version where nothing is heard: poolers swallow announcements, and lines go silent."""
AGAIN_SECONDS = 0.5


async def listen(url: str, memory: Memory, changed: Callable[[], object]) -> None:
    """Until cancelled. `changed` is called after every change, also after those that were missed meanwhile."""
    told = False
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, **LINK) as connection:  # type: ignore[arg-type]  # libpq's own parameters
                await connection.execute(f"LISTEN {CHANNEL}")
                told = False
                await _hear(connection, memory, changed)
        except (psycopg.Error, OSError) as error:
            if not told:
                log.warning("Changes of the catalog in %s are not heard of: %s", place_of(url), error)
            told = True
        finally:
            memory.listen(False)
        await asyncio.sleep(AGAIN_SECONDS)


async def _hear(connection: psycopg.AsyncConnection, memory: Memory, changed: Callable[[], object]) -> None:
    while True:
        # A line that is dead without a word must not be trusted for longer than two beats.
        async with asyncio.timeout(BEAT_SECONDS):
            row = await (await connection.execute("SELECT version FROM catalog_version")).fetchone()
        if memory.note(row[0] if row else ""):
            changed()
        memory.listen(True)
        async for _ in connection.notifies(timeout=BEAT_SECONDS, stop_after=1):
            pass

"""Opens the lessons alone, from the settings: for commands that look at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from catalog.lessons import Lessons
from graph.catalog_opening import postgres_url
from graph.settings import Settings
from graph.sqlite_lessons import opened_file


@asynccontextmanager
async def opened_lessons(settings: Settings) -> AsyncIterator[Lessons | None]:
    """None where there are none yet. Raises StoreUnavailable, SettingsError."""
    url = postgres_url(settings)
    if url is None:
        async with opened_file(settings.folder / "lessons.db") as kept:
            yield kept
        return
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_lessons import PostgresLessons

    lessons = PostgresLessons(AsyncPool(url, 1), most=1)
    try:
        yield lessons
    finally:
        await lessons.close()

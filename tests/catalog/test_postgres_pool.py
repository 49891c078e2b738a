"""Connections to PostgreSQL: one that was lost is replaced unnoticed, and what fails fails with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from catalog.errors import StoreUnavailable

if TYPE_CHECKING:
    from catalog.postgres_pool import AsyncPool

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncPool]:
    from catalog.postgres_pool import AsyncPool

    opened = AsyncPool(database_url, 4)
    yield opened
    await opened.close()


async def backend(pool: AsyncPool) -> int:
    async with pool.connection() as db:
        row = await (await db.execute("SELECT pg_backend_pid()")).fetchone()
    assert row is not None
    pid: int = row[0]
    return pid


async def test_a_connection_is_used_again(pool: AsyncPool) -> None:
    assert await backend(pool) == await backend(pool)


async def test_connections_that_the_server_ended_are_replaced_and_nobody_notices(pool: AsyncPool) -> None:
    first, second = await asyncio.gather(backend(pool), backend(pool))
    async with pool.connection() as db:
        mine = await backend_of(db)
        await db.execute(END, (mine,))
    assert await backend(pool) in {first, second}  # the one that ended the others
    async with pool.connection(), pool.connection() as other:
        assert await backend_of(other) not in {first, second}


async def backend_of(db: object) -> int:
    row = await (await db.execute("SELECT pg_backend_pid()")).fetchone()  # type: ignore[attr-defined]  # any connection
    pid: int = row[0]
    return pid


async def test_a_transaction_in_which_something_breaks_leaves_nothing(pool: AsyncPool) -> None:
    with pytest.raises(ZeroDivisionError):
        async with pool.transaction() as db:
            await db.execute("INSERT INTO vault VALUES ('k', 'v')")
            raise ZeroDivisionError
    async with pool.connection() as db:
        assert await (await db.execute("SELECT * FROM vault")).fetchone() is None


async def test_a_connection_on_which_something_failed_is_not_used_again(pool: AsyncPool) -> None:
    before = await backend(pool)
    with pytest.raises(StoreUnavailable, match="read-only"):
        async with pool.connection() as db:
            await db.execute("SET default_transaction_read_only = on")
            await db.execute("INSERT INTO vault VALUES ('k', 'v')")
    assert await backend(pool) != before


async def test_who_waits_too_long_for_an_answer_is_told(database_url: str) -> None:
    from catalog.postgres_pool import AsyncPool

    pool = AsyncPool(database_url, 1, work_seconds=0.5)
    with pytest.raises(StoreUnavailable, match="in time"):
        async with pool.connection() as db:
            await db.execute("SELECT pg_sleep(60)")
    async with pool.connection() as db:  # and the next one gets a good connection
        await db.execute("SELECT 1")
    await pool.close()


async def test_what_is_written_after_work_that_was_cut_off_stays(database_url: str) -> None:
    from catalog.postgres_pool import AsyncPool

    pool, other = AsyncPool(database_url, 1), AsyncPool(database_url, 1)

    async def work() -> None:
        async with pool.connection() as db, db.pipeline(), db.transaction():
            await db.execute("SELECT pg_sleep(5)")

    for moment in range(12):  # in turns of the event loop
        cut_off = asyncio.create_task(work())
        for _ in range(moment):
            await asyncio.sleep(0)
        cut_off.cancel()
        await asyncio.wait({cut_off})
        async with pool.connection() as db:
            await db.execute("INSERT INTO vault VALUES (%s, 'v')", (str(moment),))
    async with other.connection() as db:
        rows = await (await db.execute("SELECT key FROM vault")).fetchall()
    await asyncio.gather(pool.close(), other.close())
    assert {int(key) for (key,) in rows} == set(range(12))

"""What is so in PostgreSQL only: many replicas on one catalog, and words that it cannot hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from catalog.errors import StoreUnavailable, UnreadableDocument
from catalog.index import TantivyIndex
from catalog.models import Api, Tool
from catalog.postgres import PostgresCatalog
from catalog.postgres_deriving import CHANNEL
from catalog.sqlite import SqliteCatalog
from catalog.store import Document

MakeApi = Callable[..., Api]


@asynccontextmanager
async def listening(catalog: PostgresCatalog) -> AsyncIterator[asyncio.Queue[str]]:
    """Versions, as this replica learns of them."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(catalog.listen(lambda: heard.put_nowait(catalog._memory.version or "")))
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[tuple[PostgresCatalog, PostgresCatalog]]:
    one, other = PostgresCatalog(database_url), PostgresCatalog(database_url)
    yield one, other
    await one.close()
    await other.close()


async def test_a_change_by_one_replica_is_heard_by_another_which_forgets_what_it_knew(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi
) -> None:
    one, other = replicas
    await one.put(api("A/b/c", "before"))
    async with listening(other) as heard, asyncio.timeout(10):
        await heard.get()
        assert (await other.get(["A/b/c"]))["A/b/c"].description == "before"
        await one.put(api("A/b/c", "after"))
        await heard.get()
        assert (await other.get(["A/b/c"]))["A/b/c"].description == "after"
        assert await one.version() == await other.version()


async def test_who_listens_asks_the_database_nothing_that_it_knows(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi, database_url: str
) -> None:
    one, other = replicas
    await one.put(api("A/b/c"))
    async with listening(other) as heard, asyncio.timeout(10):
        await heard.get()
        while other._memory.version is None:  # said just after
            await asyncio.sleep(0)
        known = await other.get(["A/b/c"])
        await other.close()
        assert await other.get(["A/b/c"]) == known
        assert await other.version() == await one.version()


async def test_a_listener_that_was_cut_off_comes_back_and_catches_up(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi, database_url: str
) -> None:
    one, other = replicas
    await one.put(api("A/b/c"))
    async with listening(other) as heard, asyncio.timeout(20):
        await heard.get()
        with psycopg.connect(database_url, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE %s AND pid <> pg_backend_pid()",
                ("%catalog_version%",),
            )
        await one.put(api("A/b/d"))
        await heard.get()
        assert await other.version() == await one.version()
        assert list(await other.get(["A/b/d"])) == ["A/b/d"]


async def test_a_replica_that_does_not_listen_sees_every_change_all_the_same(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi
) -> None:
    one, other = replicas
    for text in ("first", "second"):
        await one.put(api("A/b/c", text))
        assert (await other.get(["A/b/c"]))["A/b/c"].description == text


async def test_a_lost_announcement_is_made_good_by_the_next_look(
    replicas: tuple[PostgresCatalog, PostgresCatalog], database_url: str
) -> None:
    _, other = replicas
    async with listening(other) as heard, asyncio.timeout(10):
        await heard.get()
        with psycopg.connect(database_url, autocommit=True) as db:
            db.execute("UPDATE catalog_version SET version = 'silent'")
        assert await heard.get() == "silent"


async def test_equal_catalogs_have_equal_versions_in_both_databases(
    tmp_path: Path, replicas: tuple[PostgresCatalog, PostgresCatalog], small_catalog: list[Tool]
) -> None:
    sqlite = SqliteCatalog.open(tmp_path / "catalog.db")
    assert await sqlite.version() == await replicas[0].version()
    for store in (sqlite, replicas[0]):
        await store.replace("small", Document(small_catalog), format="test")
    assert await sqlite.version() == await replicas[0].version()
    assert sqlite.fingerprints() == replicas[0].fingerprints()
    await sqlite.close()


async def test_the_index_of_a_replica_follows_the_common_catalog(
    tmp_path: Path, replicas: tuple[PostgresCatalog, PostgresCatalog], small_catalog: list[Tool]
) -> None:
    one, other = replicas
    index = TantivyIndex.open(tmp_path / "index", other)
    await one.replace("small", Document(small_catalog), format="test")
    await index.sync()
    assert (await index.search("cancel order")).hits[0].id == "Shop/Orders/cancelOrder"
    await one.delete("Shop/Orders/cancelOrder")
    assert "Shop/Orders/cancelOrder" not in [hit.id for hit in (await index.search("cancel order")).hits]


async def test_a_nul_is_left_out_of_texts_and_refused_in_names(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi
) -> None:
    store = replicas[0]
    bad, good = api("A/b/c").model_copy(update={"id": "c\0d"}), api("A/b/d", "text\0text")
    tool = Tool(id="A/b", name="b", category="A", description="of\0b", apis=(bad, good))
    report = await store.replace("nul", Document([tool]), format="test")
    assert (report.imported, len(report.skipped)) == (1, 1)
    assert (await store.get([good.id]))[good.id].description == "text\0text"
    with pytest.raises(UnreadableDocument):
        await store.put(bad)
    with pytest.raises(UnreadableDocument):
        await store.replace("na\0me", Document([]), format="test")


async def test_a_database_that_is_not_there_is_told_without_the_password() -> None:
    store = PostgresCatalog("postgresql://user:secret@127.0.0.1:1/shop")
    with pytest.raises(StoreUnavailable) as caught:
        await store.version()
    await store.close()
    assert "127.0.0.1:1/shop" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_announcements_carry_the_new_version(
    replicas: tuple[PostgresCatalog, PostgresCatalog], api: MakeApi, database_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as db:
        await db.execute(f"LISTEN {CHANNEL}")
        await replicas[0].put(api("A/b/c"))
        said = [notice.payload async for notice in db.notifies(timeout=5, stop_after=1)]
    assert said == [await replicas[0].version()]

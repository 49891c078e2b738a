"""The cache's file: kept over a restart, shared by processes, and never a reason to fail."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import StoreUnavailable
from graph.cache_rest import REST_SECONDS
from graph.sqlite_cache import SqliteCache, clear_file, open_cache
from reasoners.cache import MemoryCache


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "cache.db"


def opened(path: Path, clock: Clock | None = None) -> SqliteCache:
    return SqliteCache.open(path, life_seconds=60, most=100, clock=clock or Clock())


@contextlib.contextmanager
def another_program(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def test_a_restart_forgets_nothing(path: Path) -> None:
    first = opened(path)
    await first.put("default", "k", "a")
    await first.close()
    second = opened(path)
    assert await second.get("default", "k") == "a"
    await second.close()


async def test_two_processes_share_one_file(path: Path) -> None:
    one, other = opened(path), opened(path)
    await one.put("default", "k", "a")
    assert await other.get("default", "k") == "a"
    assert await clear_file(path) == 1
    assert await one.get("default", "k") is None
    await one.close()
    await other.close()


async def test_an_answer_of_the_future_is_none(path: Path) -> None:
    clock = Clock()
    cache = opened(path, clock)
    await cache.put("default", "k", "a")
    clock.now -= 10
    assert await cache.get("default", "k") is None, "the clock was set back: nobody knows how old it is"
    await cache.close()


async def test_a_locked_file_is_a_miss_that_is_told_once_and_then_used_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    cache = opened(path, clock)
    await cache.put("default", "k", "a")
    with another_program(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            assert await cache.get("default", "k") is None
            await cache.put("default", "other", "a")
            clock.now += REST_SECONDS
        other.execute("ROLLBACK")
    (record,) = caplog.records
    assert str(path) in record.getMessage() and "locked" in record.getMessage()
    assert await cache.get("default", "k") == "a"
    assert await cache.get("default", "other") is None
    await cache.close()


async def test_after_a_failure_the_file_is_left_alone_for_a_while(path: Path) -> None:
    clock = Clock()
    cache = opened(path, clock)
    await cache.put("default", "k", "a")
    with another_program(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert await cache.get("default", "k") is None
    assert await cache.get("default", "k") is None, "the lock is gone, but was not looked for"
    clock.now += REST_SECONDS
    assert await cache.get("default", "k") == "a"
    await cache.close()


async def test_a_table_that_is_gone_is_a_miss(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = opened(path)
    with another_program(path) as other:
        other.execute("DROP TABLE answers")
    assert await cache.get("default", "k") is None
    await cache.put("default", "k", "a")
    assert "no such table" in caplog.text
    await cache.close()


async def test_a_row_that_is_no_text_is_a_miss(path: Path) -> None:
    cache = opened(path)
    await cache.put("default", "k", "a")
    with another_program(path) as other:
        other.execute("UPDATE answers SET answer = x'ff'")
    assert await cache.get("default", "k") is None
    await cache.close()


@pytest.mark.parametrize("content", [b"no database at all " * 200, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_broken_file_is_left_as_it_is_and_memory_used_instead(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    cache = open_cache(path, life_seconds=60, most=10)
    assert isinstance(cache, MemoryCache)
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    with pytest.raises(StoreUnavailable, match="can be deleted"):
        await clear_file(path)
    assert path.read_bytes() == content
    await cache.close()


async def test_a_file_of_a_newer_program_is_not_touched(path: Path) -> None:
    await opened(path).close()
    with another_program(path) as other:
        other.execute("PRAGMA user_version = 99")
    cache = open_cache(path, life_seconds=60, most=10)
    assert isinstance(cache, MemoryCache)


async def test_clearing_what_is_not_there_makes_no_file(path: Path) -> None:
    assert await clear_file(path) == 0
    assert not path.exists()

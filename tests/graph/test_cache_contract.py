"""What every cache of model answers promises, run on each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from graph.sqlite_cache import SqliteCache
from reasoners.cache import AnswerCache, MemoryCache

LIFE, MOST = 60.0, 3


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def memory(path: Path, clock: Clock) -> AnswerCache:
    return MemoryCache(life_seconds=LIFE, most=MOST, clock=clock)


def sqlite(path: Path, clock: Clock) -> AnswerCache:
    return SqliteCache.open(path, life_seconds=LIFE, most=MOST, clock=clock)


def sqlite_off_the_loop(path: Path, clock: Clock) -> AnswerCache:
    return SqliteCache.open(path, life_seconds=LIFE, most=MOST, clock=clock, never_block=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(
    params=[memory, sqlite, sqlite_off_the_loop, "postgres"], ids=lambda opening: getattr(opening, "__name__", opening)
)
def opening(request: pytest.FixtureRequest) -> Callable[[Path, Clock], AnswerCache]:
    if request.param != "postgres":
        chosen: Callable[[Path, Clock], AnswerCache] = request.param
        return chosen
    url: str = request.getfixturevalue("database_url")
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_cache import PostgresCache

    return lambda path, clock: PostgresCache(AsyncPool(url, 2), life_seconds=LIFE, most=MOST, clock=clock)


@pytest.fixture
async def cache(
    opening: Callable[[Path, Clock], AnswerCache], tmp_path: Path, clock: Clock
) -> AsyncIterator[AnswerCache]:
    opened = opening(tmp_path / "cache.db", clock)
    yield opened
    await opened.close()


async def test_what_was_put_is_got_and_nothing_else(cache: AnswerCache) -> None:
    await cache.put("default", "k", '{"reason": "«Ü»"}')
    assert await cache.get("default", "k") == '{"reason": "«Ü»"}'
    assert await cache.get("default", "other") is None


async def test_no_tenant_gets_what_another_put(cache: AnswerCache) -> None:
    await cache.put("one", "k", "of one")
    assert await cache.get("two", "k") is None
    await cache.put("two", "k", "of two")
    assert (await cache.get("one", "k"), await cache.get("two", "k")) == ("of one", "of two")


async def test_a_later_answer_takes_the_place_of_an_earlier_one(cache: AnswerCache) -> None:
    await cache.put("default", "k", "first")
    await cache.put("default", "k", "second")
    assert await cache.get("default", "k") == "second"


async def test_an_answer_is_gone_when_its_life_is_over(cache: AnswerCache, clock: Clock) -> None:
    await cache.put("default", "k", "a")
    clock.now += LIFE - 1
    assert await cache.get("default", "k") == "a"
    clock.now += 1
    assert await cache.get("default", "k") is None


async def test_putting_an_answer_again_gives_it_a_new_life(cache: AnswerCache, clock: Clock) -> None:
    await cache.put("default", "k", "a")
    clock.now += LIFE - 1
    await cache.put("default", "k", "a")
    clock.now += LIFE - 1
    assert await cache.get("default", "k") == "a"


async def test_no_more_are_kept_than_there_is_room_for_and_the_newest_is_among_them(cache: AnswerCache) -> None:
    for number in range(3 * MOST):
        await cache.put("default", str(number), "a")
        assert await cache.get("default", str(number)) == "a"
    assert await cache.clear() == MOST


async def test_what_has_expired_is_removed_and_not_only_hidden(cache: AnswerCache, clock: Clock) -> None:
    await cache.put("default", "old", "a")
    clock.now += LIFE
    await cache.put("default", "new", "a")
    assert await cache.clear() == 1


async def test_clearing_forgets_the_answers_of_every_tenant(cache: AnswerCache) -> None:
    await cache.put("one", "k", "a")
    await cache.put("two", "k", "a")
    assert await cache.clear() == 2
    assert (await cache.get("one", "k"), await cache.get("two", "k")) == (None, None)
    assert await cache.clear() == 0

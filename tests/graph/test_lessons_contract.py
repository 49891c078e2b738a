"""What every store of lessons promises, run on each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.lessons import Lesson, Lessons
from graph.sqlite_lessons import SqliteLessons

MOST = 3
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def sqlite(folder: Path) -> Lessons:
    return SqliteLessons.open(folder / "lessons.db", most=MOST)


def sqlite_off_the_loop(folder: Path) -> Lessons:
    return SqliteLessons.open(folder / "lessons.db", most=MOST, never_block=True)


@pytest.fixture(params=[sqlite, sqlite_off_the_loop, "postgres"], ids=lambda way: getattr(way, "__name__", way))
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Lessons]:
    """Opens the store; what one opening was taught, the next one knows."""
    if request.param != "postgres":
        return lambda: request.param(tmp_path)
    url: str = request.getfixturevalue("database_url")
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_lessons import PostgresLessons

    return lambda: PostgresLessons(AsyncPool(url, 2), most=MOST)


@pytest.fixture
async def lessons(opening: Callable[[], Lessons]) -> AsyncIterator[Lessons]:
    opened = opening()
    yield opened
    await opened.close()


def lesson(query: str, *api_ids: str, words: str = "", thread: str = "t", minutes: int = 0) -> Lesson:
    found = tuple((words or query.lower()).split())
    return Lesson(thread, query, found, api_ids or ("a/b/c",), MORNING + timedelta(minutes=minutes))


async def queries(lessons: Lessons, tenant: str = "default") -> list[str]:
    return [each.query for each in await lessons.latest(tenant, most=10)]


async def test_a_lesson_comes_back_as_it_was_taught(lessons: Lessons) -> None:
    taught = lesson("Wo ist «mein» Päckchen? 包裹", "Parcels/desk/track", "Orders/shop/get", words="packch 包裹")
    await lessons.learn("default", taught)
    assert await lessons.near("default", {"包裹": 1.0}, most=5) == [taught]


async def test_those_whose_words_weigh_most_come_first_and_no_more_than_wanted(lessons: Lessons) -> None:
    await lessons.learn("default", lesson("parcel status", words="parcel status"))
    await lessons.learn("default", lesson("parcel cost", words="parcel cost"))
    await lessons.learn("default", lesson("order status", words="order status"))
    found = await lessons.near("default", {"parcel": 2.0, "status": 1.5}, most=2)
    assert [each.query for each in found] == ["parcel status", "parcel cost"]


async def test_of_two_that_fit_alike_the_later_comes_first(lessons: Lessons) -> None:
    await lessons.learn("default", lesson("one parcel", words="parcel"))
    await lessons.learn("default", lesson("other parcel", minutes=1, words="parcel"))
    found = await lessons.near("default", {"parcel": 1.0}, most=5)
    assert [each.query for each in found] == ["other parcel", "one parcel"]


async def test_words_that_nothing_has_find_nothing_and_neither_do_none(lessons: Lessons) -> None:
    await lessons.learn("default", lesson("one", words="one"))
    assert await lessons.near("default", {"two": 9.0}, most=5) == []
    assert await lessons.near("default", {}, most=5) == []


async def test_a_question_taught_again_unlearns_what_it_taught_before(lessons: Lessons) -> None:
    await lessons.learn("default", lesson("Where is  my parcel?", "wrong", words="parcel"))
    await lessons.learn("default", lesson("where is my parcel?", "right", minutes=1, words="parcel"))
    found = await lessons.near("default", {"parcel": 1.0}, most=5)
    assert [each.api_ids for each in found] == [("right",)]


async def test_no_tenant_learns_from_another_or_forgets_for_it(lessons: Lessons) -> None:
    await lessons.learn("one", lesson("my secret plan", "of one", words="plan"))
    await lessons.learn("two", lesson("my secret plan", "of two", words="plan"))
    assert [each.api_ids for each in await lessons.near("one", {"plan": 1.0}, most=5)] == [("of one",)]
    assert await lessons.near("three", {"plan": 1.0}, most=5) == []
    assert await queries(lessons, "three") == []
    assert await lessons.clear("one") == 1
    assert await queries(lessons, "two") == ["my secret plan"]


async def test_the_oldest_give_way_and_only_those_of_the_same_tenant(lessons: Lessons) -> None:
    await lessons.learn("other", lesson("theirs", words="theirs"))
    for number in range(2 * MOST):
        await lessons.learn("default", lesson(f"q{number}", minutes=number, words="q"))
    assert await queries(lessons) == ["q5", "q4", "q3"]
    assert [each.query for each in await lessons.near("default", {"q": 1.0}, most=10)] == ["q5", "q4", "q3"]
    assert await queries(lessons, "other") == ["theirs"]


async def test_what_a_thread_taught_is_forgotten_with_it(lessons: Lessons) -> None:
    await lessons.learn("default", lesson("first", thread="one", words="word"))
    await lessons.learn("default", lesson("second", thread="two", words="word"))
    assert await lessons.forget("one") == 1
    assert [each.query for each in await lessons.near("default", {"word": 1.0}, most=5)] == ["second"]
    assert await lessons.forget("one") == 0


async def test_lessons_outlive_the_process(opening: Callable[[], Lessons]) -> None:
    before = opening()
    await before.learn("default", lesson("kept", words="kept"))
    await before.close()
    after = opening()
    try:
        assert [each.query for each in await after.near("default", {"kept": 1.0}, most=5)] == ["kept"]
    finally:
        await after.close()


async def test_any_text_can_be_taught(lessons: Lessons) -> None:
    odd = lesson("Robert'); DROP TABLE lessons;-- %s ? 😀", "a'b/c%s", words="' %s ? 😀")
    await lessons.learn("default", odd)
    assert await lessons.near("default", {"?": 1.0}, most=5) == [odd]

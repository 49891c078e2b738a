"""What every event log promises, run on each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from graph.runs import EventLog, Hold, RunStore
from graph.sqlite_events import SqliteEvents
from graph.sqlite_runs import SqliteRuns
from graph.sqlite_threads import open_threads


@pytest.fixture(params=["sqlite", "postgres"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], EventLog]:
    if request.param == "sqlite":
        return lambda: SqliteEvents(open_threads(tmp_path / "threads.db"))
    url: str = request.getfixturevalue("database_url")
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_events import PostgresEvents

    return lambda: PostgresEvents(AsyncPool(url, 8))


@pytest.fixture
async def events(open_log: Callable[[], EventLog]) -> AsyncIterator[EventLog]:
    log = open_log()
    yield log
    await log.close()


@pytest.fixture
async def runs(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    """The store of the threads whose log it is."""
    if request.node.callspec.params["open_log"] == "sqlite":
        return SqliteRuns(open_threads(tmp_path / "threads.db"), owner="one")
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_runs import PostgresRuns

    return PostgresRuns(AsyncPool(request.getfixturevalue("database_url"), 8), owner="one")


async def test_a_run_ends_with_its_answer_and_its_events_or_with_neither(events: EventLog, runs: RunStore) -> None:
    hold = await runs.create("t", "run-1", {}, tenant="default")
    await events.append("t", "run-0", [("run.started", {})])
    told = [("run.started", {"query": 'NUL \0, a\nline, half \ud83d, "quote"'}), ("run.completed", {"n": 1})]
    assert not await runs.settle(Hold("t", "run-1", 7), "completed", {"status": "completed"}, events=told)
    assert [e.run_id for e in await events.read("t")] == ["run-0"]
    assert await runs.settle(hold, "completed", {"status": "completed"}, events=told)
    assert not await runs.settle(hold, "completed", {"status": "completed"}, events=told)
    assert [(e.id, e.run_id, (e.name, e.facts)) for e in await events.read("t")][1:] == [
        (2, "run-1", told[0]),
        (3, "run-1", told[1]),
    ]
    await runs.close()


async def test_a_run_without_events_ends_too(events: EventLog, runs: RunStore) -> None:
    hold = await runs.create("t", "run-1", {}, tenant="default")
    assert await runs.settle(hold, "completed", {"status": "completed"})
    assert await events.read("t") == []
    await runs.close()


async def test_events_are_numbered_from_one_over_all_runs_of_a_thread(events: EventLog) -> None:
    await events.append("t", "run-1", [("run.started", {"n": 1}), ("run.input_required", {})])
    await events.append("t", "run-2", [("run.started", {"n": 2})])
    await events.append("other", "run-3", [("run.started", {})])
    read = await events.read("t")
    assert [(e.id, e.run_id, e.name) for e in read] == [
        (1, "run-1", "run.started"),
        (2, "run-1", "run.input_required"),
        (3, "run-2", "run.started"),
    ]
    assert read[2].facts == {"n": 2}


async def test_reading_can_go_on_after_an_event(events: EventLog) -> None:
    await events.append("t", "r", [(f"e{n}", {}) for n in range(5)])
    assert [e.name for e in await events.read("t", after=3)] == ["e3", "e4"]


async def test_appends_at_once_leave_no_gap_and_lose_nothing(events: EventLog) -> None:
    await asyncio.gather(*(events.append("t", f"r{n}", [("e", {"n": n})]) for n in range(20)))
    read = await events.read("t")
    assert [e.id for e in read] == list(range(1, 21))
    assert {e.facts["n"] for e in read} == set(range(20))


async def test_a_forgotten_thread_has_no_events(events: EventLog) -> None:
    await events.append("t", "r", [("e", {})])
    await events.forget("t")
    assert await events.read("t") == []

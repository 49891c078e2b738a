"""What every store of threads promises, run on each of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from catalog.errors import InvalidQuery, NoSuchThread, QuestionClosed, StoreUnavailable, ThreadBusy, ThreadExists
from graph.runs import Body, RunStore
from graph.sqlite_database import Database
from graph.sqlite_runs import SqliteRuns

Open = Callable[[str], Awaitable[RunStore]]


@pytest.fixture(params=["sqlite"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the same store as different owners: two processes on one file."""
    stores: list[RunStore] = []

    async def open_as(owner: str) -> RunStore:
        store = SqliteRuns(Database.open(tmp_path / "threads.db"), owner=owner)
        stores.append(store)
        return store

    yield open_as
    for store in stores:
        await store.close()


@pytest.fixture
async def runs(opened: Open) -> RunStore:
    return await opened("one")


def waiting(*question_ids: str) -> Body:
    return {"status": "input_required", "input_requests": [{"id": question_id} for question_id in question_ids]}


async def ask(runs: RunStore, thread_id: str = "t", *, waits_for: tuple[str, ...] = ("q1",)) -> None:
    await runs.create(thread_id, "run-1", {"query": "Where is my order?"}, tenant="default")
    await runs.settle(thread_id, "run-1", "input_required", waiting(*waits_for))


async def test_a_new_thread_runs_and_keeps_what_was_asked(runs: RunStore) -> None:
    await runs.create("t", "run-1", {"query": "Wo ist «Ü»?"}, tenant="default")
    thread = await runs.get("t", tenant="default")
    assert (thread.status, thread.run_id, thread.request, thread.body) == (
        "running",
        "run-1",
        {"query": "Wo ist «Ü»?"},
        None,
    )


async def test_a_thread_id_is_taken_once(runs: RunStore) -> None:
    await runs.create("t", "run-1", {}, tenant="default")
    with pytest.raises(ThreadExists):
        await runs.create("t", "run-2", {}, tenant="other")


async def test_another_tenants_thread_does_not_exist(runs: RunStore) -> None:
    await ask(runs)
    with pytest.raises(NoSuchThread):
        await runs.get("t", tenant="other")
    with pytest.raises(NoSuchThread):
        await runs.claim("t", "run-2", [{"id": "q1"}], tenant="other")
    with pytest.raises(NoSuchThread):
        await runs.delete("t", tenant="other")


async def test_of_many_answers_to_one_question_exactly_one_is_taken(opened: Open) -> None:
    first, second = await opened("one"), await opened("two")
    await ask(first)

    async def claim(store: RunStore, number: int) -> bool:
        try:
            await store.claim("t", f"run-{number}", [{"id": "q1", "content": {"n": number}}], tenant="default")
        except QuestionClosed:
            return False
        return True

    won = await asyncio.gather(*(claim((first, second)[n % 2], n) for n in range(20)))
    assert sum(won) == 1
    thread = await first.get("t", tenant="default")
    assert thread.accepted == [{"id": "q1", "content": {"n": won.index(True)}}]


async def test_an_answer_to_a_question_that_is_not_open_is_refused_and_names_those_that_are(runs: RunStore) -> None:
    await ask(runs, waits_for=("q1", "q2"))
    with pytest.raises(QuestionClosed) as caught:
        await runs.claim("t", "run-2", [{"id": "q1"}, {"id": "gone"}], tenant="default")
    assert caught.value.asked == ("gone",)
    assert caught.value.still_open == ("q1", "q2")
    assert (await runs.get("t", tenant="default")).status == "input_required"


async def test_a_running_thread_without_questions_is_busy(runs: RunStore) -> None:
    await runs.create("t", "run-1", {}, tenant="default")
    with pytest.raises(ThreadBusy):
        await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default")
    with pytest.raises(ThreadBusy):
        await runs.delete("t", tenant="default")


async def test_a_run_that_was_overtaken_settles_nothing(runs: RunStore) -> None:
    await ask(runs)
    await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default")
    assert not await runs.settle("t", "run-1", "failed", {"status": "failed"})
    assert await runs.settle("t", "run-2", "completed", {"status": "completed", "answer": "Yes."})
    thread = await runs.get("t", tenant="default")
    assert (thread.status, thread.body, thread.accepted) == (
        "completed",
        {"status": "completed", "answer": "Yes."},
        None,
    )


async def test_after_a_cancel_nothing_is_open_and_a_late_run_settles_nothing(runs: RunStore) -> None:
    await ask(runs)
    before = await runs.cancel("t", {"status": "cancelled"}, tenant="default")
    assert before.status == "input_required"
    with pytest.raises(QuestionClosed):
        await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default")
    assert not await runs.settle("t", "run-1", "completed", {"status": "completed"})
    assert (await runs.get("t", tenant="default")).status == "cancelled"


async def test_the_list_has_waiting_threads_first_and_pages_through_all(runs: RunStore) -> None:
    for n in range(7):
        await runs.create(f"t{n}", "r", {"query": f"question {n}"}, tenant="default")
        body = waiting("q") if n % 3 == 0 else {"status": "completed"}
        await runs.settle(f"t{n}", "r", body["status"], body)  # type: ignore[arg-type]
    await runs.create("foreign", "r", {}, tenant="other")
    seen, cursor = [], None
    for _ in range(4):
        page = await runs.page(tenant="default", status=None, limit=2, cursor=cursor)
        seen += page.threads
        cursor = page.next_cursor
    assert cursor is None
    assert {t.thread_id for t in seen[:3]} == {"t0", "t3", "t6"}
    assert [t.open_questions for t in seen] == [1, 1, 1, 0, 0, 0, 0]
    assert len({t.thread_id for t in seen}) == 7
    completed = await runs.page(tenant="default", status="completed", limit=10, cursor=None)
    assert len(completed.threads) == 4


async def test_a_foreign_cursor_is_a_clear_error(runs: RunStore) -> None:
    with pytest.raises(InvalidQuery):
        await runs.page(tenant="default", status=None, limit=2, cursor="nonsense")


async def test_threads_of_a_dead_owner_are_adopted_once(opened: Open) -> None:
    first, second = await opened("dead"), await opened("alive")
    await first.create("lost", "run-1", {"query": "?"}, tenant="default")
    await second.create("busy", "run-1", {"query": "?"}, tenant="default")
    lost = await second.adopt(lambda owner: owner == "alive")
    assert [thread.thread_id for thread in lost] == ["lost"]
    assert await second.adopt(lambda owner: owner == "alive") == []


async def test_a_deleted_thread_is_gone(runs: RunStore) -> None:
    await ask(runs)
    await runs.delete("t", tenant="default")
    with pytest.raises(NoSuchThread):
        await runs.get("t", tenant="default")
    await ask(runs)  # and its id is free again


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "threads.db"
    path.write_bytes(b"these are my notes, not a database" * 100)
    with pytest.raises(StoreUnavailable):
        Database.open(path)
    assert path.read_bytes().startswith(b"these are my notes")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "threads.db")
    database._run(lambda db: db.execute("PRAGMA user_version = 99") and None)
    database.close()
    with pytest.raises(StoreUnavailable, match="version 99"):
        Database.open(tmp_path / "threads.db")


async def test_what_a_run_has_decided_is_kept_until_it_is_settled(runs: RunStore) -> None:
    await runs.create("t", "run-1", {}, tenant="default")
    await runs.note_plan("t", "run-1", {"steps": {"1": {"api_id": "a"}}})
    await runs.note_plan("t", "an older run", {"steps": {}})
    assert (await runs.get("t", tenant="default")).plan == {"steps": {"1": {"api_id": "a"}}}
    assert await runs.current("t", "run-1") and not await runs.current("t", "an older run")
    await runs.settle("t", "run-1", "completed", {"status": "completed"})
    assert (await runs.get("t", tenant="default")).plan is None
    assert not await runs.current("t", "run-1")


async def test_a_write_waits_for_another_process_that_is_writing(tmp_path: Path) -> None:
    runs = SqliteRuns(Database.open(tmp_path / "threads.db"), owner="one")
    other = sqlite3.connect(tmp_path / "threads.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    created = asyncio.create_task(runs.create("t", "r", {}, tenant="default"))
    await asyncio.sleep(0)
    assert not created.done()
    other.execute("COMMIT")
    await created
    assert (await runs.get("t", tenant="default")).status == "running"
    other.close()
    await runs.close()

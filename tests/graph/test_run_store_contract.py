"""What every store of threads promises, run on each of them."""

from __future__ import annotations

import asyncio
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.errors import (
    InvalidQuery,
    KeyInUse,
    KeyReused,
    NoSuchThread,
    QuestionClosed,
    StoreUnavailable,
    ThreadBusy,
    ThreadExists,
)
from graph.runs import LEASE_SECONDS, Body, Hold, KeyedRun, RequestKey, Retention, RunStore, ThreadPage
from graph.sqlite_runs import SqliteRuns
from graph.sqlite_threads import open_threads

Open = Callable[..., Awaitable[RunStore]]


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, float], RunStore]:
    if request.param == "sqlite":
        return lambda owner, lease: SqliteRuns(open_threads(tmp_path / "threads.db"), owner=owner, lease_seconds=lease)
    url: str = request.getfixturevalue("database_url")
    from catalog.postgres_pool import AsyncPool
    from graph.postgres_runs import PostgresRuns

    return lambda owner, lease: PostgresRuns(AsyncPool(url, 8), owner=owner, lease_seconds=lease)


@pytest.fixture
async def opened(open_store: Callable[[str, float], RunStore]) -> AsyncIterator[Open]:
    """Opens the same store as different owners: two processes on one file, or two replicas on one database."""
    stores: list[RunStore] = []

    async def open_as(owner: str, *, lease_seconds: float = LEASE_SECONDS) -> RunStore:
        store = open_store(owner, lease_seconds)
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


async def ask(runs: RunStore, thread_id: str = "t", *, waits_for: tuple[str, ...] = ("q1",)) -> Hold:
    hold = await runs.create(thread_id, "run-1", {"query": "Where is my order?"}, tenant="default")
    await runs.settle(hold, "input_required", waiting(*waits_for))
    return hold


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
    first = await ask(runs)
    before, second = await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default")
    assert (before.status, second.run_id) == ("input_required", "run-2")
    assert second.fence > first.fence
    assert not await runs.settle(first, "failed", {"status": "failed"})
    assert await runs.settle(second, "completed", {"status": "completed", "answer": "Yes."})
    thread = await runs.get("t", tenant="default")
    assert (thread.status, thread.body, thread.accepted) == (
        "completed",
        {"status": "completed", "answer": "Yes."},
        None,
    )


async def test_after_a_cancel_nothing_is_open_and_a_late_run_settles_nothing(runs: RunStore) -> None:
    hold = await ask(runs)
    before = await runs.cancel("t", {"status": "cancelled"}, tenant="default")
    assert before.status == "input_required"
    with pytest.raises(QuestionClosed):
        await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default")
    assert not await runs.settle(hold, "completed", {"status": "completed"})
    assert (await runs.get("t", tenant="default")).status == "cancelled"


async def test_the_list_has_waiting_threads_first_and_pages_through_all(runs: RunStore) -> None:
    for n in range(7):
        hold = await runs.create(f"t{n}", "r", {"query": f"question {n}"}, tenant="default")
        body = waiting("q") if n % 3 == 0 else {"status": "completed"}
        await runs.settle(hold, body["status"], body)  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    "foreign",
    ["nonsense", *(b64encode(text).decode() for text in (b"[]", b'[1e999,"",""]', b'[0,"\\ud800","\\u0000"]'))],
)
async def test_a_foreign_cursor_is_a_clear_error(runs: RunStore, foreign: str) -> None:
    with pytest.raises(InvalidQuery):
        await runs.page(tenant="default", status=None, limit=2, cursor=foreign)


def owned_by(name: str) -> Callable[[str], bool]:
    return lambda owner: owner == name


async def test_threads_of_a_dead_owner_are_adopted_once(opened: Open) -> None:
    first, second = await opened("dead"), await opened("alive")
    late = await first.create("lost", "run-1", {"query": "?"}, tenant="default")
    await second.create("busy", "run-1", {"query": "?"}, tenant="default")
    (lost,) = await second.adopt(owned_by("dead"), limit=10)
    assert (lost.thread.thread_id, lost.thread.request, lost.tries) == ("lost", {"query": "?"}, 1)
    assert lost.hold.run_id == "run-1" and lost.hold.fence > late.fence
    assert await second.adopt(owned_by("dead"), limit=10) == []


async def test_who_was_taken_over_can_do_nothing_more(opened: Open) -> None:
    first, second = await opened("dead"), await opened("alive")
    late = await first.create("t", "run-1", {}, tenant="default")
    (lost,) = await second.adopt(owned_by("dead"), limit=10)
    assert not await first.current(late) and await second.current(lost.hold)
    assert await first.renew([late]) == [late] and await second.renew([lost.hold]) == []
    await first.note_plan(late, {"steps": {}})
    await first.release([late], tried=True)
    assert not await first.settle(late, "completed", {"status": "completed"})
    assert (await second.get("t", tenant="default")).plan is None
    assert await second.adopt(owned_by("nobody"), limit=10) == []
    assert await second.settle(lost.hold, "completed", {"status": "completed"})


async def test_a_run_whose_lease_ran_out_is_adopted_though_its_owner_lives(opened: Open) -> None:
    stalled, other = await opened("stalled", lease_seconds=-1), await opened("other")
    await stalled.create("t", "run-1", {}, tenant="default")
    (adopted,) = await other.adopt(owned_by("nobody"), limit=10)
    assert adopted.hold.thread_id == "t"


async def test_a_lease_that_is_renewed_is_kept(opened: Open) -> None:
    slow, other = await opened("slow", lease_seconds=-1), await opened("other")
    hold = await slow.create("t", "run-1", {}, tenant="default")
    assert await other.renew([hold]) == []  # for a lease that lasts
    assert await slow.adopt(owned_by("nobody"), limit=10) == []


async def test_a_run_given_back_in_good_order_counts_as_no_try(opened: Open) -> None:
    first, second = await opened("one"), await opened("two")
    hold = await first.create("t", "run-1", {}, tenant="default")
    await first.release([hold], tried=False)
    (adopted,) = await second.adopt(owned_by("nobody"), limit=10)
    assert adopted.tries == 0
    for tries in (1, 2):
        await second.release([adopted.hold], tried=True)
        (adopted,) = await second.adopt(owned_by("nobody"), limit=10)
        assert adopted.tries == tries


async def test_of_many_only_so_many_are_adopted_the_oldest_first(opened: Open) -> None:
    first, second = await opened("one"), await opened("two")
    for n in range(5):
        await first.create(f"t{n}", "r", {}, tenant="default")
    taken = [await second.adopt(owned_by("one"), limit=2) for _ in range(3)]
    assert sorted(a.thread.thread_id for batch in taken for a in batch) == [f"t{n}" for n in range(5)]
    assert [len(batch) for batch in taken] == [2, 2, 1]


async def test_two_processes_never_adopt_the_same_run(opened: Open) -> None:
    dead, first, second = await opened("dead"), await opened("one"), await opened("two")
    for n in range(20):
        await dead.create(f"t{n}", "r", {}, tenant="default")
    taken = await asyncio.gather(*((first, second)[n % 2].adopt(owned_by("dead"), limit=3) for n in range(10)))
    assert sorted(a.thread.thread_id for batch in taken for a in batch) == sorted(f"t{n}" for n in range(20))


async def test_a_cancelled_run_may_still_say_what_it_had_done(runs: RunStore) -> None:
    hold = await runs.create("t", "run-1", {}, tenant="default")
    await runs.amend(hold, {"status": "completed"})
    assert (await runs.get("t", tenant="default")).body is None, "only what was cancelled is amended"
    await runs.cancel("t", {"status": "cancelled", "calls": []}, tenant="default")
    await runs.amend(hold, {"status": "cancelled", "calls": [{"step": "1"}]})
    assert (await runs.get("t", tenant="default")).body == {"status": "cancelled", "calls": [{"step": "1"}]}


KEY = RequestKey("k", "of this request")
KEPT = Retention(threads_seconds=None, keys_seconds=60, keys=100)


async def test_a_key_gives_the_answer_of_the_run_that_was_made_for_it(runs: RunStore) -> None:
    assert await runs.keyed(KEY, tenant="default") is None
    hold = await runs.create("t", "run-1", {}, tenant="default", key=KEY)
    assert await runs.keyed(KEY, tenant="default") == KeyedRun("t", None)
    await runs.settle(hold, "input_required", waiting("q1"))
    _, second = await runs.claim("t", "run-2", [{"id": "q1"}], tenant="default", key=RequestKey("k2", "an answer"))
    await runs.settle(second, "completed", {"status": "completed"})
    assert await runs.keyed(KEY, tenant="default") == KeyedRun("t", waiting("q1"))
    assert await runs.keyed(RequestKey("k2", "an answer"), tenant="default") == KeyedRun("t", {"status": "completed"})
    assert await runs.keyed(KEY, tenant="other") is None


async def test_a_key_is_for_one_request(runs: RunStore) -> None:
    await runs.create("t", "run-1", {}, tenant="default", key=KEY)
    with pytest.raises(KeyReused):
        await runs.keyed(RequestKey("k", "of another"), tenant="default")
    with pytest.raises(KeyReused):
        await runs.create("u", "run-1", {}, tenant="default", key=RequestKey("k", "of another"))
    with pytest.raises(KeyInUse):
        await runs.create("u", "run-1", {}, tenant="default", key=KEY)
    with pytest.raises(NoSuchThread):
        await runs.get("u", tenant="default")


async def test_a_key_of_a_request_that_was_refused_stays_free(runs: RunStore) -> None:
    await ask(runs)
    with pytest.raises(ThreadExists):
        await runs.create("t", "run-1", {}, tenant="default", key=KEY)
    with pytest.raises(QuestionClosed):
        await runs.claim("t", "run-2", [{"id": "gone"}], tenant="default", key=KEY)
    assert await runs.keyed(KEY, tenant="default") is None


async def test_of_many_requests_with_one_key_one_makes_a_run(opened: Open) -> None:
    stores = await opened("one"), await opened("two")

    async def create(number: int) -> bool:
        try:
            await stores[number % 2].create(f"t{number}", "r", {}, tenant="default", key=KEY)
        except KeyInUse:
            return False
        return True

    assert sum(await asyncio.gather(*(create(n) for n in range(20)))) == 1


async def test_the_answer_of_a_cancelled_run_is_that_of_its_key(runs: RunStore) -> None:
    await runs.create("t", "run-1", {}, tenant="default", key=KEY)
    await runs.cancel("t", {"status": "cancelled"}, tenant="default")
    assert await runs.keyed(KEY, tenant="default") == KeyedRun("t", {"status": "cancelled"})


async def test_keys_that_are_too_old_or_too_many_are_forgotten_and_those_under_way_are_not(runs: RunStore) -> None:
    for n in range(4):
        hold = await runs.create(f"t{n}", f"run-{n}", {}, tenant="default", key=RequestKey(f"k{n}", "x"))
        if n != 0:
            await runs.settle(hold, "completed", {"status": "completed"})
    await runs.tidy(replace(KEPT, keys=2), limit=10)
    known = [await runs.keyed(RequestKey(f"k{n}", "x"), tenant="default") is not None for n in range(4)]
    assert known == [True, False, False, True]
    await runs.tidy(replace(KEPT, keys_seconds=-1), limit=10)
    known = [await runs.keyed(RequestKey(f"k{n}", "x"), tenant="default") is not None for n in range(4)]
    assert known == [True, False, False, False]


async def test_finished_threads_go_after_their_time_and_others_stay(runs: RunStore) -> None:
    await ask(runs, "waiting")
    await runs.create("running", "r", {}, tenant="default")
    done = await runs.create("done", "r", {}, tenant="default", key=KEY)
    await runs.settle(done, "completed", {"status": "completed"})
    assert await runs.tidy(replace(KEPT, threads_seconds=60), limit=10) == []
    assert await runs.tidy(replace(KEPT, threads_seconds=-1), limit=10) == ["done"]
    with pytest.raises(NoSuchThread):
        await runs.get("done", tenant="default")
    assert {t.thread_id for t in (await listed(runs)).threads} == {"waiting", "running"}
    await runs.erase("done")
    await runs.erase("running")  # only what was deleted is erased
    assert await runs.tidy(KEPT, limit=10) == []
    assert {t.thread_id for t in (await listed(runs)).threads} == {"waiting", "running"}
    with pytest.raises(NoSuchThread):
        await runs.keyed(KEY, tenant="default")


async def listed(runs: RunStore) -> ThreadPage:
    return await runs.page(tenant="default", status=None, limit=10, cursor=None)


async def test_a_deleted_thread_is_gone(runs: RunStore) -> None:
    await ask(runs)
    await runs.delete("t", tenant="default")
    with pytest.raises(NoSuchThread):
        await runs.get("t", tenant="default")
    with pytest.raises(ThreadExists):
        await ask(runs)  # until everything else of it is gone, too
    assert await runs.tidy(KEPT, limit=10) == ["t"]
    await runs.erase("t")
    await ask(runs)  # and its id is free again


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "threads.db"
    path.write_bytes(b"these are my notes, not a database" * 100)
    with pytest.raises(StoreUnavailable):
        open_threads(path)
    assert path.read_bytes().startswith(b"these are my notes")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    database = open_threads(tmp_path / "threads.db")
    database._run(lambda db: db.execute("PRAGMA user_version = 99") and None)
    database.close()
    with pytest.raises(StoreUnavailable, match="version 99"):
        open_threads(tmp_path / "threads.db")


async def test_what_a_run_has_decided_is_kept_until_it_is_settled(runs: RunStore) -> None:
    hold = await runs.create("t", "run-1", {}, tenant="default")
    await runs.note_plan(hold, {"steps": {"1": {"api_id": "a"}}})
    await runs.note_plan(replace(hold, run_id="an older run"), {"steps": {}})
    assert (await runs.get("t", tenant="default")).plan == {"steps": {"1": {"api_id": "a"}}}
    assert await runs.current(hold) and not await runs.current(replace(hold, run_id="an older run"))
    await runs.settle(hold, "completed", {"status": "completed"})
    assert (await runs.get("t", tenant="default")).plan is None
    assert not await runs.current(hold)


OLD = """
CREATE TABLE threads (
    thread_id TEXT NOT NULL, tenant TEXT NOT NULL, status TEXT NOT NULL, waits INTEGER NOT NULL DEFAULT 0,
    run_id TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL, body TEXT, accepted TEXT, plan TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (thread_id)
);
CREATE TABLE questions (thread_id TEXT NOT NULL, question_id TEXT NOT NULL, PRIMARY KEY (thread_id, question_id));
INSERT INTO threads VALUES ('t', 'default', 'running', 0, 'r', 'gone', '{"query": "?"}', NULL, NULL, NULL, '', '');
PRAGMA user_version = 1;
"""


async def test_an_older_file_is_upgraded_and_keeps_its_threads(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "threads.db")
    old.executescript(OLD)
    old.close()
    runs = SqliteRuns(open_threads(tmp_path / "threads.db"), owner="one")
    (lost,) = await runs.adopt(owned_by("gone"), limit=10)
    await runs.close()
    assert (lost.thread.thread_id, lost.thread.request) == ("t", {"query": "?"})


async def test_a_write_waits_for_another_process_that_is_writing(tmp_path: Path) -> None:
    runs = SqliteRuns(open_threads(tmp_path / "threads.db"), owner="one")
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

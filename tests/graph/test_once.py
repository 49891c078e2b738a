"""One works on a thread, a change is sent once, and what was accepted is ended: whatever is killed, slow or locked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callers.protocol import Ledger, Sent
from catalog.errors import NoSuchThread, Stopping, TakenOver
from evals.oracle import Gold, Oracle
from evals.replies import Asked, Reply
from evals.scripted_model import ScriptedModel
from graph.leases import Leases, clock
from graph.manager import RunManager
from graph.requests import QueryRequest, ResumeRequest
from graph.runs import Hold, Retention, RunStore, ThreadRecord
from graph.services import Services
from graph.sqlite_events import SqliteEvents
from graph.sqlite_runs import SqliteRuns
from graph.sqlite_threads import open_threads

READ = QueryRequest(query="Has order 55555 shipped?", thread_id="t")
CHANGE = QueryRequest(query="Cancel order 123456", thread_id="t")
TENANT = "default"


def nobody(owner: str) -> bool:
    return False


def everybody(owner: str) -> bool:
    return True


async def until_received(upstream: Any, count: int) -> None:
    while len(upstream.received) < count:
        await asyncio.sleep(0.01)


async def settled(services: Services) -> Any:
    while (body := await services.runs.thread("t", tenant=TENANT))["status"] == "running":
        await asyncio.sleep(0.01)
    return body


def in_threads(folder: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "threads.db")) as db, db:
        return db.execute(statement).fetchall()


def let_leases_run_out(folder: Path) -> None:
    in_threads(folder, "UPDATE threads SET lease_until = 0")


async def test_a_process_that_stalled_does_not_end_a_run_over_its_successor(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    upstream.hold.clear()
    async with start() as stalled, start() as successor:
        asked = asyncio.create_task(stalled.runs.ask(READ, tenant=TENANT))
        await until_received(upstream, 1)
        let_leases_run_out(tmp_path / "data")
        assert await successor.runs.recover(nobody) == 1
        await until_received(upstream, 2)
        upstream.answers["GET /orders/55555"] = (200, {"order_id": "55555", "status": "late"})
        upstream.hold.set()
        body = await settled(successor)
        told = await asked
        assert body["status"] == "completed"
        assert await stalled.runs.thread("t", tenant=TENANT) == body
        assert told["status"] in ("completed", "running"), "the late one says what stands"
        finished = await stalled.runs.trace("t", tenant=TENANT)
        assert finished["status"] == "completed"


async def test_a_change_that_a_stalled_process_was_sending_is_not_sent_by_its_successor(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    upstream.hold.clear()
    async with start(approve="never") as stalled, start(approve="never") as successor:
        asked = asyncio.create_task(stalled.runs.ask(CHANGE, tenant=TENANT))
        await until_received(upstream, 1)
        let_leases_run_out(tmp_path / "data")
        await successor.runs.recover(nobody)
        body = await settled(successor)
        assert [request["reason"] for request in body["input_requests"]] == ["outcome_unknown"]
        upstream.hold.set()
        assert (await asked)["status"] == "input_required", "what the late one found out is not written over it"
        body = await successor.runs.resume("t", ResumeRequest(params={"happened": "yes"}), tenant=TENANT)
        assert body["status"] == "completed"
        assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_run_that_was_taken_over_is_ended_where_it_stalled(start: Any, upstream: Any, tmp_path: Path) -> None:
    upstream.hold.clear()
    async with start() as stalled, start() as successor:
        asked = asyncio.create_task(stalled.runs.ask(READ, tenant=TENANT))
        await until_received(upstream, 1)
        let_leases_run_out(tmp_path / "data")
        await successor.runs.recover(nobody)
        await stalled.runs.keep_leases()
        assert stalled.runs.under_way() == 0
        assert (await asked)["status"] == "running", "its successor goes on"
        upstream.hold.set()
        assert (await settled(successor))["status"] == "completed"


class SlowLedger:
    """Takes longer, once, to record a call than the lease of its run lasts."""

    def __init__(self, ledger: Ledger, leases: Leases) -> None:
        self._ledger = ledger
        self._leases = leases
        self.begun = 0

    async def begin(self, key: str, *, fence: int, again_within: float = 0) -> Sent:
        sent = await self._ledger.begin(key, fence=fence, again_within=again_within)
        self.begun += 1
        if self.begun == 1:
            for hold in list(self._leases._until):
                self._leases.add(hold, since=clock() - 100)
        return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


async def test_a_lease_that_ran_out_before_a_call_left_costs_no_run_where_nobody_took_it_over(
    start: Any, upstream: Any
) -> None:
    async with start(approve="never") as services:
        slow = SlowLedger(services.parts.ledger, services.runs._runner._leases)
        services.parts.ledger = slow
        body = await services.runs.ask(CHANGE, tenant=TENANT)
        assert (body["status"], slow.begun) == ("completed", 2)
        assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_who_cannot_be_sure_of_its_lease_sends_nothing(tmp_path: Path) -> None:
    runs = SqliteRuns(open_threads(tmp_path / "data" / "threads.db"), owner="one")
    leases = Leases(runs, lease_seconds=10)
    hold = await runs.create("t", "r", {}, tenant=TENANT)
    leases.add(hold, since=clock())
    leases.permit(hold)
    leases.add(hold, since=clock() - 9.5)
    with pytest.raises(TakenOver):
        leases.permit(hold)
    assert await leases.confirmed(hold), "nobody took it: it is renewed"
    leases.permit(hold)
    with pytest.raises(TakenOver):
        leases.permit(Hold("t", "r", 99))
    await runs.close()


async def test_a_run_that_is_cut_off_five_times_is_set_aside_and_says_so(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    upstream.hold.clear()
    async with start(approve="never") as first:
        asked = asyncio.create_task(first.runs.ask(CHANGE, tenant=TENANT))
        await until_received(upstream, 1)
        in_threads(tmp_path / "data", "UPDATE threads SET lease_until = 0, tries = 4")
        async with start() as other:
            assert await other.runs.recover(nobody) == 1
            body = await other.runs.thread("t", tenant=TENANT)
            assert (body["status"], body["error"]["code"]) == ("failed", "set_aside")
            assert "5 times" in body["answer"]
            assert any("may have taken effect" in warning for warning in body["warnings"])
            assert await other.runs.recover(everybody) == 0
        upstream.hold.set()
        assert (await asked)["status"] == "failed"


async def test_a_run_that_was_stopped_in_good_order_is_taken_up_and_counts_as_no_try(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    upstream.hold.clear()
    async with start() as services:
        asked = asyncio.create_task(services.runs.ask(READ, tenant=TENANT))
        await until_received(upstream, 1)
        await services.runs.close()
        assert (await asked)["status"] == "running"
        with pytest.raises(Stopping):
            await services.runs.ask(QueryRequest(query="Has order 55555 shipped?"), tenant=TENANT)
        assert in_threads(tmp_path / "data", "SELECT owner, tries FROM threads") == [("", 0)]
    upstream.hold.set()
    async with start(recover=True) as services:
        assert (await settled(services))["status"] == "completed"


async def test_a_change_that_its_upstream_does_once_is_sent_again_by_itself(start: Any, upstream: Any) -> None:
    upstream.hold.clear()
    async with start(approve="never") as services:
        (cancel,) = [api for api in await services.catalog.apis("shop/orders") if api.name == "cancel_order"]
        await services.catalog.put(cancel.model_copy(update={"idempotency_header": "Idempotency-Key"}))
        asked = asyncio.create_task(services.runs.ask(CHANGE, tenant=TENANT))
        await until_received(upstream, 1)
        await services.runs.close()
        await asked
        upstream.hold.set()
    async with start(recover=True, approve="never", imported=False) as services:
        assert (await settled(services))["status"] == "completed"
    assert upstream.sent("DELETE") == ["/orders/123456"] * 2


async def test_a_change_that_is_cut_off_by_a_stop_is_unknown(start: Any, upstream: Any) -> None:
    upstream.hold.clear()
    async with start(approve="never") as services:
        asked = asyncio.create_task(services.runs.ask(CHANGE, tenant=TENANT))
        await until_received(upstream, 1)
        await services.runs.close()
        await asked
    upstream.hold.set()
    async with start(recover=True, approve="never") as services:
        body = await settled(services)
        assert [request["reason"] for request in body["input_requests"]] == ["outcome_unknown"]
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_cancelled_run_shows_what_it_had_sent(start: Any, upstream: Any) -> None:
    upstream.hold.clear()
    async with start(approve="never") as services:
        asked = asyncio.create_task(services.runs.ask(CHANGE, tenant=TENANT))
        await until_received(upstream, 1)
        body = await services.runs.cancel("t", tenant=TENANT)
        upstream.hold.set()
        assert body["status"] == "cancelled"
        (call,) = body["calls"]
        assert (call["method"], call["parameters"], call["http_status"]) == ("DELETE", {"order_id": "123456"}, None)
        assert any("may have taken effect" in warning for warning in body["warnings"])
        assert await asked == await services.runs.thread("t", tenant=TENANT) == body


class SlowToRead:
    """A store that tells what a thread was like a moment ago; all else is its own."""

    def __init__(self, wrapped: RunStore, told: ThreadRecord) -> None:
        self._wrapped = wrapped
        self._told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        return self._told


async def test_a_run_that_ended_just_before_it_was_cancelled_stays_as_it_ended(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    async with start() as services:
        body = await services.runs.ask(READ, tenant=TENANT)
        database = open_threads(tmp_path / "data" / "threads.db")
        with closing(database):
            runs, events = SqliteRuns(database, owner="late"), SqliteEvents(database)
            under_way = replace(await runs.get("t", tenant=TENANT), status="running", body=None)
            saver: Any = services.graph.checkpointer
            late: Any = SlowToRead(runs, under_way)
            manager = RunManager(
                graph=services.graph, parts=services.parts, runs=late, events=events, checkpointer=saver
            )
            assert (await manager.cancel("t", tenant=TENANT))["status"] == body["status"] == "completed"
            assert (await events.read("t"))[-1].name == "run.completed"


async def test_a_run_cancelled_from_another_process_ends_there_and_shows_its_calls(start: Any, upstream: Any) -> None:
    upstream.hold.clear()
    async with start() as working, start() as other:
        asked = asyncio.create_task(working.runs.ask(READ, tenant=TENANT))
        await until_received(upstream, 1)
        assert (await other.runs.cancel("t", tenant=TENANT))["status"] == "cancelled"
        await working.runs.keep_leases()
        body = await asked
        upstream.hold.set()
        assert (body["status"], [call["step"] for call in body["calls"]]) == ("cancelled", ["1"])
        assert await other.runs.thread("t", tenant=TENANT) == body


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_after_a_change_is_an_unknown_outcome(start: Any, upstream: Any, status: int) -> None:
    upstream.answers["DELETE /orders/123456"] = (status, {"error": "Out of paper."})
    async with start(approve="never") as services:
        body = await services.runs.ask(CHANGE, tenant=TENANT)
        (asked,) = body["input_requests"]
        assert asked["reason"] == "outcome_unknown" and "Out of paper." in asked["message"]
        assert [call["http_status"] for call in body["calls"]] == [status]
        body = await services.runs.resume("t", ResumeRequest(params={"happened": "no"}), tenant=TENANT)
        assert (body["status"], body["error"]["code"]) == ("failed", "did_not_happen")
        assert upstream.sent("DELETE") == ["/orders/123456"]


BOTH = "Which item was ordered for 123456? And cancel it."
ORACLE = Oracle(
    {
        BOTH: [
            Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"}),
            Gold("shop/orders/cancel_order", "shop/orders", "Shop", parameters={"order_id": "123456"}),
        ]
    }
)


def never_content(asked: Asked) -> Reply:
    """The oracle, but no answer is good enough for it."""
    answers = asked.function_name == "judge" and "does everything that the answer states" not in asked.text
    return {"verdict": "no", "reason": "It was not cancelled."} if answers else ORACLE(asked)


async def test_after_a_change_of_unknown_outcome_no_round_tries_it_again(start: Any, upstream: Any) -> None:
    upstream.answers["DELETE /orders/123456"] = (500, None)
    with ScriptedModel(never_content) as model:
        settings = {"model": "scripted", "openai_base_url": model.url, "openai_api_key": "sk-secret-key"}
        async with start(reasoner="chat", approve="never", **settings) as services:
            await services.runs.ask(QueryRequest(query=BOTH, thread_id="t"), tenant=TENANT)
            body = await services.runs.resume("t", ResumeRequest(params={"happened": "no"}), tenant=TENANT)
    assert (body["status"], body["rounds"]) == ("completed", 1)
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_locked_file_of_checkpoints_at_a_pause_loses_no_thread(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    async with start() as services:
        await services.runs._checkpointer.conn.execute("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(tmp_path / "data" / "checkpoints.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asked = asyncio.create_task(
            services.runs.ask(QueryRequest(query="Where is my order?", thread_id="t"), tenant=TENANT)
        )
        await asyncio.sleep(0.2)  # by then it has found the file locked
        other.execute("COMMIT")
        other.close()
        assert (await asked)["status"] == "input_required"
        body = await services.runs.resume("t", ResumeRequest(params={"order_id": "55555"}), tenant=TENANT)
        assert body["status"] == "completed"


async def test_a_file_that_stays_locked_keeps_the_answer_until_it_is_free(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    async with start() as services:
        await services.runs._checkpointer.conn.execute("PRAGMA busy_timeout = 1")
        services.runs._checkpointer.pauses_seconds = services.runs._runner.pauses_seconds = (0.0,)
        await services.runs.ask(QueryRequest(query="Where is my order?", thread_id="t"), tenant=TENANT)
        other = sqlite3.connect(tmp_path / "data" / "checkpoints.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # what was kept can be read, but the next pause cannot be written
        body = await services.runs.resume("t", ResumeRequest(params={"order_id": "55"}), tenant=TENANT)
        assert body["status"] == "running"
        other.execute("COMMIT")
        other.close()
        assert await services.runs.recover(nobody) == 1
        body = await settled(services)
        assert body["input_requests"][0]["errors"], "the answer was kept, and did not fit"


async def test_finished_threads_go_with_all_that_was_kept_of_them(start: Any, upstream: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with start(approve="never") as services:
        await services.runs.ask(CHANGE, tenant=TENANT)
        await services.runs.ask(QueryRequest(query="Where is my order?", thread_id="waits"), tenant=TENANT)
        assert await services.runs.tidy(Retention(threads_seconds=60, keys_seconds=60, keys=10)) == 0
        assert await services.runs.tidy(Retention(threads_seconds=-1, keys_seconds=60, keys=10)) == 1
        with pytest.raises(NoSuchThread):
            await services.runs.thread("t", tenant=TENANT)
        assert (await services.runs.thread("waits", tenant=TENANT))["status"] == "input_required"
        assert await services.parts.ledger.of_thread("t") == []
        assert in_threads(folder, "SELECT DISTINCT thread_id FROM events") == [("waits",)]
        await services.runs.ask(READ, tenant=TENANT)  # its name is free again


async def test_an_answer_that_comes_again_while_the_first_is_worked_on_is_not_refused(
    start: Any, upstream: Any
) -> None:
    async with start() as services:
        await services.runs.ask(QueryRequest(query="Where is my order?", thread_id="t"), tenant=TENANT)
        upstream.hold.clear()
        answer = ResumeRequest(params={"order_id": "55555"})
        first = asyncio.create_task(services.runs.resume("t", answer, tenant=TENANT, key="k"))
        again = asyncio.create_task(services.runs.resume("t", answer, tenant=TENANT, key="k"))
        await until_received(upstream, 1)
        later = asyncio.create_task(services.runs.resume("t", answer, tenant=TENANT, key="k"))
        await asyncio.sleep(0)
        upstream.hold.set()
        assert await first == await again == await later
        assert upstream.sent("GET") == ["/orders/55555"]


@pytest.mark.parametrize(
    ("happened", "rows"),
    [
        ("yes", [("done", "A person said that it happened.")]),
        ("no", [("failed", "A person said that it did not happen.")]),
        ("send_again", [("unknown", "A person had it sent again."), ("done", "")]),
    ],
)
async def test_what_a_person_says_of_a_doubtful_change_stands_in_the_ledger(
    start: Any, upstream: Any, happened: str, rows: list[tuple[str, str]]
) -> None:
    upstream.answers["DELETE /orders/123456"] = (500, {"error": "Out of paper."})
    async with start(approve="never") as services:
        await services.runs.ask(CHANGE, tenant=TENANT)
        upstream.answers["DELETE /orders/123456"] = (200, {"cancelled": True})
        await services.runs.resume("t", ResumeRequest(params={"happened": happened}), tenant=TENANT)
        assert [(row.state, row.error) for row in await services.parts.ledger.of_thread("t")] == rows


async def test_what_a_person_knows_is_told_and_not_what_the_api_said_in_its_trouble(start: Any, upstream: Any) -> None:
    upstream.answers["DELETE /orders/123456"] = (500, {"error": "Out of paper."})
    async with start(approve="never") as services:
        await services.runs.ask(CHANGE, tenant=TENANT)
        body = await services.runs.resume("t", ResumeRequest(params={"happened": "yes"}), tenant=TENANT)
    assert (body["status"], "Out of paper" in body["answer"]) == ("completed", False)
    assert "done" in body["answer"] and any("A person said" in warning for warning in body["warnings"])


async def test_a_person_approves_the_very_key_that_is_sent(start: Any, upstream: Any) -> None:
    async with start() as services:
        (cancel,) = [api for api in await services.catalog.apis("shop/orders") if api.name == "cancel_order"]
        await services.catalog.put(cancel.model_copy(update={"idempotency_header": "Idempotency-Key"}))
        body = await services.runs.ask(CHANGE, tenant=TENANT)
        (asked,) = body["input_requests"]
        key = asked["request"]["headers"]["Idempotency-Key"]
        assert f"Idempotency-Key: {key}" in asked["request"]["curl"]
        answer = {"id": asked["id"], "action": "accept"}
        body = await services.runs.resume("t", ResumeRequest(responses=[answer]), tenant=TENANT)
    assert body["status"] == "completed"
    assert upstream.keys == [key]

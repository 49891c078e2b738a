"""A process that is killed loses nothing that it accepted, and sends nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import QuestionClosed, StoreUnavailable, ThreadBusy
from graph.owners import alive
from graph.requests import QueryRequest, ResumeRequest
from graph.runs import RunStore
from graph.services import Services

ROOT = Path(__file__).parents[2]
ASK = """
import asyncio, json, sys
from graph.requests import QueryRequest, ResumeRequest
from graph.services import open_services
from graph.settings import Settings

async def main():
    settings = Settings(_env_file=None)
    async with open_services(settings) as services:
        for line in sys.stdin:
            verb, *rest = json.loads(line)
            if verb == "ask":
                body = await services.runs.ask(QueryRequest(query=rest[0], thread_id="t"), tenant="default")
            else:
                body = await services.runs.resume("t", ResumeRequest.model_validate(rest[0]), tenant="default")
            print(json.dumps(body), flush=True)

asyncio.run(main())
"""


class Process:
    """The service in a process of its own, to be killed."""

    def __init__(self, data: Path) -> None:
        environment = {**os.environ, "SWITCHBOARD_DATA_DIR": str(data), "SWITCHBOARD_REASONER": "offline"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", ASK],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, *words: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


async def settled(services: Services) -> Any:
    while (body := await services.runs.thread("t", tenant="default"))["status"] == "running":
        await asyncio.sleep(0.01)
    return body


async def until_received(upstream: Any, count: int) -> None:
    while len(upstream.received) < count:
        await asyncio.sleep(0.01)


async def test_a_thread_that_waits_survives_a_kill_and_is_resumed(start: Any, upstream: Any, tmp_path: Path) -> None:
    async with start():
        pass
    process = Process(tmp_path / "data")
    process.say("ask", "Where is my order?")
    assert process.hear()["status"] == "input_required"
    process.kill()
    async with start(recover=True) as services:
        request = ResumeRequest(params={"order_id": "55555"})
        body = await services.runs.resume("t", request, tenant="default")
        assert body["status"] == "completed" and "Oak Tray" in body["answer"]
        assert upstream.sent("GET") == ["/orders/55555"]


async def test_a_question_cut_off_while_reading_is_taken_up_again(start: Any, upstream: Any, tmp_path: Path) -> None:
    async with start():
        pass
    process = Process(tmp_path / "data")
    upstream.hold.clear()
    process.say("ask", "Has order 55555 shipped?")
    await until_received(upstream, 1)
    process.kill()
    upstream.hold.set()
    async with start(recover=True) as services:
        body = await settled(services)
        assert body["status"] == "completed" and "Oak Tray" in body["answer"]


async def killed_while_cancelling(start: Any, upstream: Any, tmp_path: Path) -> None:
    """A process that dies after its approved DELETE has reached the upstream, and before the answer came."""
    async with start():
        pass
    process = Process(tmp_path / "data")
    process.say("ask", "Cancel order 123456")
    request = process.hear()["input_requests"][0]
    upstream.hold.clear()
    process.say("resume", {"responses": [{"id": request["id"], "action": "accept"}]})
    await until_received(upstream, 1)
    process.kill()
    upstream.hold.set()


async def test_a_change_cut_off_while_it_was_sent_is_never_sent_again_in_silence(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    await killed_while_cancelling(start, upstream, tmp_path)
    async with start(recover=True) as services:
        body = await settled(services)
        (asked,) = body["input_requests"]
        assert asked["reason"] == "outcome_unknown"
        assert upstream.sent("DELETE") == ["/orders/123456"]
        answer = ResumeRequest(params={"happened": "send_again"})
        body = await services.runs.resume("t", answer, tenant="default")
        assert body["input_requests"][0]["reason"] == "approval", "sending again is approved again"
        answer = ResumeRequest.model_validate(
            {"responses": [{"id": body["input_requests"][0]["id"], "action": "accept"}]}
        )
        body = await services.runs.resume("t", answer, tenant="default")
        assert body["status"] == "completed"
        assert upstream.sent("DELETE") == ["/orders/123456"] * 2


async def test_a_change_that_a_person_confirms_is_done_and_not_sent_again(
    start: Any, upstream: Any, tmp_path: Path
) -> None:
    await killed_while_cancelling(start, upstream, tmp_path)
    async with start(recover=True) as services:
        await settled(services)
        body = await services.runs.resume("t", ResumeRequest(params={"happened": "yes"}), tenant="default")
        assert body["status"] == "completed"
        assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_change_that_needed_no_approval_is_not_planned_anew_after_a_crash(
    start: Any, upstream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCHBOARD_APPROVE", "never")
    async with start():
        pass
    process = Process(tmp_path / "data")
    upstream.hold.clear()
    process.say("ask", "Cancel order 123456")
    await until_received(upstream, 1)
    process.kill()
    upstream.hold.set()
    async with start() as services:  # the catalog changes before anyone takes the run up
        api = next(a for a in await services.catalog.apis("shop/orders") if a.name == "cancel_order")
        await services.catalog.put(api.model_copy(update={"url": api.url + "/now", "title": "Withdraw"}))
        await services.runs.recover(lambda owner: not alive(tmp_path / "data" / "owners", owner))
        body = await settled(services)
        assert [asked["reason"] for asked in body["input_requests"]] == ["outcome_unknown"]
        assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_living_process_keeps_its_runs(start: Any, upstream: Any) -> None:
    upstream.hold.clear()
    async with start() as first:
        asked = asyncio.create_task(
            first.runs.ask(QueryRequest(query="Has order 55555 shipped?", thread_id="t"), tenant="default")
        )
        await until_received(upstream, 1)
        async with start(recover=True):
            upstream.hold.set()
            assert (await asked)["status"] == "completed"
    assert len(upstream.received) == 1


class LostBeforeItCouldSaySo:
    """A store of threads that ends a run, and is gone before anybody hears of it; then it is back."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def settle(self, *told: Any, **more: Any) -> bool:
        done = await self._store.settle(*told, **more)
        if not self._lost:
            self._lost = True
            raise StoreUnavailable("the store", "it was lost")
        return done


async def test_a_run_that_was_ended_unheard_has_its_answer_and_its_trace_once(start: Any) -> None:
    async with start() as services:
        services.runs._runner._runs = LostBeforeItCouldSaySo(services.runs._runs)
        body = await services.runs.ask(QueryRequest(query="Has order 55555 shipped?", thread_id="t"), tenant="default")
        trace = await services.runs.trace("t", tenant="default")
    assert (body["status"], len(trace["requests"]), len(trace["plan"])) == ("completed", 1, 1)


async def test_a_caller_that_goes_away_stops_nothing(start: Any, upstream: Any) -> None:

    upstream.hold.clear()
    async with start() as services:
        asked = asyncio.create_task(
            services.runs.ask(QueryRequest(query="Has order 55555 shipped?", thread_id="t"), tenant="default")
        )
        await until_received(upstream, 1)
        asked.cancel()
        upstream.hold.set()
        assert (await settled(services))["status"] == "completed"


async def test_a_cancelled_run_ends_at_once_and_its_caller_is_told(start: Any, upstream: Any) -> None:

    upstream.hold.clear()
    async with start() as services:
        asked = asyncio.create_task(
            services.runs.ask(QueryRequest(query="Has order 55555 shipped?", thread_id="t"), tenant="default")
        )
        await until_received(upstream, 1)
        body = await services.runs.cancel("t", tenant="default")
        assert body["status"] == "cancelled"
        assert (await asked)["status"] == "cancelled"
        upstream.hold.set()


async def test_of_fifty_simultaneous_answers_one_is_taken_and_one_request_is_sent(start: Any, upstream: Any) -> None:

    async with start() as services:
        body = await services.runs.ask(QueryRequest(query="Cancel order 123456"), tenant="default")
        answer = ResumeRequest.model_validate(
            {"responses": [{"id": body["input_requests"][0]["id"], "action": "accept"}]}
        )
        results = await asyncio.gather(
            *(services.runs.resume(body["thread_id"], answer, tenant="default") for _ in range(50)),
            return_exceptions=True,
        )
        assert [r["status"] for r in results if isinstance(r, dict)] == ["completed"]
        assert sum(isinstance(r, QuestionClosed | ThreadBusy) for r in results) == 49
        assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_damaged_checkpoint_file_is_told_when_opening_and_kept(start: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    damaged = tmp_path / "data" / "checkpoints.db"
    damaged.write_bytes(b"no database at all " * 500)
    with pytest.raises(StoreUnavailable, match="checkpoints"):
        async with start():
            pass
    assert damaged.read_bytes().startswith(b"no database")

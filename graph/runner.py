"""Does the work of runs, each in a task of its own: holds it, settles it, and gives it back where it cannot end it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from pydantic import JsonValue

from catalog.errors import CheckpointGone, NoSuchThread, StoreUnavailable, SwitchboardError, TakenOver
from graph.bodies import blank, cancelled, cancelled_by, failed, paused, running, spent_of
from graph.build import Graph
from graph.checkpoints import FRESH_KEY
from graph.cut_off import with_calls
from graph.leases import Leases
from graph.parts import RUN_KEY, Parts, complete_options, limits_of
from graph.runs import Body, EventLog, Hold, RunStore, ThreadRecord, ThreadStatus
from nodes.run import Event, Run
from nodes.state import State

log = logging.getLogger(__name__)
RECURSION_LIMIT = 200
"""A path of 2 rounds with 10 steps takes some 50 nodes; this only ends what would never end."""
SETTLE_PAUSES_SECONDS = (0.1, 0.5, 2.0)
RETRY_PAUSES_SECONDS = (0.2, 1.0, 4.0)
"""Before a run is begun again whose store was locked or away; then another process may try, or this one later."""
PATIENCE_SECONDS = 600.0
"""For stores that are away; a run that fails at them for longer counts as cut off each time, so that it ends."""
GRACE_SECONDS = 10
"""Nodes end at the deadline by themselves; this much later the run is cut off."""

GraphInput = Body | Command[Any]


@dataclass
class Work:
    """A run under way in this process."""

    thread: ThreadRecord
    """As it stands in the store while the run works."""
    hold: Hold
    run: Run
    events: list[Event] = field(default_factory=list)
    again: bool = False
    """It was begun before, and may have left a checkpoint."""


class Runner:
    """Keeps tasks of runs, and nothing about HTTP or who asks."""

    def __init__(
        self,
        *,
        graph: Graph,
        parts: Parts,
        runs: RunStore,
        events: EventLog,
        checkpointer: BaseCheckpointSaver[Any],
        leases: Leases,
    ) -> None:
        self._graph = graph
        self._parts = parts
        self._runs = runs
        self._events = events
        self._checkpointer = checkpointer
        self._leases = leases
        self.pauses_seconds: Sequence[float] = RETRY_PAUSES_SECONDS
        self.tasks: dict[str, asyncio.Task[Body]] = {}
        """By thread."""
        self._works: dict[Hold, asyncio.Task[Body]] = {}

    def start(self, thread: ThreadRecord, hold: Hold, *, since: float) -> asyncio.Task[Body]:
        """`since`: when, by the leases' clock, the hold was asked for."""
        self._leases.add(hold, since=since)
        work = self._work_of(thread, hold)
        self._parts.runs[hold.run_id] = work.run
        work.run.emit("run.started", thread_id=hold.thread_id, run_id=hold.run_id)
        task = asyncio.create_task(self._work(work), name=f"run {hold.run_id}")
        self.tasks[hold.thread_id] = self._works[hold] = task
        task.add_done_callback(lambda done: self._forget(hold, done))
        return task

    def _work_of(self, thread: ThreadRecord, hold: Hold) -> Work:
        options = thread.request.get("options")
        settings = self._parts.settings
        limits = limits_of(complete_options(options if isinstance(options, dict) else {}, settings), settings)
        spent = spent_of(thread.body, token_price=self._parts.token_price)
        events: list[Event] = []
        run = Run(hold.thread_id, hold.run_id, thread.tenant, limits, spent, events.append)
        run.fence = hold.fence
        run.still_ours = partial(self._leases.confirmed, hold)
        run.permit = partial(self._leases.permit, hold)
        run.keep = partial(self._runs.note_plan, hold)
        return Work(thread, hold, run, events, again=hold.fence > 1)

    def _forget(self, hold: Hold, done: asyncio.Task[Body]) -> None:
        self._leases.drop(hold)
        self._works.pop(hold, None)
        if self.tasks.get(hold.thread_id) is done:
            del self.tasks[hold.thread_id]
            self._parts.runs.pop(hold.run_id, None)

    async def joined(self, thread_id: str, seconds: float) -> bool:
        """Wait until the thread's run ends, for so long. False: it is none of this process."""
        task = self.tasks.get(thread_id)
        if task is not None:
            await asyncio.wait({task}, timeout=seconds)
        return task is not None

    async def stop(self, thread_id: str) -> None:
        """Cut off the run of a thread, and wait until it is."""
        if task := self.tasks.get(thread_id):
            task.cancel()
            await asyncio.wait({task})

    async def stop_all(self) -> None:
        """What they accepted is kept, and taken up elsewhere or at the next start."""
        await self._stop(lambda hold: True)

    async def keep_leases(self) -> None:
        """Renew them all. A run that was taken over ends here: nothing of it would be taken any more."""
        lost = await self._leases.renewed()
        await self._stop(lambda hold: hold in lost)

    async def _stop(self, chosen: Callable[[Hold], bool]) -> None:
        stopped = [task for hold, task in self._works.items() if chosen(hold)]
        for task in stopped:
            task.cancel()
        if stopped:
            await asyncio.wait(stopped)

    async def _work(self, work: Work) -> Body:
        try:
            body = await self._ended(work)
        except asyncio.CancelledError:
            await asyncio.shield(self._cut_off(work))
            raise
        if body is None:
            return await self._put_back(work)
        status: ThreadStatus = body["status"]  # type: ignore[assignment]  # set by our own nodes
        work.run.emit(f"run.{status}", usage=dict(work.run.usage()))
        if not await self._settled(work, status, body):  # a person cancelled it, or another process works on it now
            await self._logged(work, settled=True)
            await self._runs.amend(work.hold, cancelled_by(with_calls(body, work.events)))
            return await self._standing(work)
        self._leases.drop(work.hold)  # nothing is held any more, so nothing can be lost
        if status != "input_required" and (work.thread.body is not None or status == "failed"):
            await self.tidied(work.hold.thread_id)
        return body

    async def tidied(self, thread_id: str) -> None:
        """It is not resumed again; what stays of it because the file is locked goes with the thread."""
        try:
            await self._checkpointer.adelete_thread(thread_id)
        except StoreUnavailable:
            log.warning("the checkpoint of thread %s could not be removed yet", thread_id)

    async def _standing(self, work: Work) -> Body:
        thread = await self._runs.get(work.hold.thread_id, tenant=work.run.tenant)
        return running(thread) if thread.status == "running" or thread.body is None else thread.body

    async def _cut_off(self, work: Work) -> None:
        """What was done until then is not forgotten; where nobody cancelled it, another may go on with it."""
        await self._logged(work)
        try:
            body = with_calls(cancelled(work.thread), work.events)
            await self._runs.amend(work.hold, {**body, "usage": dict(work.run.usage())})
            await self._runs.release([work.hold], tried=False)
        except StoreUnavailable:
            log.exception("run %s could not be given back: its lease will run out", work.hold.run_id)

    async def _put_back(self, work: Work) -> Body:
        """A store was away for too long, or another has it: the run waits until somebody takes it up again."""
        await self._logged(work)
        since = datetime.now(UTC) - datetime.fromisoformat(work.thread.updated_at)
        await self._runs.release([work.hold], tried=since.total_seconds() > PATIENCE_SECONDS)
        return await self._standing(work)

    async def _settled(self, work: Work, status: ThreadStatus, body: Body) -> bool:
        """The answer and what led to it are written at once, and not given up at the first trouble with the file."""
        for pause in SETTLE_PAUSES_SECONDS:
            try:
                return await self._runs.settle(work.hold, status, body, events=work.events)
            except StoreUnavailable:
                log.exception("run %s could not be settled yet", work.hold.run_id)
                await asyncio.sleep(pause)
        return await self._runs.settle(work.hold, status, body, events=work.events)

    async def _logged(self, work: Work, *, settled: bool = False) -> None:
        """`settled`: it may have been written with the answer, by a store that was lost before it could say so."""
        thread_id, run_id = work.hold.thread_id, work.hold.run_id
        try:
            if not (settled and await self._stands_in_the_log(thread_id, work.events[-1])):
                await self._events.append(thread_id, run_id, work.events)
        except StoreUnavailable:
            log.exception("the events of run %s are lost", run_id)

    async def _stands_in_the_log(self, thread_id: str, event: Event) -> bool:
        """Each event says when it was, so that no two are equal."""
        return any((known.name, known.facts) == event for known in await self._events.read(thread_id))

    async def _ended(self, work: Work) -> Body | None:
        """The run's answer; None: a store could not be used, and it is to be tried again later."""
        for pause in (*self.pauses_seconds, None):
            try:
                return await self._outcome(work)
            except (StoreUnavailable, TakenOver):
                log.exception("run %s could not go on", work.hold.run_id)
            if pause is None or not await self._tried_again(work, pause):
                break
        return None

    async def _tried_again(self, work: Work, pause: float) -> bool:
        """From what is stored of it, as after a crash. False: it is not ours any more, or that cannot be read."""
        await asyncio.sleep(pause)
        try:
            work.thread = await self._runs.get(work.hold.thread_id, tenant=work.run.tenant)
            work.again = True
            return await self._leases.confirmed(work.hold)
        except (StoreUnavailable, NoSuchThread):
            return False

    async def _outcome(self, work: Work) -> Body:
        """Whatever breaks is an answer too: the thread is never left hanging. Raises StoreUnavailable, TakenOver."""
        run = work.run
        try:
            async with asyncio.timeout(max(run.seconds_left(), 0) + GRACE_SECONDS):
                return await self._invoke(work)
        except (StoreUnavailable, TakenOver):
            raise
        except TimeoutError:
            code, said, limit = "deadline_seconds", "The deadline passed.", "deadline_seconds"
        except SwitchboardError as error:
            code, said, limit = error.code, f"{error} {error.cure}".strip(), None
        except Exception:
            log.exception("run %s of thread %s broke", run.run_id, run.thread_id)
            code, said, limit = "internal_error", "Something broke that should not. The log says what.", None
        known = work.thread.body or blank(run.thread_id, run.run_id)
        return failed(with_calls(known, work.events), run, code, said, stopped_by=limit)

    async def _invoke(self, work: Work) -> Body:
        run, graph_input = work.run, await self._input(work)
        config = self._config(run, fresh=isinstance(graph_input, dict))
        if isinstance(graph_input, Command) and await self._checkpointer.aget_tuple(config) is None:
            raise CheckpointGone(run.thread_id)
        final = await self._graph.ainvoke(graph_input, config, durability="exit", version="v2")
        if not final.interrupts:
            result: Body = final.value["result"]
            return result
        state: State = (await self._graph.aget_state(self._config(run, fresh=False))).values  # type: ignore[assignment]  # our own state
        return paused(state, run, final.interrupts[0].value["input_requests"], await self._parts.catalog.version())

    async def _input(self, work: Work) -> GraphInput:
        """Where it had begun to send, what was decided then holds; else from the last pause, or from the question."""
        thread = work.thread
        if thread.accepted is not None and thread.plan is None:
            return Command(resume={"responses": list(thread.accepted)})
        if work.again:
            await self._checkpointer.adelete_thread(thread.thread_id)
        return {**thread.request, **(thread.plan or {})}

    def _config(self, run: Run, *, fresh: bool) -> RunnableConfig:
        return {
            "configurable": {"thread_id": run.thread_id, RUN_KEY: run.run_id, FRESH_KEY: fresh},
            "recursion_limit": RECURSION_LIMIT,
            "max_concurrency": 64,
        }


def new_thread(hold: Hold, tenant: str, request: Mapping[str, JsonValue]) -> ThreadRecord:
    """What the store holds of a thread that was just made."""
    at = datetime.now(UTC).isoformat()
    return ThreadRecord(
        thread_id=hold.thread_id,
        tenant=tenant,
        status="running",
        run_id=hold.run_id,
        request=request,
        body=None,
        accepted=None,
        plan=None,
        created_at=at,
        updated_at=at,
    )


def taken(before: ThreadRecord, hold: Hold, answers: Sequence[Mapping[str, JsonValue]]) -> ThreadRecord:
    """What the store holds of a thread whose questions were just answered."""
    at = datetime.now(UTC).isoformat()
    return replace(before, status="running", run_id=hold.run_id, accepted=answers, plan=None, updated_at=at)

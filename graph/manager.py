"""Starts, resumes, cancels and recovers runs. A run belongs to a task of its own; callers only wait for it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from pydantic import JsonValue

from catalog.errors import InvalidQuery, NoSuchEntry, StoreUnavailable, SwitchboardError
from graph.answers import checked_answers
from graph.bodies import cancelled, cancelled_by, failed, paused, running, spent_of
from graph.build import Graph
from graph.checkpoints import FRESH_KEY
from graph.owners import alive
from graph.parts import RUN_KEY, Parts, complete_options, limits_of
from graph.requests import QueryRequest, ResumeRequest, TryRequest
from graph.runs import Body, EventLog, RunStore, ThreadPage, ThreadRecord, ThreadStatus
from graph.trace import trace_of
from nodes.run import Event, Run
from nodes.state import State, plain
from nodes.steps import new_step
from reasoners.protocol import Step

log = logging.getLogger(__name__)
RECURSION_LIMIT = 200
"""A path of 2 rounds with 10 steps takes some 50 nodes; this only ends what would never end."""
SETTLE_PAUSES_SECONDS = (0.1, 0.5, 2.0)
GRACE_SECONDS = 10
"""Nodes end at the deadline by themselves; this much later the run is cut off."""


class RunManager:
    """The service's work, whatever door it comes through. Raises RunError and CatalogError, as their names say."""

    def __init__(
        self,
        *,
        graph: Graph,
        parts: Parts,
        runs: RunStore,
        events: EventLog,
        checkpointer: BaseCheckpointSaver[Any],
    ) -> None:
        self._graph = graph
        self._parts = parts
        self._runs = runs
        self._events = events
        self._checkpointer = checkpointer
        self._tasks: dict[str, asyncio.Task[Body]] = {}

    def under_way(self) -> int:
        """Runs of this process that work just now, whether or not a client waits for them."""
        return len(self._tasks)

    async def ask(self, request: QueryRequest, *, tenant: str) -> Body:
        """Run a question until it is answered, or until a person is needed. Raises ThreadExists, InvalidQuery."""
        await self._parts.index.sync()
        await self._check(request)
        options = request.options.model_dump(exclude_none=True)
        wish = request.options.approve
        warnings: list[JsonValue] = []
        if wish and complete_options(options, self._parts.settings)["approve"] != wish:
            warnings = [f"approve={wish!r} is looser than the operator's setting, which holds."]
        given: Body = {"query": request.query, "params": dict(request.params), "options": options, "warnings": warnings}
        return await self._begin(request.thread_id, given, tenant=tenant)

    async def attempt(self, api_id: str, request: TryRequest, *, tenant: str) -> Body:
        """Call one API with given values, no model. Raises NoSuchEntry, InvalidQuery."""
        found = await self._parts.catalog.get([api_id])
        if api_id not in found:
            raise NoSuchEntry("API", api_id)
        api = found[api_id]
        unknown = [name for name in request.params if api.parameter(name) is None]
        if unknown:
            known = ", ".join(p.name for p in api.parameters) or "none"
            raise InvalidQuery(
                [(f"/params/{name}", f"The API has no such parameter; it has: {known}.") for name in unknown]
            )
        step = new_step(Step("1", api_id, "", why="named by the caller"))
        given: Body = {
            "query": api.label,
            "params": dict(request.params),
            "options": {"dry_run": request.dry_run, "strategy": "index"},
            "preset": True,
            "steps": {"1": plain(step)},
        }
        return await self._begin(None, given, tenant=tenant)

    async def _check(self, request: QueryRequest) -> None:
        problems: list[tuple[str, str]] = []
        if request.options.categories:
            known = {category.name for category in await self._parts.catalog.categories()}
            problems += [
                (f"/options/categories/{i}", f"The catalog has no category {name!r}.")
                for i, name in enumerate(request.options.categories)
                if name not in known
            ]
        chat = self._parts.chat
        if request.options.max_cost_usd is not None and chat is not None and chat.endpoint.price is None:
            problems.append(
                ("/options/max_cost_usd", "The price of the model is not known, so cost cannot be limited.")
            )
        if problems:
            raise InvalidQuery(problems)

    async def _begin(self, thread_id: str | None, given: Body, *, tenant: str) -> Body:
        thread_id, run_id = thread_id or uuid.uuid4().hex, uuid.uuid4().hex

        async def accepted() -> asyncio.Task[Body]:
            await self._runs.create(thread_id, run_id, given, tenant=tenant)
            return self._start(thread_id, run_id, given, None, given, tenant=tenant)

        return await self._follow(await asyncio.shield(accepted()), thread_id, tenant)

    async def resume(self, thread_id: str, request: ResumeRequest, *, tenant: str) -> Body:
        """Answer open questions. Raises NoSuchThread, ThreadBusy, QuestionClosed, InvalidAnswer."""
        await self._parts.index.sync()
        thread = await self._runs.get(thread_id, tenant=tenant)
        answers = checked_answers(request, thread)
        run_id = uuid.uuid4().hex
        command: Command[Any] = Command(resume={"responses": list(answers)})

        async def accepted() -> asyncio.Task[Body]:
            claimed = await self._runs.claim(thread_id, run_id, answers, tenant=tenant)
            return self._start(thread_id, run_id, command, claimed.body, claimed.request, tenant=tenant)

        # Once it is accepted it runs, though the caller may go away at this very moment.
        return await self._follow(await asyncio.shield(accepted()), thread_id, tenant)

    def _start(
        self,
        thread_id: str,
        run_id: str,
        graph_input: Body | Command[Any] | None,
        before: Body | None,
        request: Mapping[str, JsonValue],
        *,
        tenant: str,
    ) -> asyncio.Task[Body]:
        events: list[Event] = []
        options = request.get("options")
        settings = self._parts.settings
        limits = limits_of(complete_options(options if isinstance(options, dict) else {}, settings), settings)
        spent = spent_of(before, token_price=self._parts.token_price)
        run = Run(thread_id, run_id, tenant, limits, spent, events.append)
        run.still_ours = partial(self._runs.current, thread_id, run_id)
        run.keep = partial(self._runs.note_plan, thread_id, run_id)
        self._parts.runs[run_id] = run
        run.emit("run.started", thread_id=thread_id, run_id=run_id)
        task = asyncio.create_task(self._work(run, graph_input, before, events), name=f"run {run_id}")
        self._tasks[thread_id] = task
        task.add_done_callback(lambda done: self._forget(thread_id, run_id, done))
        return task

    def _forget(self, thread_id: str, run_id: str, done: asyncio.Task[Body]) -> None:
        self._parts.runs.pop(run_id, None)
        if self._tasks.get(thread_id) is done:
            del self._tasks[thread_id]

    async def _follow(self, task: asyncio.Task[Body], thread_id: str, tenant: str) -> Body:
        """Wait without owning: a caller that goes away stops nothing."""
        await asyncio.wait({task})
        return await self.thread(thread_id, tenant=tenant) if task.cancelled() else task.result()

    async def _work(
        self, run: Run, graph_input: Body | Command[Any] | None, before: Body | None, events: list[Event]
    ) -> Body:
        try:
            body = await self._outcome(run, graph_input, before)
        except asyncio.CancelledError:
            await asyncio.shield(self._logged(run, events))  # what was sent until then is not forgotten
            raise
        status: ThreadStatus = body["status"]  # type: ignore[assignment]  # set by our own nodes
        run.emit(f"run.{status}", usage=dict(run.usage()))
        current = await self._settled(run, status, body)
        await self._logged(run, events)
        if status != "input_required" and (before is not None or status == "failed"):
            await self._checkpointer.adelete_thread(run.thread_id)  # it is not resumed again
        return body if current else cancelled_by(body)

    async def _settled(self, run: Run, status: ThreadStatus, body: Body) -> bool:
        """The answer is written before anything else, and not given up at the first trouble with the file."""
        for pause in SETTLE_PAUSES_SECONDS:
            try:
                return await self._runs.settle(run.thread_id, run.run_id, status, body)
            except StoreUnavailable:
                log.exception("run %s could not be settled yet", run.run_id)
                await asyncio.sleep(pause)
        return await self._runs.settle(run.thread_id, run.run_id, status, body)

    async def _logged(self, run: Run, events: list[Event]) -> None:
        try:
            await self._events.append(run.thread_id, run.run_id, events)
        except StoreUnavailable:
            log.exception("the events of run %s are lost", run.run_id)

    async def _outcome(self, run: Run, graph_input: Body | Command[Any] | None, before: Body | None) -> Body:
        """The run's answer. Whatever breaks is an answer too: the thread is never left hanging."""
        try:
            async with asyncio.timeout(max(run.seconds_left(), 0) + GRACE_SECONDS):
                return await self._invoke(run, graph_input)
        except TimeoutError:
            return failed(before, run, "deadline_seconds", "The deadline passed.", stopped_by="deadline_seconds")
        except SwitchboardError as error:
            return failed(before, run, error.code, f"{error} {error.cure}".strip())
        except Exception:
            log.exception("run %s of thread %s broke", run.run_id, run.thread_id)
            return failed(before, run, "internal_error", "Something broke that should not. The log says what.")

    async def _invoke(self, run: Run, graph_input: Body | Command[Any] | None) -> Body:
        config = self._config(run, fresh=isinstance(graph_input, dict))
        if isinstance(graph_input, Command) and await self._checkpointer.aget_tuple(config) is None:
            raise StoreUnavailable("what this thread had found out", "its checkpoint is gone")
        final = await self._graph.ainvoke(graph_input, config, durability="exit")
        if not (interrupts := final.get("__interrupt__")):
            result: Body = final["result"]
            return result
        state: State = (await self._graph.aget_state(self._config(run, fresh=False))).values  # type: ignore[assignment]  # our own state
        return paused(state, run, interrupts[0].value["input_requests"], await self._parts.catalog.version())

    def _config(self, run: Run, *, fresh: bool) -> RunnableConfig:
        return {
            "configurable": {"thread_id": run.thread_id, RUN_KEY: run.run_id, FRESH_KEY: fresh},
            "recursion_limit": RECURSION_LIMIT,
            "max_concurrency": 64,
        }

    async def cancel(self, thread_id: str, *, tenant: str) -> Body:
        """Stop what goes on and keep the thread; one that has ended stays as it is. Raises NoSuchThread."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        if thread.status not in ("running", "input_required"):
            return thread.body or {}
        await self._runs.cancel(thread_id, cancelled(thread), tenant=tenant)
        if task := self._tasks.get(thread_id):
            task.cancel()
            await asyncio.wait({task})
        await self._checkpointer.adelete_thread(thread_id)
        await self._events.append(thread_id, thread.run_id, [("run.cancelled", {})])
        return await self.thread(thread_id, tenant=tenant)

    async def thread(self, thread_id: str, *, tenant: str) -> Body:
        """The same body as the last answer. Raises NoSuchThread."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        if thread.status == "running" or thread.body is None:
            return running(thread)
        return thread.body

    async def threads(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        """Waiting ones first, then the latest. Raises InvalidQuery for a cursor that is none of ours."""
        return await self._runs.page(tenant=tenant, status=status, limit=limit, cursor=cursor)

    async def trace(self, thread_id: str, *, tenant: str) -> Body:
        """What was considered, chosen, why, sent, received, spent. Raises NoSuchThread."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        chat = self._parts.chat
        prompts = {p.name: p.version for p in chat.prompts.values()} if chat else {}
        return trace_of(thread, await self._events.read(thread_id), prompts)

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        """Raises NoSuchThread, ThreadBusy."""
        await self._runs.delete(thread_id, tenant=tenant)
        await self._parts.ledger.forget(thread_id)  # first: a new thread of this name must not find old calls in it
        await self._checkpointer.adelete_thread(thread_id)
        await self._events.forget(thread_id)

    async def recover(self, owners: Path) -> None:
        """Take up the runs of processes that died: what was sent stands in the ledger and is not sent again."""
        for thread in await self._runs.adopt(lambda name: alive(owners, name)):
            self._start(*await self._again(thread), tenant=thread.tenant)

    async def _again(
        self, thread: ThreadRecord
    ) -> tuple[str, str, Body | Command[Any] | None, Body | None, Mapping[str, JsonValue]]:
        """Where it had begun to send, what was decided then holds; else from the last pause, or from the question."""
        graph_input: Body | Command[Any] = {**thread.request, **(thread.plan or {})}
        if thread.accepted is not None and thread.plan is None:
            graph_input = Command(resume={"responses": list(thread.accepted)})
        else:
            await self._checkpointer.adelete_thread(thread.thread_id)
        return thread.thread_id, thread.run_id, graph_input, thread.body, thread.request

    async def close(self) -> None:
        """Let the runs under way end or be cut off; what they accepted is kept and taken up at the next start."""
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

"""Takes questions and answers in, lets runs work on them, and takes up those that were cut off."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from pydantic import JsonValue

from catalog.errors import InvalidQuery, KeyInUse, NoSuchEntry, QuestionClosed, Stopping, ThreadBusy
from graph.answers import checked_answers
from graph.bodies import cancelled, running, set_aside
from graph.build import Graph
from graph.leases import Leases, clock
from graph.paging import PageRequest, ResponsePage, carried_in, page_of
from graph.parts import Parts, complete_options
from graph.replays import Replays, request_key
from graph.requests import QueryRequest, ResumeRequest, TryRequest
from graph.runner import Runner, new_thread, taken
from graph.runs import Adopted, Body, EventLog, RequestKey, Retention, RunStore, ThreadPage
from graph.trace import trace_of
from nodes.state import plain
from nodes.steps import new_step, pointer_to
from reasoners.protocol import Step

log = logging.getLogger(__name__)
MOST_TRIES = 5
"""A run that was cut off so often is likely what kills the process: it is set aside."""
RECOVERED_AT_ONCE = 32
"""So that what was left behind does not crowd out what is asked now."""
ERASED_AT_ONCE = 200


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
        self._parts = parts
        self._runs = runs
        self._events = events
        self._checkpointer = checkpointer
        self._runner = Runner(
            graph=graph,
            parts=parts,
            runs=runs,
            events=events,
            checkpointer=checkpointer,
            leases=Leases(runs, lease_seconds=parts.settings.lease_seconds),
        )
        self._replays = Replays(runs, self._runner.joined)
        self.stopping = False
        """Nothing new is taken; what was accepted goes on."""

    def under_way(self) -> int:
        """Runs of this process that work just now, whether or not a client waits for them."""
        return len(self._runner.tasks)

    async def ask(self, request: QueryRequest, *, tenant: str, key: str | None = None) -> Body:
        """Run a question until it is answered, or until a person is needed.

        `key`: of requests with the same, one is run. Raises ThreadExists, InvalidQuery, KeyReused, KeyInUse, Stopping.
        """
        marked = request_key(key, "query", request)
        if (body := await self._replays.of(marked, tenant=tenant)) is not None:
            return body
        await self._parts.index.sync()
        await self._check(request)
        options = request.options.model_dump(exclude_none=True)
        wish = request.options.approve
        warnings: list[JsonValue] = []
        if wish and complete_options(options, self._parts.settings)["approve"] != wish:
            warnings = [f"approve={wish!r} is looser than the operator's setting, which holds."]
        given: Body = {"query": request.query, "params": dict(request.params), "options": options, "warnings": warnings}
        return await self._begin(request.thread_id, given, tenant=tenant, key=marked)

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
                [(f"/params{pointer_to(name)}", f"The API has no such parameter; it has: {known}.") for name in unknown]
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

    async def _begin(self, thread_id: str | None, given: Body, *, tenant: str, key: RequestKey | None = None) -> Body:
        thread_id, run_id = thread_id or uuid.uuid4().hex, uuid.uuid4().hex

        async def accepted() -> asyncio.Task[Body]:
            since = clock()
            hold = await self._runs.create(thread_id, run_id, given, tenant=tenant, key=key)
            return self._runner.start(new_thread(hold, tenant, given), hold, since=since)

        return await self._accepted(accepted, thread_id, tenant, key)

    async def resume(self, thread_id: str, request: ResumeRequest, *, tenant: str, key: str | None = None) -> Body:
        """Answer open questions. Raises NoSuchThread, ThreadBusy, QuestionClosed, InvalidAnswer; and as `ask`."""
        marked = request_key(key, f"resume {thread_id}", request)
        if (body := await self._replays.of(marked, tenant=tenant)) is not None:
            return body
        await self._parts.index.sync()
        thread = await self._runs.get(thread_id, tenant=tenant)
        try:
            answers = checked_answers(request, thread)
        except (ThreadBusy, QuestionClosed):
            if (body := await self._replays.of(marked, tenant=tenant)) is not None:  # the same was quicker
                return body
            raise
        run_id = uuid.uuid4().hex

        async def accepted() -> asyncio.Task[Body]:
            since = clock()
            before, hold = await self._runs.claim(thread_id, run_id, answers, tenant=tenant, key=marked)
            return self._runner.start(taken(before, hold, answers), hold, since=since)

        return await self._accepted(accepted, thread_id, tenant, marked)

    async def _accepted(
        self,
        accepted: Callable[[], Awaitable[asyncio.Task[Body]]],
        thread_id: str,
        tenant: str,
        key: RequestKey | None,
    ) -> Body:
        """Once it is accepted it runs, though the caller may go away at this very moment."""
        if self.stopping:
            raise Stopping
        try:
            task = await asyncio.shield(asyncio.ensure_future(accepted()))
        except KeyInUse:
            if (body := await self._replays.of(key, tenant=tenant)) is not None:  # a rival was quicker
                return body
            raise
        await asyncio.wait({task})
        return await self.thread(thread_id, tenant=tenant) if task.cancelled() else task.result()

    async def cancel(self, thread_id: str, *, tenant: str) -> Body:
        """Stop what goes on and keep the thread; one that has ended stays as it is. Raises NoSuchThread."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        if thread.status not in ("running", "input_required"):
            return thread.body or {}
        before = await self._runs.cancel(thread_id, cancelled(thread), tenant=tenant)
        if before.status not in ("running", "input_required"):  # it ended meanwhile
            return before.body or {}
        await self._runner.stop(thread_id)
        await self._runner.tidied(thread_id)
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

    async def response(self, thread_id: str, step: str, page: PageRequest, *, tenant: str) -> ResponsePage:
        """A part of what a step brought, of the whole where that was kept. Raises NoSuchThread, NoSuchPlace."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        whole = await self._parts.ledger.response(thread_id, step)
        return await asyncio.to_thread(page_of, carried_in(thread.body, step) if whole is None else whole, page)

    async def trace(self, thread_id: str, *, tenant: str) -> Body:
        """What was considered, chosen, why, sent, received, spent. Raises NoSuchThread."""
        thread = await self._runs.get(thread_id, tenant=tenant)
        chat = self._parts.chat
        prompts = {p.name: p.version for p in chat.prompts.values()} if chat else {}
        return trace_of(thread, await self._events.read(thread_id), prompts)

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        """Raises NoSuchThread, ThreadBusy."""
        await self._runs.delete(thread_id, tenant=tenant)
        await self._erase(thread_id)

    async def _erase(self, thread_id: str) -> None:
        """The record of the thread last: a new one of this name must find nothing old."""
        await self._parts.ledger.forget(thread_id)
        await self._checkpointer.adelete_thread(thread_id)
        await self._events.forget(thread_id)
        if self._parts.lessons is not None:
            await self._parts.lessons.forget(thread_id)
        await self._runs.erase(thread_id)

    async def tidy(self, retention: Retention) -> int:
        """Erase what is deleted or too old to be kept. Returns how many threads went."""
        doomed = await self._runs.tidy(retention, limit=ERASED_AT_ONCE)
        for thread_id in doomed:
            await self._erase(thread_id)
        return len(doomed)

    async def keep_leases(self) -> None:
        """To be called every few seconds."""
        await self._runner.keep_leases()

    async def recover(self, dead: Callable[[str], bool]) -> int:
        """Take up runs that were cut off: what was sent stands in the ledger and is not sent again.

        `dead`: whether the owner of that name is known to be gone. Returns how many runs were taken up.
        """
        free = RECOVERED_AT_ONCE - self.under_way()
        if self.stopping or free <= 0:
            return 0
        since = clock()
        adopted = await self._runs.adopt(dead, limit=free)
        for each in adopted:
            if each.tries >= MOST_TRIES:
                await self._set_aside(each)
            else:
                self._runner.start(each.thread, each.hold, since=since)
        return len(adopted)

    async def _set_aside(self, cut: Adopted) -> None:
        body = set_aside(cut.thread, cut.tries, await self._parts.ledger.of_thread(cut.hold.thread_id))
        log.error("thread %s was cut off %d times, and is not tried again", cut.hold.thread_id, cut.tries)
        if await self._runs.settle(cut.hold, "failed", body):
            await self._events.append(cut.hold.thread_id, cut.hold.run_id, [("run.failed", {"tries": cut.tries})])
            await self._runner.tidied(cut.hold.thread_id)

    async def close(self, *, grace_seconds: float = 0) -> None:
        """Take nothing new, and let what is under way end, for so long.

        What is left is cut off; what was accepted is kept, and taken up elsewhere or later.
        """
        self.stopping = True
        if grace_seconds and (tasks := list(self._runner.tasks.values())):
            await asyncio.wait(tasks, timeout=grace_seconds)
        await self._runner.stop_all()

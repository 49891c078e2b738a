"""Sends what changes something: on record before and after, and never twice for one intention."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from callers.ledger import CUT_OFF, REPEATABLE_SECONDS, idempotency_key, ledger_key
from callers.protocol import Caller, Intended, Ledger, Once, Outcome, Preview, Reply, Sent
from catalog.errors import CallError, CatalogError, OutcomeUnknown, TakenOver
from catalog.models import Api
from nodes.run import Run
from nodes.step_state import StepState
from nodes.steps import plain_values, spoken

log = logging.getLogger(__name__)
NOT_DONE = frozenset({501, 505})
"""Server errors that say that nothing was done; after any other, who knows."""
SETTLED: Mapping[str, tuple[Outcome, str]] = {
    "yes": ("done", "A person said that it happened."),
    "no": ("failed", "A person said that it did not happen."),
    "send_again": ("unknown", "A person had it sent again."),
}
"""What the row of a doubtful call says once a person has spoken. Sent again, it has a row of its own; this one stays in
doubt, so that a run that is taken up asks the same question, and finds its answer."""


class Doubtful(Exception):
    """An answer came that does not say whether the change was made."""

    def __init__(self, reply: Reply) -> None:
        said = spoken(reply.body)
        self.reply = reply
        self.error = f"The API answered HTTP {reply.status}" + (f": {said}" if said else ".")
        super().__init__(self.error)


def upstream_key(step: StepState, api: Api, run: Run) -> str:
    """By which the upstream knows this call, if it knows keys; empty: it changes nothing."""
    if api.risk == "safe":
        return ""
    values = plain_values(step)
    return idempotency_key(tenant=run.tenant, thread_id=run.thread_id, step=step["id"], api=api, values=values)


def previewed(step: StepState, api: Api, caller: Caller, run: Run) -> Preview:
    """The request as it would be sent, secrets masked. Raises InvalidArguments."""
    return caller.preview(api, plain_values(step), key=upstream_key(step, api, run))


def row_key(step: StepState, api: Api, run: Run) -> str:
    """Under which the ledger has this try of the call."""
    values, attempt = plain_values(step), step["try_number"]
    return ledger_key(
        tenant=run.tenant, thread_id=run.thread_id, step=step["id"], api=api, values=values, attempt=attempt
    )


async def settle(step: StepState, api: Api, happened: JsonValue, *, run: Run, ledger: Ledger) -> None:
    """A person's word on a call whose outcome was unknown stands in its row from now on."""
    if not isinstance(happened, str) or happened not in SETTLED:
        return
    state, word = SETTLED[happened]
    try:
        await ledger.finish(row_key(step, api, run), fence=run.fence, state=state, error=word)
    except CatalogError:
        log.exception("the ledger could not note what a person said of step %s", step["id"])


class OnceSender:
    """One run's way to the ledger and out."""

    def __init__(self, run: Run, caller: Caller, ledger: Ledger) -> None:
        self._run = run
        self._caller = caller
        self._ledger = ledger
        self._unrecorded: CatalogError | None = None

    async def plan(self, changing: Sequence[tuple[StepState, Api]]) -> None:
        """Record what is about to be sent, all at once. What cannot be recorded is not sent: `begin` says so."""
        run = self._run
        calls = [Intended(row_key(step, api, self._run), run.thread_id, step["id"], api.id) for step, api in changing]
        try:
            await self._ledger.plan(calls, fence=run.fence)
        except CatalogError as error:
            self._unrecorded = error

    async def begin(self, step: StepState, api: Api) -> Sent:
        """Fresh: it is to be sent. Else what is known of it. Raises StoreUnavailable, TakenOver."""
        if self._unrecorded is not None:
            raise self._unrecorded
        again_within = REPEATABLE_SECONDS if api.idempotency_header else 0.0
        return await self._ledger.begin(row_key(step, api, self._run), fence=self._run.fence, again_within=again_within)

    async def send(self, step: StepState, api: Api, key: str, seconds: float) -> Reply:
        """What came back, on record. Raises CallError, TakenOver, Doubtful."""
        once = Once(upstream_key(step, api, self._run), permit=self._run.permit)
        try:
            reply = await self._caller.send(api, plain_values(step), timeout_seconds=seconds, once=once)
        except asyncio.CancelledError:
            await asyncio.shield(self._noted(key, "unknown", error=CUT_OFF))
            raise
        except TakenOver:  # before anything left: whoever holds the run may send it
            await self._unsent(key)
            raise
        except CallError as error:
            await self._noted(key, "unknown" if isinstance(error, OutcomeUnknown) else "failed", error=str(error))
            raise
        if reply.status >= 500 and reply.status not in NOT_DONE:
            doubtful = Doubtful(reply)
            await self._noted(key, "unknown", error=doubtful.error)
            raise doubtful
        await self._noted(key, "done", reply=reply)
        return reply

    async def _noted(self, key: str, state: Outcome, *, reply: Reply | None = None, error: str = "") -> None:
        """Where that fails the row stays `sending`: this run knows the outcome, after a crash a person is asked."""
        try:
            await self._ledger.finish(key, fence=self._run.fence, state=state, reply=reply, error=error)
        except CatalogError:
            log.exception("the ledger could not note what became of a call")

    async def _unsent(self, key: str) -> None:
        try:
            await self._ledger.unsent(key, fence=self._run.fence)
        except CatalogError:
            log.exception("the ledger could not note that nothing was sent: a person will be asked")

"""Sends what is ready: what only reads at once, what changes something by way of the ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from callers.ledger import CUT_OFF
from callers.protocol import Caller, Ledger, Preview, Reply
from catalog.errors import CallError, InvalidArguments, OutcomeUnknown, StoreUnavailable, SwitchboardError, TakenOver
from catalog.models import Api
from catalog.store import CatalogStore
from nodes.approval import DENIED, Gate
from nodes.calls import call_state, carried, shown
from nodes.once import Doubtful, OnceSender, previewed
from nodes.replies import replied
from nodes.run import Run
from nodes.state import CallState, Options, State, plain
from nodes.step_state import StepState
from nodes.steps import failing, plain_values

log = logging.getLogger(__name__)
Ended = tuple[StepState, CallState | None]
"""A step as it stands after its turn, and the call that was made."""


async def execute_request(
    state: State,
    *,
    run: Run,
    catalog: CatalogStore,
    caller: Caller,
    ledger: Ledger,
    gate: Gate,
    call_timeout_seconds: float,
    call_concurrency: int,
) -> State:
    ready = [step for step in state["steps"].values() if step["status"] == "ready"]
    apis = await catalog.get([step["api_id"] for step in ready])
    once = OnceSender(run, caller, ledger)
    if changing := [(step, apis[step["api_id"]]) for step in ready if _changes(apis.get(step["api_id"]))]:
        kept = ("steps", "calls", "round", "plan_reason", "extensions")
        await run.keep(plain({name: state[name] for name in kept if name in state}))  # type: ignore[literal-required]
        await once.plan(changing)
    limit = asyncio.Semaphore(call_concurrency)
    post = Post(run, caller, ledger, once, gate, state["query"], state["options"])

    async def one(step: StepState) -> tuple[StepState, CallState | None]:
        async with limit:
            seconds = min(call_timeout_seconds, run.seconds_left())
            return await _guarded(step, apis.get(step["api_id"]), post, seconds)

    done = _told_of_all(await asyncio.gather(*(one(step) for step in ready), return_exceptions=True))
    steps = {**state["steps"], **{step["id"]: step for step, _ in done}}
    update: State = {"steps": steps, "calls": [call for _, call in done if call is not None]}
    if run.seconds_left() > 0 or any(step["ask"] == "outcome_unknown" for step, _ in done):
        return update  # whether something happened is asked in any case: a person's time is not counted
    return {**update, "stopped_by": "deadline_seconds"}


def _told_of_all(ended: Sequence[Ended | BaseException]) -> list[Ended]:
    """Raises StoreUnavailable, TakenOver where a call was not sent: the run is tried again, by what was recorded."""
    for each in ended:
        if isinstance(each, BaseException):
            raise each
    return [each for each in ended if not isinstance(each, BaseException)]


def _changes(api: Api | None) -> bool:
    return api is not None and api.risk == "mutating"


@dataclass(frozen=True)
class Post:
    """What sending needs."""

    run: Run
    caller: Caller
    ledger: Ledger
    once: OnceSender
    gate: Gate
    query: str
    options: Options

    async def carried(self, step: StepState, api: Api, preview: Preview, reply: Reply) -> CallState:
        return await carried(step, api, preview, reply, query=self.query, run=self.run, ledger=self.ledger)


async def _guarded(step: StepState, api: Api | None, post: Post, seconds: float) -> tuple[StepState, CallState | None]:
    """What breaks in one call is told of that call: its siblings' answers are not lost with it."""
    try:
        return await _execute(step, api, post, seconds)
    except (StoreUnavailable, TakenOver):  # before anything was sent
        raise
    except SwitchboardError as error:
        return failing(step, error.code, str(error)), None
    except Exception:
        log.exception("the call of step %s broke", step["id"])
        if api is not None and api.risk == "mutating":
            return _unknown(step, "Something broke while it was being sent."), None
        return failing(step, "internal_error", "Something broke that should not. The log says what."), None


async def _execute(step: StepState, api: Api | None, post: Post, seconds: float) -> tuple[StepState, CallState | None]:
    if api is None:
        return failing(step, "no_such_entry", "This API is no longer in the catalog."), None
    if seconds <= 0:
        return failing(step, "deadline_seconds", "There was no time left to call it."), None
    try:
        preview = previewed(step, api, post.caller, post.run)
    except InvalidArguments as error:
        return failing(step, error.code, str(error)), None
    verdict = post.gate.verdict(api, post.options, post.run.tenant)
    if verdict.decision == "deny":
        return failing(step, DENIED, f'"{api.label}" may not be called: {verdict.because}.'), None
    if verdict.decision == "ask" and not post.gate.holds(step, post.gate.mark(step, api, preview, post.run)):
        return {**step, "status": "planned"}, None  # something has changed since, or it took too long: it is asked anew
    if api.risk == "safe":  # reading again after a crash harms nobody, so it needs no record on disk
        sending = post.caller.send(api, plain_values(step), timeout_seconds=seconds)
        return await _told(step, api, preview, sending, post)
    return await _execute_once(step, api, preview, post, seconds)


async def _execute_once(
    step: StepState, api: Api, preview: Preview, post: Post, seconds: float
) -> tuple[StepState, CallState | None]:
    """What changes something is sent only if the record shows that it was not sent before."""
    if not await post.run.still_ours():
        return failing(step, "cancelled", "The run was cancelled before this was sent."), None
    sent = await post.once.begin(step, api)
    if sent.fresh:
        return await _told(step, api, preview, post.once.send(step, api, sent.key, seconds), post)
    if sent.reply is not None and sent.state == "done":
        return replied(step, api, sent.reply), await post.carried(step, api, preview, sent.reply)
    if sent.state == "failed":
        return failing(step, "call_failed", sent.error), call_state(step, api, preview, None)
    return _unknown(step, sent.error or "It was cut off while it was being sent."), None


async def _told(
    step: StepState, api: Api, preview: Preview, sending: Coroutine[None, None, Reply], post: Post
) -> tuple[StepState, CallState | None]:
    """The call, with its beginning and its end in the run's log."""
    facts, run = {"step": step["id"], "api_id": api.id}, post.run
    run.emit("request.started", **facts, **shown(preview))
    try:
        reply = await sending
    except asyncio.CancelledError:
        code = OutcomeUnknown.code if api.risk == "mutating" else "cut_off"
        run.emit("request.finished", **facts, error=CUT_OFF, code=code)
        raise
    except Doubtful as doubtful:
        call = await post.carried(step, api, preview, doubtful.reply)
        run.emit("request.finished", **facts, **_back(call), error=doubtful.error)
        return _unknown(step, doubtful.error), call
    except TakenOver as error:
        run.emit("request.finished", **facts, error=str(error), code=error.code)
        raise
    except CallError as error:
        run.emit("request.finished", **facts, error=str(error), code=error.code)
        unknown = isinstance(error, OutcomeUnknown)
        ended = _unknown(step, str(error)) if unknown else failing(step, error.code, str(error))
        return ended, call_state(step, api, preview, None)
    call = await post.carried(step, api, preview, reply)
    run.emit("request.finished", **facts, **_back(call))
    return replied(step, api, reply), call


def _back(call: CallState) -> dict[str, JsonValue]:
    return {
        "http_status": call["http_status"],
        "elapsed_ms": call["elapsed_ms"],
        "response": call["response"],
        "truncated": call["truncated"],
        "omitted": [plain(each) for each in call["omitted"]],
    }


def _unknown(step: StepState, reason: str) -> StepState:
    return {**step, "status": "waiting", "ask": "outcome_unknown", "error": reason}

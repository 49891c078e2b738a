"""Sends what is ready: what only reads at once, what changes something by way of the ledger."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine
from dataclasses import dataclass

from pydantic import JsonValue

from callers.ledger import CUT_OFF
from callers.protocol import Caller, Ledger, Preview, Reply
from catalog.errors import CallError, InvalidArguments, OutcomeUnknown, SwitchboardError
from catalog.models import Api
from catalog.store import CatalogStore
from nodes.approval import mark_of, needs_approval
from nodes.once import Doubtful, OnceSender
from nodes.run import Run
from nodes.shape import shaped
from nodes.state import CallState, FieldErrorState, Options, State, StepState, StepStatus, plain
from nodes.steps import ATTEMPTS, failing, plain_values, pointer_to, spoken

log = logging.getLogger(__name__)
ASKED_AGAIN = frozenset({400, 422})
NOT_FOUND = frozenset({404, 410})
NO_ANSWER = frozenset({401, 403, 407, 408, 425, 429})
"""Client errors that say nothing about what was asked: who asks, or how often."""


async def execute_request(
    state: State,
    *,
    run: Run,
    catalog: CatalogStore,
    caller: Caller,
    ledger: Ledger,
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
    post = Post(run, caller, once, state["options"])

    async def one(step: StepState) -> tuple[StepState, CallState | None]:
        async with limit:
            seconds = min(call_timeout_seconds, run.seconds_left())
            return await _guarded(step, apis.get(step["api_id"]), post, seconds)

    done = await asyncio.gather(*(one(step) for step in ready))
    steps = {**state["steps"], **{step["id"]: step for step, _ in done}}
    update: State = {"steps": steps, "calls": [call for _, call in done if call is not None]}
    if run.seconds_left() > 0 or any(step["ask"] == "outcome_unknown" for step, _ in done):
        return update  # whether something happened is asked in any case: a person's time is not counted
    return {**update, "stopped_by": "deadline_seconds"}


def _changes(api: Api | None) -> bool:
    return api is not None and api.risk == "mutating"


@dataclass(frozen=True)
class Post:
    """What sending needs."""

    run: Run
    caller: Caller
    once: OnceSender
    options: Options


async def _guarded(step: StepState, api: Api | None, post: Post, seconds: float) -> tuple[StepState, CallState | None]:
    """What breaks in one call is told of that call: its siblings' answers are not lost with it."""
    try:
        return await _execute(step, api, post, seconds)
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
        preview = post.caller.preview(api, plain_values(step))
    except InvalidArguments as error:
        return failing(step, error.code, str(error)), None
    if needs_approval(api, post.options) and step["approved"] != mark_of(preview):
        return {**step, "status": "planned"}, None  # the catalog has changed since: it is asked anew
    if api.risk == "safe":  # reading again after a crash harms nobody, so it needs no record on disk
        sending = post.caller.send(api, plain_values(step), timeout_seconds=seconds)
        return await _told(step, api, preview, sending, post.run)
    return await _execute_once(step, api, preview, post, seconds)


async def _execute_once(
    step: StepState, api: Api, preview: Preview, post: Post, seconds: float
) -> tuple[StepState, CallState | None]:
    """What changes something is sent only if the record shows that it was not sent before."""
    run = post.run
    if not await run.still_ours():
        return failing(step, "cancelled", "The run was cancelled before this was sent."), None
    sent = await post.once.begin(step, api)
    if sent.fresh:
        return await _told(step, api, preview, post.once.send(step, api, sent.key, seconds), run)
    if sent.reply is not None and sent.state == "done":
        return _replied(step, api, sent.reply), call_state(step, api, preview, sent.reply)
    if sent.state == "failed":
        return failing(step, "call_failed", sent.error), call_state(step, api, preview, None)
    return _unknown(step, sent.error or "It was cut off while it was being sent."), None


async def _told(
    step: StepState, api: Api, preview: Preview, sending: Coroutine[None, None, Reply], run: Run
) -> tuple[StepState, CallState | None]:
    """The call, with its beginning and its end in the run's log."""
    facts = {"step": step["id"], "api_id": api.id}
    run.emit("request.started", **facts, **shown(preview))
    try:
        reply = await sending
    except asyncio.CancelledError:
        code = OutcomeUnknown.code if api.risk == "mutating" else "cut_off"
        run.emit("request.finished", **facts, error=CUT_OFF, code=code)
        raise
    except Doubtful as doubtful:
        call = call_state(step, api, preview, doubtful.reply)
        run.emit("request.finished", **facts, **_back(call), error=doubtful.error)
        return _unknown(step, doubtful.error), call
    except CallError as error:
        run.emit("request.finished", **facts, error=str(error), code=error.code)
        unknown = isinstance(error, OutcomeUnknown)
        ended = _unknown(step, str(error)) if unknown else failing(step, error.code, str(error))
        return ended, call_state(step, api, preview, None)
    call = call_state(step, api, preview, reply)
    run.emit("request.finished", **facts, **_back(call))
    return _replied(step, api, reply), call


def _back(call: CallState) -> dict[str, JsonValue]:
    return {
        "http_status": call["http_status"],
        "elapsed_ms": call["elapsed_ms"],
        "response": call["response"],
        "truncated": call["truncated"],
    }


def shown(preview: Preview) -> dict[str, JsonValue]:
    """The request for people, secrets masked."""
    return {
        "method": preview.method,
        "url": preview.url,
        "headers": dict(preview.headers),
        "body": preview.body,
        "curl": preview.curl,
    }


def call_state(step: StepState, api: Api, preview: Preview, reply: Reply | None) -> CallState:
    """The call as the answer shows it; without a reply, status and response are null."""
    response, cut = shaped(reply.body) if reply else (None, False)
    return {
        "step": step["id"],
        "api_id": api.id,
        "method": preview.method,
        "url": preview.url,
        "parameters": plain_values(step),
        "origins": {name: entry["origin"] for name, entry in step["values"].items()},
        "http_status": reply.status if reply else None,
        "elapsed_ms": round(reply.elapsed_ms, 1) if reply else None,
        "response": response,
        "truncated": cut or (reply.truncated if reply else False),
    }


def _ended(step: StepState, status: StepStatus, error: str = "") -> StepState:
    return {**step, "status": status, "ask": None, "error": error}


def _unknown(step: StepState, reason: str) -> StepState:
    return {**step, "status": "waiting", "ask": "outcome_unknown", "error": reason}


def _replied(step: StepState, api: Api, reply: Reply) -> StepState:
    """What a status means for the step."""
    said = spoken(reply.body)
    if reply.status < 300:
        return _ended(step, "done")
    if reply.status in NOT_FOUND:
        return _ended(step, "not_found", said or "There is no such thing.")
    if reply.status in ASKED_AGAIN:
        return _bad_input(step, api, said or f"The API did not accept the values (HTTP {reply.status}).")
    if 400 <= reply.status < 500 and reply.status not in NO_ANSWER:
        return _ended(step, "refused", said or f"The API refused (HTTP {reply.status}).")
    return failing(step, "upstream_error", f"HTTP {reply.status}" + (f": {said}" if said else "."))


def _bad_input(step: StepState, api: Api, said: str) -> StepState:
    """Asked again, in the upstream's words: about the values that it names, else about all that were not defaults."""
    given = [name for name, entry in step["values"].items() if entry["origin"]["source"] != "default"]
    named = [name for name in given if _names(said, api, name)] or given
    if not named or step["attempt"] >= ATTEMPTS:
        return _ended(step, "refused", said)
    errors: list[FieldErrorState] = [
        {"pointer": pointer_to(name), "detail": said, "rejected": step["values"][name]["value"]} for name in named
    ]
    kept = {name: entry for name, entry in step["values"].items() if name not in named}
    return {
        **step,
        "status": "planned",
        "values": kept,
        "errors": errors,
        "attempt": step["attempt"] + 1,
        "try_number": step["try_number"] + 1,
    }


def _names(said: str, api: Api, name: str) -> bool:
    parameter = api.parameter(name)
    titles = {name, name.replace("_", " "), parameter.title if parameter else ""} - {""}
    return any(re.search(rf"\b{re.escape(title)}\b", said, re.IGNORECASE) for title in titles)

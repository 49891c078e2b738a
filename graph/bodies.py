"""Answers that do not come from the graph's last node: waiting, running, cancelled, cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from callers.protocol import LedgerState, Sent
from graph.runs import Body, ThreadRecord
from nodes.failing import problem
from nodes.respond import body
from nodes.run import Run, Spent
from nodes.state import State


def paused(state: State, run: Run, requests: list[JsonValue], version: str) -> Body:
    """A person is needed: what was gathered, and what is asked."""
    return {
        **body(state, run, version=version),
        "status": "input_required",
        "input_requests": requests,
        "stopped_by": None,
        "resume_url": f"/query/{run.thread_id}/resume",
    }


def blank(thread_id: str, run_id: str) -> Body:
    """An answer of which nothing is known yet."""
    return {
        "status": "running",
        "thread_id": thread_id,
        "run_id": run_id,
        "answer": None,
        "calls": [],
        "pool": [],
        "input_requests": [],
        "warnings": [],
        "strategy": None,
        "rounds": 0,
        "stopped_by": None,
        "closest": [],
        "error": None,
        "resume_url": None,
        "usage": {"llm_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": None, "elapsed_ms": 0},
        "catalog_version": None,
    }


def running(thread: ThreadRecord) -> Body:
    """A run is under way; what the runs before it gathered stays in sight."""
    known = thread.body or blank(thread.thread_id, thread.run_id)
    return {**known, "status": "running", "run_id": thread.run_id, "input_requests": [], "resume_url": None}


def cancelled(thread: ThreadRecord) -> Body:
    return {**running(thread), "status": "cancelled", "answer": "Cancelled."}


def cancelled_by(body: Body) -> Body:
    """What a run found out that was cancelled meanwhile, in whatever process: its calls stay in sight."""
    return {**body, "status": "cancelled", "input_requests": [], "resume_url": None}


def failed(before: Body | None, run: Run, code: str, detail: str, *, stopped_by: str | None = None) -> Body:
    """The run was cut off: beside what earlier runs gathered, why."""
    return {
        **(before or blank(run.thread_id, run.run_id)),
        "status": "failed",
        "run_id": run.run_id,
        "answer": detail,
        "input_requests": [],
        "resume_url": None,
        "stopped_by": stopped_by,
        "error": problem(code, detail),
        "usage": dict(run.usage()),
    }


SAID_OF: Mapping[LedgerState, str] = {
    "planned": "was not sent",
    "sending": "was cut off while it was being sent, and may have taken effect",
    "unknown": "was cut off while it was being sent, and may have taken effect",
    "done": "was sent, and answered",
    "failed": "was not done",
}


def set_aside(thread: ThreadRecord, tries: int, sent: Sequence[Sent]) -> Body:
    """A run that was cut off too often is not tried again; what it sent that changes something is told."""
    known = running(thread)
    warnings: Any = known["warnings"]
    told = [f"Step {call.step} ({call.api_id}) {SAID_OF[call.state]}." for call in sent]
    detail = f"This run was cut off {tries} times, and is not tried again. The log of the service may say why."
    return {
        **known,
        "status": "failed",
        "answer": detail,
        "warnings": [*warnings, *told],
        "error": problem("set_aside", detail),
    }


TOKENS_OF_A_CALL = 2_000
"""Counted for each model call of earlier runs where nobody told how many they were."""


def spent_of(before: Body | None, *, token_price: float = 0.0) -> Spent:
    """What earlier runs of the thread took: limits hold over pauses. What is unknown counts too, by guess."""
    usage: Any = (before or {}).get("usage")
    if not isinstance(usage, dict):
        return Spent()
    calls, cost = usage["llm_calls"], usage["cost_usd"]
    known = usage["input_tokens"] is not None and usage["output_tokens"] is not None
    tokens = usage["input_tokens"] + usage["output_tokens"] if known else calls * TOKENS_OF_A_CALL
    return Spent(
        llm_calls=calls,
        input_tokens=usage["input_tokens"],
        output_tokens=usage["output_tokens"],
        cost_usd=cost if calls else 0.0,
        budgeted_tokens=tokens,
        budgeted_cost_usd=tokens * token_price if cost is None else cost,
        elapsed_ms=usage["elapsed_ms"],
    )

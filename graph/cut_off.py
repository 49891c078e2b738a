"""What a run had sent that was cut off, read from its events: an answer that it could not give itself shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.runs import Body
from nodes.merging import merge_calls
from nodes.run import Event
from nodes.state import CallState, plain

Facts = Mapping[str, Any]  # events are JSON; their keys are those of `Run.emit` in the nodes
UNKNOWN = "outcome_unknown"


def with_calls(body: Body, events: Sequence[Event]) -> Body:
    """The answer with the calls of these events, and a word on those that may have taken effect."""
    before: Any = body["calls"]
    warnings: Any = body["warnings"]
    calls = merge_calls(before, _calls(events))
    lost = [facts["step"] for name, facts in events if name == "request.finished" and facts.get("code") == UNKNOWN]
    told = [f"Step {step} was cut off while it was being sent: it may have taken effect." for step in lost]
    new = [words for words in told if words not in warnings]
    return {**body, "calls": [plain(call) for call in calls], "warnings": [*warnings, *new]}


def _calls(events: Sequence[Event]) -> list[CallState]:
    """Each step once, as it was sent last."""
    values: dict[str, Facts] = {}
    calls: dict[str, CallState] = {}
    for name, facts in events:
        if name == "parameters.extracted":
            values[str(facts["step"])] = facts["values"]  # type: ignore[assignment]
        elif name == "request.started":
            calls[str(facts["step"])] = _call(facts, values.get(str(facts["step"]), {}))
        elif name == "request.finished" and "http_status" in facts:
            back: Any = {key: facts[key] for key in ("http_status", "elapsed_ms", "response", "truncated")}
            back["omitted"] = facts.get("omitted", [])
            calls[str(facts["step"])].update(back)
    return list(calls.values())


def _call(sent: Facts, values: Facts) -> CallState:
    return {
        "step": sent["step"],
        "api_id": sent["api_id"],
        "method": sent["method"],
        "url": sent["url"],
        "parameters": {name: entry["value"] for name, entry in values.items()},
        "origins": {name: entry["origin"] for name, entry in values.items()},
        "http_status": None,
        "elapsed_ms": None,
        "response": None,
        "truncated": False,
        "omitted": [],
        "request": None,
        "response_url": None,
    }

"""Tells of what a model read into a question, and what nobody confirmed: it was not sent, and may have been meant."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nodes.state import State
from nodes.step_state import StepState, ValueState

_NOT_CALLED = frozenset({"failed", "declined", "skipped", "planned"})
_LONGEST = 80


def unsent(state: State) -> Iterator[str]:
    for step in state.get("steps", {}).values():
        if step["status"] not in _NOT_CALLED and step["ask"] != "missing_parameters":
            yield from _left_out(step, state.get("query", ""))


def _left_out(step: StepState, query: str) -> Iterator[str]:
    for name, entry in step["confirm"].items():
        if name not in step["values"]:
            value = _cut(json.dumps(entry["value"], ensure_ascii=False))
            yield f"Not sent: {name}={value}{_source(entry, query)}. Say so if you meant it."


def _source(entry: ValueState, query: str) -> str:
    origin = entry["origin"]
    if "step" in origin:
        return f", read from the result of step {origin['step']}"
    said = query[origin.get("start", 0) : origin.get("end", 0)]
    return f", read from “{_cut(said)}”" if said else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

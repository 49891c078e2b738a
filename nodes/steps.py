"""Steps as the state keeps them: made from a plan, read by every node after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from catalog.models import Api
from nodes.state import State
from nodes.step_state import ANSWERED, FINISHED, OriginState, StepState, ValueState
from reasoners.protocol import Origin, Step, Value

ATTEMPTS = 3
"""How often a person is asked for the same before the step is given up."""


def new_step(step: Step, *, alike: Iterable[str] = ()) -> StepState:
    """A planned step; where several APIs fit alike, it waits for a person's choice first."""
    choices = list(alike)
    return {
        "id": step.id,
        "api_id": step.api_id,
        "part": step.part,
        "depends_on": list(step.depends_on),
        "why": step.why,
        "status": "waiting" if choices else "planned",
        "values": {},
        "confirm": {},
        "ask": "choose_api" if choices else None,
        "attempt": 1,
        "errors": [],
        "alike": choices,
        "filled": False,
        "shown": None,
        "approved": None,
        "error": "",
        "code": "",
        "try_number": 1,
    }


def as_step(step: StepState) -> Step:
    return Step(step["id"], step["api_id"], step["part"], tuple(step["depends_on"]), step["why"])


def failing(step: StepState, code: str, error: str) -> StepState:
    """The step, ended without anything to say for it."""
    return {**step, "status": "failed", "ask": None, "code": code, "error": error}


def named(pointer: str, api: Api) -> str:
    """The parameter that an error's pointer leads to; names may hold dots themselves."""
    path = pointer.removeprefix("/").replace("~1", "/").replace("~0", "~")
    fitting = [p.name for p in api.parameters if path == p.name or path.startswith(f"{p.name}.")]
    return max(fitting, key=len, default=path)


def pointer_to(name: str) -> str:
    """The JSON pointer (RFC 6901) of a top-level field."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def due(steps: Mapping[str, StepState]) -> list[StepState]:
    """Unfinished steps whose predecessors are all done."""
    return [
        step
        for step in steps.values()
        if step["status"] not in FINISHED and all(steps[needed]["status"] == "done" for needed in step["depends_on"])
    ]


def skip_orphans(steps: dict[str, StepState]) -> dict[str, StepState]:
    """Steps whose predecessor ended without a result are not done. Plans run forward, so one pass suffices."""
    kept: dict[str, StepState] = {}
    for step_id, step in steps.items():
        lost = [n for n in step["depends_on"] if kept[n]["status"] in FINISHED - {"done"}]
        if step["status"] not in FINISHED and lost:
            step = {
                **step,
                "status": "skipped",
                "ask": None,
                "error": f"It needed the result of step {lost[0]}.",
            }
        kept[step_id] = step
    return kept


def waiting(state: State) -> list[StepState]:
    return [step for step in state.get("steps", {}).values() if step["status"] == "waiting"]


def answered(state: State) -> list[StepState]:
    """Steps that brought something to say."""
    return [step for step in state.get("steps", {}).values() if step["status"] in ANSWERED]


def unfinished(state: State) -> list[StepState]:
    return [step for step in state.get("steps", {}).values() if step["status"] not in FINISHED]


def plain_values(step: StepState) -> dict[str, JsonValue]:
    """What is sent, without where it came from."""
    return {name: entry["value"] for name, entry in step["values"].items()}


def origin_state(origin: Origin) -> OriginState:
    facts: OriginState = {"source": origin.source}
    if origin.start is not None and origin.end is not None:
        facts["start"], facts["end"] = origin.start, origin.end
    if origin.step is not None:
        facts["step"] = origin.step
    if origin.pointer is not None:
        facts["pointer"] = origin.pointer
    return facts


def value_state(value: Value) -> ValueState:
    return {"value": value.value, "origin": origin_state(value.origin)}


def fingerprint(*facts: JsonValue) -> str:
    """A short stable hash: equal facts, equal fingerprint."""
    return digest(*facts)[:16]


def digest(*facts: JsonValue) -> str:
    """The same, whole: where somebody might look for other facts with an equal one."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def spoken(body: JsonValue) -> str:
    """An error body's own words, in short: the usual fields of APIs, first that has text."""
    if isinstance(body, str):
        return "" if "<" in body[:200] else body.strip()[:300]
    if isinstance(body, Mapping):
        for field in ("detail", "message", "error_description", "error", "title", "reason", "msg"):
            if field in body and (text := spoken(body[field])):
                return text
    if isinstance(body, list) and body:
        return spoken(body[0])
    return ""

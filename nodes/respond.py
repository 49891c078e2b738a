"""Ends a run: puts everything gathered into the answer of the HTTP contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from callers.protocol import Caller, Preview
from catalog.lessons import Lessons
from catalog.models import Api
from catalog.store import CatalogIndex, CatalogStore
from nodes.asked_before import teach
from nodes.calls import call_state, shown
from nodes.failing import problem
from nodes.once import previewed
from nodes.pool import ranked
from nodes.questions import questions
from nodes.run import Run
from nodes.state import CallState, PooledState, State, plain
from nodes.step_state import StepState
from nodes.steps import answered, unfinished
from nodes.unsent import unsent

CLOSEST = 3
HOW_TO_IMPORT = "The catalog is empty. Import one: switchboard catalog import FILE, or POST /catalog/import."


async def respond(
    state: State,
    *,
    run: Run,
    catalog: CatalogStore,
    index: CatalogIndex,
    caller: Caller,
    lessons: Lessons | None,
) -> State:
    wanted = [step["api_id"] for step in state.get("steps", {}).values()]
    wanted += [api_id for step in state.get("steps", {}).values() for api_id in step["alike"]]
    apis = await catalog.get(wanted)
    empty = not state.get("pool") and not state.get("preset") and (await catalog.stats()).apis == 0
    status = status_of(state)
    answer = state.get("answer") or _words(state, status, empty=empty)
    result = body(state, run, version=await catalog.version())
    result |= {"status": status, "answer": answer, "error": _error(state, status)}
    result["warnings"] = [*_marks(state), *warnings(state)]
    if status == "no_tool":
        result["closest"] = _closest(state) or await _outside(state, catalog, index)
    if state["options"].get("dry_run"):
        result |= await _rehearsed(state, apis, caller, run)
    if status == "completed":
        await teach(state, run=run, index=index, lessons=lessons)
    return {"answer": answer, "result": result}


def status_of(state: State) -> str:
    """What became of the question, as one word of the contract."""
    steps = list(state.get("steps", {}).values())
    if state.get("cancelled"):
        return "cancelled"
    if state["options"].get("dry_run") and any(step["status"] != "failed" for step in steps) and not state.get("error"):
        return "completed"
    if answered(state):
        return "completed"
    if state.get("stopped_by") or state.get("error"):
        return "failed"
    if any(step["status"] == "failed" for step in steps):
        return "failed"
    return "declined" if steps else "no_tool"


def _words(state: State, status: str, *, empty: bool) -> str:
    """Where no answer was composed, why."""
    if empty:
        return HOW_TO_IMPORT
    if status == "no_tool":
        reason = state.get("plan_reason") or state.get("route_reason", "")
        return f"No API of the catalog fits this question. {reason}".strip()
    if status == "declined":
        return "Declined: nothing was sent."
    if status == "cancelled":
        return "Cancelled."
    if state["options"].get("dry_run") and status == "completed":
        return _rehearsal_words(state)
    return str((_error(state, status) or {}).get("detail", ""))


def _rehearsal_words(state: State) -> str:
    steps = list(state.get("steps", {}).values())
    ready = sum(step["status"] == "ready" for step in steps)
    asked = sum(step["status"] == "waiting" for step in steps)
    return f"Dry run, nothing was sent: {ready} of {len(steps)} calls ready, {asked} would ask a person first."


def body(state: State, run: Run, *, version: str) -> dict[str, JsonValue]:
    """The answer's fields that every status has."""
    return {
        "status": "running",
        "thread_id": run.thread_id,
        "run_id": run.run_id,
        "answer": None,
        "calls": [plain(call) for call in state.get("calls", [])],
        "pool": pool_body(state.get("pool", []), run.limits.pool_size),
        "input_requests": [],
        "warnings": warnings(state),
        "strategy": state.get("route", "index"),
        "rounds": state.get("round", 0),
        "stopped_by": stop_of(state),
        "closest": [],
        "error": None,
        "resume_url": None,
        "usage": dict(run.usage()),
        "catalog_version": version,
    }


def pool_body(pool: Sequence[PooledState], limit: int) -> list[JsonValue]:
    shown = ranked(pool)[:limit]
    return [{"api_id": entry["api_id"], "score": score, "why": entry["why"]} for entry, score in shown]


def stop_of(state: State) -> str | None:
    """The limit that ended the work, or else the first that cut a branch of the search short."""
    if stopped := state.get("stopped_by"):
        return stopped
    return state["stops"][0] if state.get("stops") else None


def warnings(state: State) -> list[JsonValue]:
    steps = list(state.get("steps", {}).values())
    used = {name for step in steps for name in step["values"]}
    wrong = [error["pointer"].removeprefix("/") for step in steps for error in step["errors"]]
    used |= {name for name in state.get("params", {}) for path in wrong if path == name or path.startswith(f"{name}.")}
    unused = sorted(set(state.get("params", {})) - used) if steps else []
    told = [f"The parameter {name!r} was given, but no step has it." for name in unused]
    told += [f"Step {step['id']}: {step['error']}" for step in steps if step["status"] == "done" and step["error"]]
    left = [step for step in steps if step["status"] in ("declined", "skipped")]
    told += [f"Step {step['id']} was not done: {step['error']}" for step in left if len(left) < len(steps)]
    told += [said for call in state.get("calls", []) for said in _left_out(call)]
    return [*state.get("warnings", []), *state.get("problems", []), *told, *unsent(state)]


def _left_out(call: CallState) -> list[str]:
    """An answer from a part of a response says so. Calls of older threads do not know what was left out."""
    most = max(call.get("omitted", []), key=lambda omission: omission["of"], default=None)
    if most is None:
        return []
    where = f" at {most['pointer']!r}" if most["pointer"] else ""
    whole = f" The whole is at {call['response_url']}." if call["response_url"] else ""
    return [f"Step {call['step']}: the response was too long, {most['kept']} of {most['of']}{where} are shown.{whole}"]


def _marks(state: State) -> list[JsonValue]:
    """What graders said of the answer that is given."""
    return [*state["draft"].get("marks", [])] if state.get("answer") and "draft" in state else []


def _closest(state: State) -> list[JsonValue]:
    """Where nothing fits: the nearest APIs, and why they did not."""
    known = {entry["api_id"] for entry in state.get("runners_up", [])}
    shown = [entry for entry, _ in ranked(state.get("pool", []))]
    rest = [{"api_id": e["api_id"], "why": e["why"]} for e in shown if e["api_id"] not in known]
    return [plain(entry) for entry in [*state.get("runners_up", []), *rest][:CLOSEST]]


async def _outside(state: State, catalog: CatalogStore, index: CatalogIndex) -> list[JsonValue]:
    """The nearest APIs of the categories that the query left out, where it named some."""
    if not state["options"].get("categories"):
        return []
    hits = (await index.search(state["query"], k=CLOSEST)).hits
    apis = await catalog.get([hit.id for hit in hits])
    return [
        {"api_id": api.id, "why": f"is in the category {api.category!r}, which was not to be searched"}
        for api in apis.values()
    ]


def _error(state: State, status: str) -> dict[str, JsonValue] | None:
    if status != "failed":
        return None
    if error := state.get("error"):
        return error
    lost = [step for step in state.get("steps", {}).values() if step["status"] == "failed"]
    if (stopped := stop_of(state)) and not (stopped == "max_rounds" and lost):
        return problem(stopped, f"The limit {stopped!r} was reached before there was an answer.", title="Limit reached")
    return problem(lost[0]["code"], " ".join(dict.fromkeys(step["error"] for step in lost)))


def _unsent(step: StepState, api: Api, preview: Preview) -> CallState:
    """A call that is only shown, with all of its request."""
    return {**call_state(step, api, preview, None), "request": shown(preview)}


async def _rehearsed(state: State, apis: Mapping[str, Api], caller: Caller, run: Run) -> dict[str, JsonValue]:
    """A dry run's requests, as they would be sent, and what would be asked."""
    steps = state.get("steps", {}).values()
    ready = [step for step in steps if step["status"] == "ready" or step["ask"] in ("approval", "credentials_required")]
    previews = {step["id"]: previewed(step, apis[step["api_id"]], caller, run) for step in ready}
    for step in ready:
        run.emit("request.rehearsed", step=step["id"], api_id=step["api_id"], **shown(previews[step["id"]]))
    calls = [_unsent(step, apis[step["api_id"]], previews[step["id"]]) for step in ready]
    told = [
        f"Step {step['id']} would wait for the result of step {', '.join(step['depends_on'])}."
        for step in unfinished(state)
        if step["status"] == "planned"
    ]
    told += [f"Step {step['id']} cannot be called: {step['error']}" for step in steps if step["status"] == "failed"]
    return {
        "calls": [plain(call) for call in calls],
        "input_requests": list(await questions(state, apis, caller, run)),
        "warnings": [*warnings(state), *told],
    }

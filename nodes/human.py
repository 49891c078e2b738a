"""Asks a person, once for everything that waits. Code before an interrupt runs again on resume."""

from __future__ import annotations

from langgraph.types import interrupt
from pydantic import JsonValue

from callers.protocol import Caller
from catalog.models import Api
from catalog.store import CatalogStore
from nodes.answers import parse, work_in
from nodes.budget import budget_question, settled
from nodes.questions import InputRequest, api_of, interrupt_value, questions, response_schema
from nodes.run import Run
from nodes.state import AnswerState, PauseState, State, StepState
from nodes.steps import failing, waiting


async def human_loop(state: State, *, run: Run, catalog: CatalogStore, caller: Caller) -> State:
    if pause := state.get("pause"):
        return settled(state, pause, run, _whether_to_go_on(pause, run, state.get("extensions", 0)))
    return {"resumed": None, **await _asked(state, run=run, catalog=catalog, caller=caller)}


async def _asked(state: State, *, run: Run, catalog: CatalogStore, caller: Caller) -> State:
    """For all steps that wait."""
    wanted = {api_id for step in waiting(state) for api_id in (step["api_id"], *step["alike"])}
    apis = await catalog.get(sorted(wanted))
    lost = {step["id"]: step for step in map(_lost, (s for s in waiting(state) if not _known(s, apis)))}
    state = {**state, "steps": {**state["steps"], **lost}}
    asked = questions(state, apis, caller, run.thread_id)
    if not asked:
        return {"steps": state["steps"]}
    payload: JsonValue = interrupt(interrupt_value(asked), response_schema=response_schema(asked))
    answers = parse(payload, asked)
    for given in answers:
        run.emit("input.received", id=given["id"], action=given["action"], fields=sorted(given["content"]))
    return _worked_in(state, asked, answers, apis)


def _whether_to_go_on(pause: PauseState, run: Run, extensions: int) -> AnswerState:
    """Asked alone, before anything else. What cannot be understood is no answer, and the question stays open."""
    asked = [budget_question(pause, run, extensions)]
    while True:
        payload: JsonValue = interrupt(interrupt_value(asked), response_schema=response_schema(asked))
        if given := [answer for answer in parse(payload, asked) if answer["id"] == asked[0]["id"]]:
            return given[0]


def _worked_in(state: State, asked: list[InputRequest], answers: list[AnswerState], apis: dict[str, Api]) -> State:
    if any(given["action"] == "cancel" for given in answers):
        return {"cancelled": True}
    by_id = {given["id"]: given for given in answers}
    steps = dict(state["steps"])
    chosen = False
    for request in asked:
        given, step_id = by_id.get(str(request["id"])), str(request["step"])
        if given is not None:
            chosen = chosen or request["reason"] == "choose_api"
            steps[step_id] = _answered(steps[step_id], given, apis)
    return {"steps": steps, "choice_made": chosen}


def _answered(step: StepState, given: AnswerState, apis: dict[str, Api]) -> StepState:
    return work_in(step, given, api_of(step, apis))


def _known(step: StepState, apis: dict[str, Api]) -> bool:
    return any(api_id in apis for api_id in (step["api_id"], *step["alike"]))


def _lost(step: StepState) -> StepState:
    """Catalogs change while threads wait. What was sent without an answer stays unknown all the same."""
    if step["ask"] == "outcome_unknown":
        said = "It was sent, it is not known whether it took effect, and its API is no longer in the catalog."
        return failing(step, "outcome_unknown", said)
    return failing(step, "no_such_entry", "This API is no longer in the catalog.")

"""Asks a person, once for everything that waits. Code before an interrupt runs again on resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from langgraph.types import interrupt
from pydantic import JsonValue

from callers.protocol import Caller, Ledger
from catalog.errors import StoreUnavailable
from catalog.models import Api
from catalog.store import CatalogStore
from nodes.answers import parse, work_in
from nodes.approval import Gate
from nodes.budget import budget_question, settled
from nodes.once import settle
from nodes.questions import InputRequest, api_of, interrupt_value, questions, response_schema
from nodes.run import Run
from nodes.state import AnswerState, PauseState, State
from nodes.step_state import StepState
from nodes.steps import failing, waiting


async def human_loop(
    state: State, *, run: Run, catalog: CatalogStore, caller: Caller, ledger: Ledger, gate: Gate
) -> State:
    if pause := state.get("pause"):
        return settled(state, pause, run, _whether_to_go_on(pause, run, state.get("extensions", 0)))
    return {"resumed": None, **await _asked(state, run, catalog, caller, Recorder(gate, run, ledger))}


async def _asked(state: State, run: Run, catalog: CatalogStore, caller: Caller, recorder: Recorder) -> State:
    """For all steps that wait."""
    wanted = {api_id for step in waiting(state) for api_id in (step["api_id"], *step["alike"])}
    apis = await catalog.get(sorted(wanted))
    lost = {step["id"]: step for step in map(_lost, (s for s in waiting(state) if not _known(s, apis)))}
    state = {**state, "steps": {**state["steps"], **lost}}
    asked = await questions(state, apis, caller, run)
    if not asked:
        return {"steps": state["steps"]}
    payload: JsonValue = interrupt(interrupt_value(asked), response_schema=response_schema(asked))
    answers = parse(payload, asked)
    for given in answers:
        run.emit("input.received", id=given["id"], action=given["action"], fields=sorted(given["content"]))
    return await _worked_in(state, asked, answers, apis, recorder)


def _whether_to_go_on(pause: PauseState, run: Run, extensions: int) -> AnswerState:
    """Asked alone, before anything else. What cannot be understood is no answer, and the question stays open."""
    asked = [budget_question(pause, run, extensions)]
    while True:
        payload: JsonValue = interrupt(interrupt_value(asked), response_schema=response_schema(asked))
        if given := [answer for answer in parse(payload, asked) if answer["id"] == asked[0]["id"]]:
            return given[0]


async def _worked_in(
    state: State,
    asked: list[InputRequest],
    answers: list[AnswerState],
    apis: dict[str, Api],
    recorder: Recorder,
) -> State:
    if any(given["action"] == "cancel" for given in answers):
        return {"cancelled": True}
    by_id = {given["id"]: given for given in answers}
    steps = dict(state["steps"])
    chosen = False
    for request in asked:
        given, step_id = by_id.get(str(request["id"])), str(request["step"])
        if given is not None:
            chosen = chosen or request["reason"] == "choose_api"
            after = _answered(steps[step_id], given, apis)
            await recorder.settled(steps[step_id], given, apis)
            steps[step_id] = await recorder.recorded(steps[step_id], given, after)
    update: State = {"steps": steps, "choice_made": chosen}
    return {**update, "warnings": [*state.get("warnings", []), *recorder.lost]} if recorder.lost else update


@dataclass
class Recorder:
    """Takes an approval only if it came in time and stands in the audit log; tells the ledger what a person knows."""

    gate: Gate
    run: Run
    ledger: Ledger
    lost: list[str] = field(default_factory=list)
    """What could not be recorded, in words."""

    async def recorded(self, before: StepState, given: AnswerState, after: StepState) -> StepState:
        if before["ask"] != "approval":
            return after
        if after["approved"] is not None and self.gate.is_over(before):
            return {**after, "approved": None}  # it is asked again
        facts = {"input_request": given["id"], "approval": before["shown"], "expires_at": before.get("expires_at")}
        try:
            await self.gate.audit.note(f"approval.{_word(given, after)}", {**self._who(before), **facts})
        except StoreUnavailable as error:
            if after["approved"] is None:
                return after  # a no holds in any case
            self.lost.append(
                f"The approval of step {before['id']} does not count, as it could not be recorded: {error}"
            )
            return {**after, "approved": None, "expires_at": None}
        return after

    async def settled(self, before: StepState, given: AnswerState, apis: Mapping[str, Api]) -> None:
        if before["ask"] == "outcome_unknown" and given["action"] == "accept":
            happened = given["content"].get("happened")
            await settle(before, apis[before["api_id"]], happened, run=self.run, ledger=self.ledger)

    def _who(self, step: StepState) -> dict[str, JsonValue]:
        whose: dict[str, JsonValue] = {"tenant": self.run.tenant, "user": self.run.user}
        return {**whose, "thread_id": self.run.thread_id, "step": step["id"], "api_id": step["api_id"]}


def _word(given: AnswerState, after: StepState) -> str:
    if given["action"] != "accept":
        return "declined"
    return "given" if after["approved"] is not None else "edited"


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

"""Fills the parameters of every due step, checks them by the API's schema, and finds what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from callers.protocol import Caller
from catalog.errors import BudgetExhausted, InvalidArguments, ReasonerError, SoftLimitReached
from catalog.models import Api, Parameter
from catalog.store import CatalogStore
from nodes.approval import DENIED, Gate
from nodes.conversion import Misread, converted
from nodes.doubles import without_doubles
from nodes.failing import failed, paused, stopped
from nodes.forms import misfit
from nodes.once import previewed
from nodes.results import found_nothing, results_of
from nodes.run import Run
from nodes.state import State
from nodes.step_state import FieldErrorState, StepState, ValueState
from nodes.steps import as_step, due, failing, named, pointer_to, skip_orphans, value_state
from reasoners.protocol import Reasoner, Result

AGENT = "extract_params"


async def extract_params(
    state: State, *, run: Run, reasoner: Reasoner, catalog: CatalogStore, caller: Caller, gate: Gate, has_model: bool
) -> State:
    """`has_model`: a model may read in any result what a step lacks; words look only where the plan says so."""
    steps = skip_orphans(dict(state.get("steps", {})))
    if not (now_due := due(steps)):
        return {"steps": steps}
    apis = await catalog.get([step["api_id"] for step in steps.values()])
    earlier = results_of(state, apis)

    async def fill(step: StepState) -> StepState:
        run.check_deadline()
        return await _fill(step, apis.get(step["api_id"]), state, reasoner, earlier)

    done = await asyncio.gather(*(fill(step) for step in now_due), return_exceptions=True)
    filled = [each for each in done if not isinstance(each, BaseException)]
    if lost := [each for each in done if isinstance(each, BaseException)]:
        # What was found for the others is kept: after a pause it is not asked for again.
        return {"steps": {**steps, **{step["id"]: step for step in filled}}, **_ended(lost[0])}
    checked = [await _check(step, apis.get(step["api_id"]), state, caller, gate, run) for step in filled]
    checked = [_in_vain(step, earlier) for step in checked]
    if has_model and not state["options"].get("dry_run"):
        checked = _wait_for_results(checked)
    kept, doubles = without_doubles({**steps, **{step["id"]: step for step in checked}}, apis)
    for step in checked:
        if step["id"] in kept:
            _record(run, step)
    return {"steps": kept, "warnings": [*state.get("warnings", []), *doubles]} if doubles else {"steps": kept}


def _in_vain(step: StepState, earlier: Sequence[Result]) -> StepState:
    """A step that was to go on with what another found, which is nothing, asks no person for it."""
    if step["ask"] != "missing_parameters" or step["attempt"] > 1:
        return step
    empty = [r.step.id for r in earlier if r.step.id in step["depends_on"] and found_nothing(r.response)]
    if not empty:
        return step
    return {**step, "status": "skipped", "ask": None, "error": f"Step {empty[0]} found nothing to go on with."}


def _wait_for_results(steps: list[StepState]) -> list[StepState]:
    """What a step lacks may stand in the results of those before it, though the plan forgot to say so."""
    waiting: list[StepState] = []
    for place, step in enumerate(steps):
        before = any(other["status"] == "ready" for other in steps[:place])
        if before and step["ask"] == "missing_parameters" and not step["errors"] and step["attempt"] == 1:
            step = {**step, "status": "planned", "ask": None, "filled": False, "confirm": {}}
        waiting.append(step)
    return waiting


def _ended(error: BaseException) -> State:
    match error:
        case SoftLimitReached():
            return paused(error, AGENT)
        case BudgetExhausted():
            return stopped(error)
        case ReasonerError():
            return failed(error)
    raise error


def _record(run: Run, step: StepState) -> None:
    values = {name: {"value": v["value"], "origin": dict(v["origin"])} for name, v in step["values"].items()}
    asked = sorted({*step["confirm"]}) if step["ask"] == "missing_parameters" else []
    run.emit("parameters.extracted", step=step["id"], values=values, ask=step["ask"], to_confirm=asked)


async def _fill(
    step: StepState, api: Api | None, state: State, reasoner: Reasoner, earlier: Sequence[Result]
) -> StepState:
    """What the question, the caller and the catalog's defaults give. A question is looked through once."""
    if api is None or step["filled"] or step["alike"]:
        return step
    values = {**_supplied(api, state), **step["values"]}
    wanted = [p.name for p in api.parameters if p.name not in values]
    found = {}
    if wanted and not state.get("preset"):
        found = dict(await reasoner.fill(state["query"], as_step(step), api, wanted=wanted, earlier=earlier))
    taken = {name: value_state(v) for name, v in found.items() if v.band == "take"}
    shown = {name: value_state(v) for name, v in found.items() if v.band == "confirm"}
    values = {**values, **taken}
    defaults = {n: v for n, v in _defaults(api).items() if n not in values and n not in shown}
    return {**step, "values": {**values, **defaults}, "confirm": shown, "filled": True}


def _supplied(api: Api, state: State) -> dict[str, ValueState]:
    given = state.get("params", {})
    return {
        p.name: {"value": meant(given[p.name], p), "origin": {"source": "user"}}
        for p in api.parameters
        if p.name in given
    }


def meant(value: JsonValue, parameter: Parameter) -> JsonValue:
    """In the declared type where that is plain (`order_id=91827` is text); else as it is, to be asked about."""
    try:
        return converted(value, parameter.json_schema())
    except Misread:
        return value


def _defaults(api: Api) -> dict[str, ValueState]:
    """Only for required parameters: what is optional and left out, the upstream fills in itself."""
    return {
        p.name: {"value": p.default, "origin": {"source": "default"}} for p in api.required if p.default is not None
    }


def to_ask(api: Api, step: StepState) -> list[Parameter]:
    """What only a person can say: required and missing, to be confirmed, or not accepted as it was."""
    wrong = {named(error["pointer"], api) for error in step["errors"]}
    open_ones = [p for p in api.parameters if p.name not in step["values"]]
    needed = [p for p in open_ones if p.required or p.name in wrong]
    return [p for p in open_ones if p in needed or p.name in step["confirm"]] if needed else []


async def _check(step: StepState, api: Api | None, state: State, caller: Caller, gate: Gate, run: Run) -> StepState:
    """Sets the step ready, or says what it waits for."""
    if api is None:
        return failing(step, "no_such_entry", "This API is no longer in the catalog.")
    if step["ask"] == "outcome_unknown":
        return {**step, "status": "waiting"}  # first of all: it was sent, whatever has changed since
    if step["alike"]:
        return {**step, "status": "waiting", "ask": "choose_api"}
    verdict = gate.verdict(api, state["options"], run.tenant)
    if verdict.decision == "deny":  # before anybody is asked for values
        return failing(step, DENIED, f'"{api.label}" may not be called: {verdict.because}.')
    step = _without_misfits(step, api)
    if to_ask(api, step):
        return {**step, "status": "waiting", "ask": "missing_parameters"}
    if await caller.missing_credential(api):
        return {**step, "status": "waiting", "ask": "credentials_required"}
    return _approved(step, api, state, caller, gate, run, asks=verdict.decision == "ask")


def _approved(
    step: StepState, api: Api, state: State, caller: Caller, gate: Gate, run: Run, *, asks: bool
) -> StepState:
    """Ready to be sent, or waiting for a person's yes to just this request."""
    if not asks and not state["options"].get("dry_run"):
        return {**step, "status": "ready", "ask": None}
    try:
        mark = gate.mark(step, api, previewed(step, api, caller, run), run)
    except InvalidArguments as error:
        return failing(step, error.code, str(error))
    if asks and not gate.holds(step, mark):
        return gate.asking(step, mark)
    return {**step, "status": "ready", "ask": None}


def _without_misfits(step: StepState, api: Api) -> StepState:
    """A value that does not fit the schema is not sent: it is asked for, with the reason."""
    errors = list(step["errors"])
    values = dict(step["values"])
    for name, entry in step["values"].items():
        parameter = api.parameter(name)
        problem = misfit(parameter, entry["value"]) if parameter else None
        if parameter is None or problem is not None:
            del values[name]
        if parameter and problem and (parameter.required or entry["origin"]["source"] == "user"):
            errors.append({"pointer": pointer_to(name), "detail": problem, "rejected": entry["value"]})
    return {**step, "values": values, "errors": _one_each(errors)}


def _one_each(errors: list[FieldErrorState]) -> list[FieldErrorState]:
    return list({error["pointer"]: error for error in errors}.values())

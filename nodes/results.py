"""Finished steps as the reasoner sees them: what was asked of which API, and what came back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from catalog.models import Api
from catalog.store import CatalogStore
from nodes.state import CallState, State
from nodes.step_state import StepState, StepStatus
from nodes.steps import as_step, plain_values
from reasoners.protocol import Outcome, Result

OUTCOMES: Mapping[StepStatus, Outcome] = {
    "done": "ok",
    "not_found": "not_found",
    "refused": "bad_input",
    "failed": "failed",
}


async def results_in(state: State, catalog: CatalogStore) -> list[Result]:
    """As `results_of`, with the APIs as the catalog has them now."""
    return results_of(state, await catalog.get([step["api_id"] for step in state["steps"].values()]))


def results_of(state: State, apis: Mapping[str, Api]) -> list[Result]:
    """Steps that ended with something to say, in the order of the plan."""
    calls = {call["step"]: call for call in state.get("calls", [])}
    return [
        _result(step, apis[step["api_id"]], OUTCOMES[step["status"]], calls.get(step["id"]))
        for step in state.get("steps", {}).values()
        if step["status"] in OUTCOMES and step["api_id"] in apis
    ]


def _result(step: StepState, api: Api, outcome: Outcome, call: CallState | None) -> Result:
    if step["status"] == "done" and step["error"]:
        call = None  # a person said that it happened: what the API said in its trouble is no answer
    return Result(
        step=as_step(step),
        api=api,
        outcome=outcome,
        parameters=call["parameters"] if call else plain_values(step),
        http_status=call["http_status"] if call else None,
        response=call["response"] if call else None,
        omitted={each["pointer"]: each["of"] for each in call.get("omitted", [])} if call else {},
        error=step["error"],
    )


def found_nothing(response: JsonValue) -> bool:
    """Whether a search came back empty: there are lists in it, and none has an item."""
    lists = list(_lists(response))
    return bool(lists) and not any(lists)


def _lists(node: JsonValue) -> Iterator[list[JsonValue]]:
    if isinstance(node, list):
        yield node
        for item in node:
            yield from _lists(item)
    elif isinstance(node, dict):
        for value in node.values():
            yield from _lists(value)

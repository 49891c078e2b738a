"""Says what the responses mean for the question; the graders after it say whether that holds."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogStore
from nodes.failing import stopped
from nodes.results import results_in
from nodes.state import DraftState, State
from nodes.steps import due, skip_orphans
from reasoners.protocol import Answer, Reasoner, Result

AGENT = "interpret_response"


async def interpret_response(
    state: State, *, reasoner: Reasoner, fallback: Reasoner, catalog: CatalogStore, has_model: bool
) -> State:
    """Only once nothing is left to do: until then the steps speak for themselves.

    `fallback` composes the answer where the run's limits leave no room for a model, or the model cannot be had.
    """
    limited = bool(state.get("stopped_by") or state.get("error"))
    state = {**state, "steps": skip_orphans(dict(state["steps"]))}
    if due(state["steps"]) and not limited:
        return {}
    if not (results := await results_in(state, catalog)):
        return {}
    if limited:
        return {"steps": state["steps"], **await _plain(state, results, fallback)}
    wrong = refused(state)
    try:
        former = (state.get("answer") or "") if wrong else ""
        answer = await reasoner.answer(state["query"], results, wrong=wrong, former=former)
    except BudgetExhausted as error:
        return {**stopped(error), **await _plain(state, results, fallback)}
    except ReasonerError as error:
        said = f"Composed without the model. {error}"
        return {**await _plain(state, results, fallback), "warnings": [*state.get("warnings", []), said]}
    # What decides without a model would only say the same again.
    return _drafted(answer, last=bool(wrong) or not has_model, plain=False)


def refused(state: State) -> Sequence[str]:
    """What the try before said though no response says it; none where this is the first of its round."""
    return state["draft"]["wrong"] if state.get("answer") else ()


async def _plain(state: State, results: Sequence[Result], fallback: Reasoner) -> State:
    return _drafted(await fallback.answer(state["query"], results), last=True, plain=True)


def _drafted(answer: Answer, *, last: bool, plain: bool) -> State:
    pointers = [list(pointer) for pointer in answer.pointers]
    draft: DraftState = {"pointers": pointers, "wrong": [], "last": last, "plain": plain, "marks": []}
    return {"answer": answer.text, "draft": draft}

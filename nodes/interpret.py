"""Says what the responses mean for the question, and checks that everything said stands in a response."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogStore
from nodes.failing import stopped
from nodes.results import results_of
from nodes.run import Run
from nodes.state import State
from nodes.steps import answered, due, skip_orphans
from reasoners.grounding import ungrounded
from reasoners.protocol import Answer, Reasoner, Result

AGENT = "interpret_response"
TRIES = 2


async def interpret_response(
    state: State, *, run: Run, reasoner: Reasoner, fallback: Reasoner, catalog: CatalogStore
) -> State:
    """Only once nothing is left to do: until then the steps speak for themselves.

    `fallback` composes the answer where the run's limits leave no room for a model.
    """
    limited = bool(state.get("stopped_by") or state.get("error"))
    state = {**state, "steps": skip_orphans(dict(state["steps"]))}
    if due(state["steps"]) and not limited:
        return {}
    apis = await catalog.get([step["api_id"] for step in state["steps"].values()])
    if not (results := results_of(state, apis)):
        return {}
    if limited:
        return {"steps": state["steps"], **await _answer(state, results, fallback, run)}
    try:
        update = await _answer(state, results, reasoner, run)
    except BudgetExhausted as error:
        return {**await _answer(state, results, fallback, run), **stopped(error)}
    except ReasonerError as error:
        plain = await _answer(state, results, fallback, run)
        return {**plain, "warnings": _warned(state, plain, f"Composed without the model. {error}")}
    return {**update, **await _judged({**state, **update}, results, reasoner, run)}


async def _answer(state: State, results: Sequence[Result], reasoner: Reasoner, run: Run) -> State:
    """One new try for an answer that says what no response says; then it is marked."""
    wrong: Sequence[str] = ()
    for _ in range(TRIES):
        answer = await reasoner.answer(state["query"], results, wrong=wrong)
        wrong = ungrounded(answer.text, state["query"], results)
        run.emit(
            "answer.checked",
            check="grounded",
            passed=not wrong,
            reason=", ".join(wrong) or "Everything in it stands in a response.",
            pointers=[list(pointer) for pointer in answer.pointers],
        )
        if not wrong:
            break
    return _said(state, answer, wrong)


async def _judged(state: State, results: Sequence[Result], reasoner: Reasoner, run: Run) -> State:
    """Whether the question is solved; if not, whether another round may help. A judge that fails says nothing."""
    try:
        if await _solves(state, results, reasoner, run):
            return {"again": False}
    except BudgetExhausted as error:
        return {"again": False, **stopped(error)}
    except ReasonerError as error:
        return {"again": False, "warnings": _warned(state, {}, f"The answer was not judged. {error}")}
    if any(r.api.risk == "mutating" for r in results):
        return {"again": False}  # what changes something is not tried twice, nor by other means
    again = state.get("round", 0) < run.limits.max_rounds and not state.get("preset")
    return {"again": again} if again else {"again": False, "stopped_by": "max_rounds"}


async def _solves(state: State, results: Sequence[Result], reasoner: Reasoner, run: Run) -> bool:
    """A failed call is no solution; otherwise the reasoner judges."""
    if state.get("preset"):
        return True
    if not answered(state):
        return False
    answer = state.get("answer") or ""
    verdict = await reasoner.judge("answers", state["query"], answer=answer, results=results)
    run.emit("answer.checked", check="answers", passed=verdict.yes, reason=verdict.reason)
    return verdict.yes


def _warned(state: State, update: State, said: str) -> list[str]:
    return [*update.get("warnings", state.get("warnings", [])), said]


def _said(state: State, answer: Answer, wrong: Sequence[str]) -> State:
    update: State = {"answer": answer.text}
    if wrong:
        said = f"Not in any response, so do not rely on it: {', '.join(wrong)}."
        update["warnings"] = [*state.get("warnings", []), said]
    return update

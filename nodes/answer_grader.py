"""Does the answer answer? Yes or no, and why; a no leads to another round where one may help, else it is marked."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogStore
from nodes.failing import stopped
from nodes.results import results_in
from nodes.run import Run
from nodes.state import State
from nodes.steps import answered
from reasoners.protocol import Reasoner, Result, Verdict

AGENT = "answer_grader"
NOTHING = Verdict(False, "No call brought an answer.")


async def answer_grader(state: State, *, run: Run, reasoner: Reasoner, catalog: CatalogStore) -> State:
    if state.get("preset"):
        return {"again": False}  # one API was called, as asked; there was no question
    results = await results_in(state, catalog)
    try:
        verdict = NOTHING
        if answered(state):
            answer = state["answer"] or ""
            verdict = await reasoner.judge("answers", state["query"], answer=answer, results=results)
    except BudgetExhausted as error:
        return {"again": False, **stopped(error)}
    except ReasonerError as error:
        return {"again": False, "warnings": _warned(state, f"The answer was not judged. {error}")}
    run.emit("answer.checked", check="answers", passed=verdict.yes, reason=verdict.reason)
    if verdict.yes:
        return {"again": False}
    # What changes something is not tried twice, nor by other means.
    changed = any(result.api.risk == "mutating" for result in results)
    if not changed and state.get("round", 0) < run.limits.max_rounds:
        unsolved = _unsolved(verdict, results) if answered(state) else ""
        return {**_marked(state, verdict), "again": True, "unsolved": unsolved}
    return {"again": False, **_marked(state, verdict), **({} if changed else {"stopped_by": "max_rounds"})}


def _unsolved(verdict: Verdict, results: Sequence[Result]) -> str:
    """What the next round is told: failed calls it knows by themselves."""
    called = ", ".join(dict.fromkeys(result.api.id for result in results))
    return f"{verdict.reason} Called so far: {called}."


def _marked(state: State, verdict: Verdict) -> State:
    """It stands unless another round brings a better one. A run without an answer says by itself why there is none."""
    if not answered(state):
        return {}
    marked = f"It may not answer the question: {verdict.reason}"
    return {"draft": {**state["draft"], "marks": [*state["draft"]["marks"], marked]}}


def _warned(state: State, said: str) -> list[str]:
    return [*state.get("warnings", []), said]

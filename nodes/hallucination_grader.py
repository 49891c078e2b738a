"""Is the answer grounded? Yes or no, and why; a first no leads to one new try, a second one marks the answer."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogStore
from nodes.failing import stopped
from nodes.results import results_in
from nodes.run import Run
from nodes.state import State
from reasoners.grounding import ungrounded
from reasoners.own_words import own_words
from reasoners.protocol import Reasoner, Result, Verdict

AGENT = "hallucination_grader"
GROUNDED = Verdict(True, "Everything in it stands in a response.")


async def hallucination_grader(
    state: State, *, run: Run, reasoner: Reasoner, catalog: CatalogStore, has_model: bool
) -> State:
    """Comparing is free, and sees numbers, ids, dates and names; a model is asked only about words of its own."""
    draft, results = state["draft"], await results_in(state, catalog)
    if wrong := ungrounded(state["answer"] or "", state["query"], results):
        return _refused(state, run, wrong, f"Not in any response, so do not rely on it: {', '.join(wrong)}.")
    asked = has_model and not draft["plain"] and not state.get("stopped_by") and not state.get("error")
    verdict, update = await _judged(state, results, reasoner) if asked else (GROUNDED, State())
    if not verdict.yes:
        return _refused(state, run, [verdict.reason], f"It may say what no response says: {verdict.reason}")
    _record(state, run, verdict)
    return update


async def _judged(state: State, results: Sequence[Result], reasoner: Reasoner) -> tuple[Verdict, State]:
    """A model that cannot be had says nothing: what was compared holds."""
    answer = state["answer"] or ""
    if not own_words(answer, state["query"], results):
        return GROUNDED, {}
    try:
        return await reasoner.judge("grounded", state["query"], answer=answer, results=results), {}
    except BudgetExhausted as error:
        return GROUNDED, stopped(error)
    except ReasonerError as error:
        said = f"Whether the answer is grounded was not judged. {error}"
        return GROUNDED, {"warnings": [*state.get("warnings", []), said]}


def _refused(state: State, run: Run, wrong: Sequence[str], marked: str) -> State:
    """What is wrong, for the next try; where there is none, for the reader."""
    _record(state, run, Verdict(False, ", ".join(wrong)))
    draft = state["draft"]
    return {"draft": {**draft, "wrong": list(wrong), "marks": [marked] if draft["last"] else []}}


def _record(state: State, run: Run, verdict: Verdict) -> None:
    pointers = state["draft"]["pointers"]
    run.emit("answer.checked", check="grounded", passed=verdict.yes, reason=verdict.reason, pointers=pointers)

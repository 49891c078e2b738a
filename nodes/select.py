"""Plans the calls: which APIs of the pool answer the question, in which order, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.store import CatalogIndex, CatalogStore
from nodes.failing import failed, stopped
from nodes.finders import with_finders
from nodes.pool import avoidance, candidates
from nodes.run import Run
from nodes.state import State
from nodes.step_state import StepState
from nodes.steps import due, fingerprint, new_step
from reasoners.confidence import READ
from reasoners.protocol import Plan, Reasoner, Step

AGENT = "select_api"


async def select_api(
    state: State,
    *,
    run: Run,
    reasoner: Reasoner,
    catalog: CatalogStore,
    index: CatalogIndex,
    pool_size: int,
    has_model: bool,
    standing: Callable[[str], float],
) -> State:
    if state.get("choice_made"):
        return _confirm_choice(state, run)
    if state.get("stops"):
        run.emit("branches.stopped", limits=list(state["stops"]))
    pool = await candidates(state, catalog, limit=_shown(state, pool_size, has_model=has_model), standing=standing)
    seen = fingerprint(*sorted(candidate.api.id for candidate in pool))
    if seen == state.get("seen"):
        return {"again": False}  # the agents found nothing new: what was planned, or refused, stands
    try:
        run.check_deadline()
        if has_model:
            pool = await with_finders(state["query"], pool, catalog, index)
        more = has_model and _more_to_explore(state, run)
        plan = await reasoner.plan(state["query"], pool, avoid=avoidance(state.get("failures", [])), may_look=more)
    except BudgetExhausted as error:
        return stopped(error)
    except ReasonerError as error:
        return _as_planned(error) if due(state.get("steps", {})) else failed(error)
    return {
        **_planned(state, plan, run),
        "seen": seen,
        "again": more and not plan.enough,
    }


def _as_planned(error: ReasonerError) -> State:
    """What an earlier round planned is done, though it was thought too little."""
    return {"again": False, "problems": [f"Nothing better was planned: {error}"]}


def _shown(state: State, pool_size: int, *, has_model: bool) -> int:
    """A model reads no more than is worth it, as it can have the rest searched; matching words costs nothing."""
    can_look_further = has_model and state["options"].get("strategy") != "index"
    return min(pool_size, READ) if can_look_further else pool_size


def _more_to_explore(state: State, run: Run) -> bool:
    """Whether a round of agents that read could still find what the index did not."""
    asked_for_index = state["options"].get("strategy") == "index"
    return state["round"] < run.limits.max_rounds and not asked_for_index and bool(state.get("searched"))


def _record(run: Run, plan: Plan, planned: Mapping[str, StepState], round_number: int) -> None:
    run.emit(
        "plan.made",
        agent=AGENT,
        round=round_number,
        reason=plan.reason,
        steps=[
            {"step": s["id"], "api_id": s["api_id"], "part": s["part"], "depends_on": s["depends_on"], "why": s["why"]}
            for s in planned.values()
        ],
        runners_up=[{"api_id": r.api_id, "why": r.why} for r in plan.runners_up],
        uncovered=list(plan.uncovered),
    )
    for step in planned.values():
        if not step["alike"]:
            run.emit("api.selected", step=step["id"], api_id=step["api_id"], why=step["why"])


def _planned(state: State, plan: Plan, run: Run) -> State:
    before = state.get("steps", {})
    if plan.steps:  # what an earlier round only planned is planned anew, as it was thought too little
        before = {name: step for name, step in before.items() if _begun(step)}
    planned = _renumbered(plan, offset=max(map(int, before), default=0))
    _record(run, plan, planned, state["round"])
    return {
        "steps": {**before, **planned},
        "plan_reason": _reason(plan),
        "runners_up": [{"api_id": r.api_id, "why": r.why} for r in plan.runners_up],
        "answer": None,
    }


def _begun(step: StepState) -> bool:
    return step["status"] != "planned" and step["ask"] != "choose_api"


def _reason(plan: Plan) -> str:
    """With what is still to be found, for the next round."""
    lacking = f"Nothing was found yet for: {', '.join(plan.uncovered)}." if plan.uncovered and not plan.enough else ""
    return " ".join(part for part in (plan.reason, lacking) if part)


def _renumbered(plan: Plan, *, offset: int) -> dict[str, StepState]:
    """The steps of a later round continue the numbers of the earlier ones."""
    names = {step.id: str(offset + position) for position, step in enumerate(plan.steps, start=1)}
    return {
        names[step.id]: new_step(
            Step(names[step.id], step.api_id, step.part, tuple(names[d] for d in step.depends_on), step.why),
            alike=plan.alike.get(step.id, ()),
        )
        for step in plan.steps
    }


def _confirm_choice(state: State, run: Run) -> State:
    """A person has chosen: that is the selection, nothing is planned anew."""
    for step in state["steps"].values():
        if step["status"] == "planned" and not step["alike"]:
            run.emit("api.selected", step=step["id"], api_id=step["api_id"], why=step["why"])
    return {"choice_made": False}

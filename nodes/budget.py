"""What a person is asked where a soft limit is reached, and what a yes or a no to it means."""

from __future__ import annotations

from catalog.errors import LimitName
from nodes.questions import APPROVE_FORM, InputRequest
from nodes.run import Run
from nodes.state import AnswerState, PauseState, State
from nodes.steps import fingerprint


def budget_question(pause: PauseState, run: Run, extensions: int) -> InputRequest:
    """It belongs to no step, and has no form: accept or decline is the answer."""
    attempt = extensions + 1
    allowed = amount(pause["limit"], _allowed(pause, run, extensions))
    return {
        "id": fingerprint(run.thread_id, None, "budget", attempt)[:8],
        "step": None,
        "reason": "budget",
        "attempt": attempt,
        "message": f"This question has taken {taken(run)}. Continue, up to {allowed}?",
        "api": None,
        "known": {},
        "schema": APPROVE_FORM,
        "errors": [],
        "request": None,
        "url": None,
        "expires_at": None,
    }


def taken(run: Run) -> str:
    """What the thread has spent, in words."""
    spent, seconds = run.spent, run.elapsed_ms() / 1000
    cost = "cost unknown" if spent.cost_usd is None else amount("max_cost_usd", spent.cost_usd)
    calls = amount("max_llm_calls", spent.llm_calls)
    if spent.llm_calls:
        calls += f" (about {amount('max_tokens', round(spent.budgeted_tokens, -2))}, {cost})"
    return f"{calls} and {amount('deadline_seconds', seconds)}"


def amount(limit: LimitName, value: float) -> str:
    match limit:
        case "max_llm_calls":
            return f"{value:,.0f} model call{'' if value == 1 else 's'}"
        case "max_tokens":
            return f"{value:,.0f} tokens"
        case "max_cost_usd":
            return f"{value:,.4f}".rstrip("0").rstrip(".") + " US dollars"
        case "deadline_seconds":
            return f"{value:,.1f} seconds"


def _allowed(pause: PauseState, run: Run, extensions: int) -> float:
    """Never more than the hard limit, whatever a person says."""
    soft, limit = run.limits.soft, pause["limit"]
    hard: float | None = getattr(run.limits, limit)
    after = soft.allows(limit, soft.extended(limit, pause["needed"], extensions))
    return after if hard is None else min(after, hard)


def settled(state: State, pause: PauseState, run: Run, given: AnswerState) -> State:
    """The state after the answer; `resumed` says to the edge where the work goes on."""
    run.emit("input.received", id=given["id"], action=given["action"], fields=[], limit=pause["limit"])
    ended: State = {"pause": None, "resumed": pause}
    if given["action"] == "cancel":
        return {**ended, "cancelled": True}
    if given["action"] == "decline":
        said = f"Not continued, as the person declined, after {taken(run)}."
        return {**ended, "stopped_by": pause["limit"], "warnings": [*state.get("warnings", []), said]}
    extensions = run.limits.soft.extended(pause["limit"], pause["needed"], state.get("extensions", 0))
    run.extensions = extensions  # branches see the run, not the whole state
    return {**ended, "extensions": extensions}

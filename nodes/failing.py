"""Failures as data: a branch that raised would cancel its siblings, and lose what they gathered."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.errors import BudgetExhausted, SoftLimitReached, SwitchboardError
from nodes.state import CategoryState, PauseState, State, VisitState


def problem(code: str, detail: str, *, title: str = "") -> dict[str, JsonValue]:
    """A problem object (RFC 9457) of a run. No `status`: the HTTP answer that carries it is a 200."""
    return {
        "type": "about:blank",
        "title": title or code.replace("_", " ").capitalize(),
        "detail": detail,
        "code": code,
    }


def stopped(error: BudgetExhausted) -> State:
    """A limit was reached: go on with what there is. Raises SoftLimitReached again: a person is asked first."""
    if isinstance(error, SoftLimitReached):
        raise error
    return {"stopped_by": error.limit}


def paused(error: SoftLimitReached, at: str) -> State:
    """A person is to be asked whether to go on; then `at` is run again."""
    pause: PauseState = {"limit": error.limit, "needed": error.needed, "at": at, "cut": []}
    return {"pause": pause}


def cut_short(error: SoftLimitReached, state: CategoryState) -> CategoryState:
    """The same of a branch, as data: it is asked about once, after the join, and this much of it is opened again."""
    tools, known = state.get("tools", []), known_in(state)
    visit: VisitState = {"category": state["category"], "tools": tools, "choose": not tools, "known": known}
    pause: PauseState = {"limit": error.limit, "needed": error.needed, "at": "category", "cut": [visit]}
    return {"pause": pause}  # type: ignore[typeddict-item]  # an update, not a whole state


def known_in(state: CategoryState) -> list[str]:
    """Tools of the branch that earlier rounds looked into."""
    visit = state.get("visit")
    return visit.get("known", []) if visit else []


def failed(error: SwitchboardError) -> State:
    """No decision could be had: the run ends with what it gathered."""
    return {"error": problem(error.code, f"{error} {error.cure}".strip())}

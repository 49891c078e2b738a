"""Failures as data: a branch that raised would cancel its siblings, and lose what they gathered."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.errors import BudgetExhausted, SwitchboardError
from nodes.state import State


def problem(code: str, detail: str, *, title: str = "") -> dict[str, JsonValue]:
    """A problem object (RFC 9457) of a run. No `status`: the HTTP answer that carries it is a 200."""
    return {
        "type": "about:blank",
        "title": title or code.replace("_", " ").capitalize(),
        "detail": detail,
        "code": code,
    }


def stopped(error: BudgetExhausted) -> State:
    """A limit was reached: go on with what there is."""
    return {"stopped_by": error.limit}


def failed(error: SwitchboardError) -> State:
    """No decision could be had: the run ends with what it gathered."""
    return {"error": problem(error.code, f"{error} {error.cure}".strip())}

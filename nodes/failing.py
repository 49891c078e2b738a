"""Failures as data: a branch that raised would cancel its siblings, and lose what they gathered."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.errors import BudgetExhausted, SwitchboardError
from nodes.state import State


def problem(error: SwitchboardError) -> dict[str, JsonValue]:
    """The problem object (RFC 9457 without a status) of a failure."""
    detail = f"{error} {error.cure}".strip()
    return {
        "type": "about:blank",
        "title": error.code.replace("_", " ").capitalize(),
        "detail": detail,
        "code": error.code,
    }


def stopped(error: BudgetExhausted) -> State:
    """A limit was reached: go on with what there is."""
    return {"stopped_by": error.limit}


def failed(error: SwitchboardError) -> State:
    """No decision could be had: the run ends with what it gathered."""
    return {"error": problem(error)}

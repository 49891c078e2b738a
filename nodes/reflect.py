"""Turns what failed into a reason and what to avoid, for the next round."""

from __future__ import annotations

from nodes.run import Run
from nodes.state import FailureState, State
from nodes.step_state import StepState


async def reflect(state: State, *, run: Run) -> State:
    """The answer, marked as it is, stands until the next round plans another."""
    failures = [*state.get("failures", []), *_failures(state)]
    run.emit("round.reflected", round=state["round"], failures=failures)
    return {"failures": _once(failures), "again": False, "unsolved": ""}


def _failures(state: State) -> list[FailureState]:
    """Failed calls, and what the answer lacked; where there is neither, the selection itself."""
    failed = [_failure(step) for step in state.get("steps", {}).values() if step["status"] == "failed"]
    if failed and not state.get("unsolved"):
        return failed
    reason = state.get("unsolved") or state.get("plan_reason") or "It did not answer the question."
    return [*failed, {"api_id": "", "reason": reason}]


def _failure(step: StepState) -> FailureState:
    return {"api_id": step["api_id"], "reason": step["error"], "code": step["code"]}


def _once(failures: list[FailureState]) -> list[FailureState]:
    return list({(failure["api_id"], failure["reason"]): failure for failure in failures}.values())

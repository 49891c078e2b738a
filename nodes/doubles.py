"""Finds calls that are planned twice: a change is asked about and sent once, and what was read is not read again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from catalog.models import Api
from nodes.step_state import StepState
from nodes.steps import plain_values

_ABOUT_TO_BE_SENT = ("approval", "credentials_required")


def without_doubles(
    steps: Mapping[str, StepState], apis: Mapping[str, Api]
) -> tuple[dict[str, StepState], tuple[str, ...]]:
    """The steps without those that repeat another, and what is to be told of it.

    A change repeats one that is about to be sent; a question repeats one of an earlier round that was answered.
    """
    first: dict[str, str] = {}
    instead: dict[str, str] = {}
    changing: set[str] = set()
    for name, step in steps.items():
        api = apis.get(step["api_id"])
        if api is None or not (_is_next(step) if api.risk == "mutating" else _is_read(step, first)):
            continue
        kept = first.setdefault(_call(step), name)
        if kept != name:
            instead[name] = kept
            changing |= {name} if api.risk == "mutating" else set()
    told = tuple(
        f"Step {name} was left out: it is the same call as step {kept}. To have it done again, ask again."
        for name, kept in instead.items()
        if name in changing
    )
    return {name: _needing(step, instead) for name, step in steps.items() if name not in instead}, told


def _call(step: StepState) -> str:
    return f"{step['api_id']} {json.dumps(plain_values(step), sort_keys=True)}"


def _is_read(step: StepState, first: Mapping[str, str]) -> bool:
    """It was answered, or asks what was."""
    return step["status"] == "done" or (step["status"] == "ready" and _call(step) in first)


def _is_next(step: StepState) -> bool:
    """All its values are known, and it was not sent."""
    return step["status"] == "ready" or (step["status"] == "waiting" and step["ask"] in _ABOUT_TO_BE_SENT)


def _needing(step: StepState, instead: Mapping[str, str]) -> StepState:
    """With what is left, where it needed what is left out."""
    return {**step, "depends_on": list(dict.fromkeys(instead.get(name, name) for name in step["depends_on"]))}

"""Finds calls that would change the same thing in the same way twice: they are asked about and sent once."""

from __future__ import annotations

import json
from collections.abc import Mapping

from catalog.models import Api
from nodes.state import StepState
from nodes.steps import plain_values

_ABOUT_TO_BE_SENT = ("approval", "credentials_required")


def without_doubles(
    steps: Mapping[str, StepState], apis: Mapping[str, Api]
) -> tuple[dict[str, StepState], tuple[str, ...]]:
    """The steps without those that repeat another, and what is to be told of it. Reading twice harms nobody."""
    first: dict[str, str] = {}
    instead: dict[str, str] = {}
    for name, step in steps.items():
        api = apis.get(step["api_id"])
        if api is not None and api.risk == "mutating" and _is_next(step):
            kept = first.setdefault(f"{api.id} {json.dumps(plain_values(step), sort_keys=True)}", name)
            if kept != name:
                instead[name] = kept
    told = tuple(
        f"Step {name} was left out: it is the same call as step {kept}. To have it done again, ask again."
        for name, kept in instead.items()
    )
    return {name: _needing(step, instead) for name, step in steps.items() if name not in instead}, told


def _is_next(step: StepState) -> bool:
    """All its values are known, and it was not sent."""
    return step["status"] == "ready" or (step["status"] == "waiting" and step["ask"] in _ABOUT_TO_BE_SENT)


def _needing(step: StepState, instead: Mapping[str, str]) -> StepState:
    """With what is left, where it needed what is left out."""
    return {**step, "depends_on": list(dict.fromkeys(instead.get(name, name) for name in step["depends_on"]))}

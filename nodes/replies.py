"""What a status means for the step that asked: an answer, another try with other values, or a failure of some kind."""

from __future__ import annotations

import re

from callers.protocol import Reply
from catalog.models import Api
from nodes.step_state import FieldErrorState, StepState, StepStatus
from nodes.steps import ATTEMPTS, failing, pointer_to, spoken

ASKED_AGAIN = frozenset({400, 422})
NOT_FOUND = frozenset({404, 410})
AUTH, QUOTA, TIMEOUT, BROKEN = "upstream_auth", "upstream_quota", "upstream_timeout", "upstream_error"
FAILURES = {401: AUTH, 403: AUTH, 407: AUTH, 402: QUOTA, 429: QUOTA, 408: TIMEOUT, 425: TIMEOUT, 504: TIMEOUT}
"""Statuses that say nothing about what was asked: who asks, how often, or when."""
OF_THE_TOOL = frozenset({AUTH, QUOTA})
"""What fails one API of a tool so fails its others too."""


def _ended(step: StepState, status: StepStatus, error: str = "") -> StepState:
    return {**step, "status": status, "ask": None, "error": error}


def replied(step: StepState, api: Api, reply: Reply) -> StepState:
    """What a status means for the step."""
    said = spoken(reply.body)
    if reply.status < 300:
        return _ended(step, "done")
    if reply.status in NOT_FOUND:
        return _ended(step, "not_found", said or "There is no such thing.")
    if reply.status in ASKED_AGAIN:
        return _bad_input(step, api, said or f"The API did not accept the values (HTTP {reply.status}).")
    if 400 <= reply.status < 500 and reply.status not in FAILURES:
        return _ended(step, "refused", said or f"The API refused (HTTP {reply.status}).")
    return failing(step, FAILURES.get(reply.status, BROKEN), _why(reply.status, api, said))


def _why(status: int, api: Api, said: str) -> str:
    told = f"HTTP {status}" + (f": {said}" if said else ".")
    credentials = sorted({scheme.name for alternative in api.auth for scheme in alternative})
    if status not in (401, 403) or not credentials:
        return told
    return f"{told} The credential that was sent may be wrong: {' or '.join(credentials)}."


def _bad_input(step: StepState, api: Api, said: str) -> StepState:
    """Asked again, in the upstream's words: about the values that it names, else about all that were not defaults."""
    given = [name for name, entry in step["values"].items() if entry["origin"]["source"] != "default"]
    named = [name for name in given if _names(said, api, name)] or given
    if not named or step["attempt"] >= ATTEMPTS:
        return _ended(step, "refused", said)
    errors: list[FieldErrorState] = [
        {"pointer": pointer_to(name), "detail": said, "rejected": step["values"][name]["value"]} for name in named
    ]
    kept = {name: entry for name, entry in step["values"].items() if name not in named}
    return {
        **step,
        "status": "planned",
        "values": kept,
        "errors": errors,
        "attempt": step["attempt"] + 1,
        "try_number": step["try_number"] + 1,
    }


def _names(said: str, api: Api, name: str) -> bool:
    parameter = api.parameter(name)
    titles = {name, name.replace("_", " "), parameter.title if parameter else ""} - {""}
    return any(re.search(rf"\b{re.escape(title)}\b", said, re.IGNORECASE) for title in titles)

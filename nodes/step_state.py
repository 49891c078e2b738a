"""The state of one planned call: what it needs, what was asked for it, and what became of it."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

StepStatus = Literal[
    "planned",  # not looked at yet, or to be looked at again after an answer
    "ready",  # has all it needs
    "waiting",  # needs a person: `ask` says what for
    "done",
    "not_found",  # the upstream says: no such thing. An answer
    "refused",  # the upstream says no, in words. An answer
    "failed",
    "declined",  # by the person
    "skipped",  # a step that it needs did not succeed
]
AskReason = Literal["missing_parameters", "approval", "choose_api", "credentials_required", "outcome_unknown", "budget"]
FINISHED: frozenset[str] = frozenset({"done", "not_found", "refused", "failed", "declined", "skipped"})
ANSWERED: frozenset[str] = frozenset({"done", "not_found", "refused"})


class OriginState(TypedDict):
    source: Literal["query", "user", "default", "step"]
    start: NotRequired[int]
    end: NotRequired[int]
    step: NotRequired[str]
    pointer: NotRequired[str]


class ValueState(TypedDict):
    value: JsonValue
    origin: OriginState


class FieldErrorState(TypedDict):
    pointer: str
    detail: str
    rejected: JsonValue


class StepState(TypedDict):
    """One planned call and all that became of it."""

    id: str
    api_id: str
    part: str
    depends_on: list[str]
    why: str
    status: StepStatus
    values: dict[str, ValueState]
    """What will be sent."""
    confirm: dict[str, ValueState]
    """What a person should look at first."""
    ask: AskReason | None
    """Why it waits."""
    attempt: int
    """Which try at this question; grows with errors."""
    errors: list[FieldErrorState]
    alike: list[str]
    """APIs to choose from; empty once chosen."""
    filled: bool
    """The question was looked through for its values; what is missing now only a person knows."""
    shown: str | None
    """Fingerprint of the request that a person is asked to approve."""
    approved: str | None
    """Fingerprint of the request that a person approved."""
    expires_at: NotRequired[str | None]
    """Until when it may be approved, and until when it may be sent then."""
    error: str
    """Why it failed, was refused or skipped, in words."""
    code: str
    """The same for programs, where it failed: that of the error tree, or of this step's own end."""
    try_number: int
    """How often it was sent for: part of the ledger's key."""

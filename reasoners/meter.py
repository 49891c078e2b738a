"""What a reasoner reports about the models that it asks. The run keeps the budget; the reasoner only asks it first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ModelCall:
    """One request to a model, as the trace shows it. Unknown is None, never zero."""

    prompt: str
    """Name and version of the prompt: `plan@3f2a91`."""
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    elapsed_ms: float
    error: str | None = None


class Meter(Protocol):
    """The budget of a run, as one agent of it sees it. Shared by parallel branches."""

    def reserve(self, tokens: int) -> None:
        """Before a model call: set aside one call and about `tokens` tokens. Raises BudgetExhausted.

        SoftLimitReached, which is one, goes up to whoever asks the person: nothing else is made of it.
        """

    def settle(self, call: ModelCall, *, reserved: int) -> None:
        """After it, also when it failed: what it really took."""

    def seconds_left(self) -> float:
        """Until the run's deadline; a model call may not outlast it."""


class Unmetered:
    """A meter without limits that records nothing: for offline work and for tests."""

    def reserve(self, tokens: int) -> None:
        pass

    def settle(self, call: ModelCall, *, reserved: int) -> None:
        pass

    def seconds_left(self) -> float:
        return float("inf")

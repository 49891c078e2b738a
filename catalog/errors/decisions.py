"""Failures of those who decide: models, and limits of a run."""

from __future__ import annotations

from typing import Literal

from catalog.errors.root import SwitchboardError

LimitName = Literal["max_llm_calls", "max_tokens", "max_cost_usd", "deadline_seconds"]


class ReasonerError(SwitchboardError):
    """No decision could be had."""

    code = "reasoner_error"


class ModelUnavailable(ReasonerError):
    """The model endpoint failed, after retries."""

    code = "model_unavailable"
    cure = "Check OPENAI_BASE_URL, OPENAI_API_KEY and SWITCHBOARD_MODEL, or set SWITCHBOARD_REASONER=offline."

    def __init__(self, reason: str) -> None:
        super().__init__(f"The model could not be asked: {reason}.")
        self.reason = reason


class MalformedAnswer(ReasonerError):
    """The model's answer cannot be used, after one repair."""

    code = "malformed_answer"

    def __init__(self, prompt: str, problem: str, received: str) -> None:
        super().__init__(f"The model's answer to {prompt!r} cannot be used: {problem}. Received: {received[:300]!r}.")
        self.prompt = prompt
        self.problem = problem
        self.received = received


class BudgetExhausted(ReasonerError):
    """A limit of the run is reached."""

    code = "budget_exhausted"

    def __init__(self, limit: str) -> None:
        super().__init__(f"The run reached its limit {limit!r}.")
        self.limit = limit


class SoftLimitReached(BudgetExhausted):
    """A limit at which a person is asked whether to go on; nothing is lost by then."""

    code = "soft_limit_reached"
    limit: LimitName

    def __init__(self, limit: LimitName, needed: float) -> None:
        super().__init__(limit)
        self.needed = needed
        """What the limit would have to be for the next thing to be done."""

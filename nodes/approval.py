"""Which requests a person approves first, what exactly an approval is of, and how long it is good for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from callers.audit import Audit
from callers.protocol import Preview
from catalog.models import Api
from catalog.policy import Decision, Policy, Rule
from nodes.run import Run
from nodes.state import Options
from nodes.step_state import StepState
from nodes.steps import digest

DENIED = "denied"
"""The code of a step that the operator's policy does not allow."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a call, and why."""

    decision: Decision
    because: str


@dataclass(frozen=True)
class Gate:
    """What every call passes before it is sent."""

    policy: Policy
    audit: Audit
    lasts_seconds: float
    """How long an approval may be given, and used."""
    now: Callable[[], datetime] = _now

    def verdict(self, api: Api, options: Options, tenant: str) -> Verdict:
        """The first rule that fits, else the API's own word, else its risk. Who wants to be asked always, is."""
        wish = options.get("approve", "mutating")
        rule = self.policy.rule_for(api, tenant)
        if rule is not None and rule.decide == "deny":
            return Verdict("deny", self._reason(rule))
        if wish == "always":
            return Verdict("ask", "every call is to be approved")
        if rule is not None and not (rule.decide == "auto" and api.approval == "always"):
            return Verdict(rule.decide, self._reason(rule))
        if api.approval is not None:
            return Verdict("ask" if api.approval == "always" else "auto", "the catalog says so of this API")
        asked = wish == "mutating" and api.risk == "mutating"
        return Verdict("ask" if asked else "auto", f"it is {api.risk}, and approve is {wish!r}")

    def _reason(self, rule: Rule) -> str:
        return rule.reason.rstrip(".") or f"the policy's rule {self.policy.called(rule)} says so"

    def mark(self, step: StepState, api: Api, preview: Preview, run: Run) -> str:
        """An approval is of this very request, made once for this user by this API as it is now defined."""
        definition = api.model_dump(mode="json", exclude_defaults=True, exclude={"examples", "response_shape"})
        request: JsonValue = [preview.method, preview.url, dict(preview.headers), preview.body]
        return digest(run.tenant, run.user, step["id"], step["try_number"], definition, request)

    def holds(self, step: StepState, mark: str) -> bool:
        """Whether the step was approved for just this, and not too long ago."""
        return step["approved"] == mark and not self.is_over(step)

    def asking(self, step: StepState, mark: str) -> StepState:
        """The step, waiting for an approval. One that is still open stays the same question."""
        if step["shown"] == mark and not self.is_over(step):
            return {**step, "status": "waiting", "ask": "approval", "approved": None}
        until = self.now() + timedelta(seconds=self.lasts_seconds)
        return {
            **step,
            "status": "waiting",
            "ask": "approval",
            "attempt": step["attempt"] + (1 if step["shown"] is not None else 0),
            "shown": mark,
            "approved": None,
            "expires_at": until.isoformat(timespec="seconds"),
        }

    def is_over(self, step: StepState) -> bool:
        until = step.get("expires_at")
        return until is None or datetime.fromisoformat(until) <= self.now()

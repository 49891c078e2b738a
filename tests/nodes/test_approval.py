"""What every call passes: the operator's rules, and approvals of just one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from callers.audit import NoAudit
from callers.protocol import Preview
from catalog.models import Api, Approval, Risk
from catalog.policy import read_policy
from nodes.approval import Gate
from nodes.run import Limits, Run, Spent
from nodes.step_state import StepState
from nodes.steps import new_step
from reasoners.protocol import Step

LIMITS = Limits(40, 60_000, None, 120, 2)
SHOWN = Preview("DELETE", "https://shop.example.com/orders/1", {"X-Key": "***"}, None)


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def api(*, risk: Risk = "mutating", approval: Approval | None = None) -> Api:
    return Api(
        id="Shop/orders/cancel",
        name="cancel",
        category="Shop",
        tool_id="Shop/orders",
        tool_name="Orders",
        method="DELETE",
        risk=risk,
        approval=approval,
    )


def gate(*rules: dict[str, object], clock: Clock | None = None) -> Gate:
    policy = read_policy({"version": 1, "rules": [dict(rule) for rule in rules]})  # type: ignore[dict-item]
    return Gate(policy, NoAudit(), 60, now=clock or Clock())


def run(tenant: str = "acme", user: str = "ada") -> Run:
    return Run("thread-1", "run-1", tenant, LIMITS, Spent(), lambda event: None, user=user)


def step() -> StepState:
    return new_step(Step("1", "Shop/orders/cancel", ""))


@pytest.mark.parametrize(
    ("entry", "approve", "decision"),
    [
        (api(), "mutating", "ask"),
        (api(), "never", "auto"),
        (api(risk="safe"), "mutating", "auto"),
        (api(risk="safe"), "always", "ask"),
        (api(approval="never"), "mutating", "auto"),
        (api(risk="safe", approval="always"), "never", "ask"),
        (api(approval="never"), "always", "ask"),
    ],
)
def test_without_a_rule_the_catalog_and_the_risk_decide(entry: Api, approve: str, decision: str) -> None:
    assert gate().verdict(entry, {"approve": approve}, "acme").decision == decision


@pytest.mark.parametrize(
    ("rule", "approve", "decision"),
    [
        ({"decide": "auto"}, "mutating", "auto"),
        ({"decide": "auto"}, "always", "ask"),
        ({"decide": "ask"}, "never", "ask"),
        ({"decide": "deny"}, "never", "deny"),
        ({"decide": "deny"}, "always", "deny"),
        ({"decide": "deny", "tenant": "other"}, "never", "auto"),
    ],
)
def test_a_rule_goes_before_them(rule: dict[str, object], approve: str, decision: str) -> None:
    assert gate(rule).verdict(api(), {"approve": approve}, "acme").decision == decision


def test_a_rule_does_not_silence_an_api_that_wants_to_be_asked_about() -> None:
    assert gate({"decide": "auto"}).verdict(api(approval="always"), {"approve": "never"}, "acme").decision == "ask"


def test_a_verdict_names_its_rule_or_gives_the_rules_reason() -> None:
    named = gate({"decide": "deny", "name": "no deleting"}).verdict(api(), {}, "acme")
    reasoned = gate({"decide": "deny", "reason": "Ask the back office."}).verdict(api(), {}, "acme")
    assert "'no deleting'" in named.because
    assert reasoned.because == "Ask the back office"


def test_an_approval_is_of_one_request_of_one_user_by_one_definition_and_one_try() -> None:
    passing = gate()
    mark = passing.mark(step(), api(), SHOWN, run())
    others = [
        passing.mark(step(), api(), replace(SHOWN, url="https://shop.example.com/orders/2"), run()),
        passing.mark(step(), api(), replace(SHOWN, body={"all": True}), run()),
        passing.mark(step(), api(), replace(SHOWN, headers={"X-Key": "***", "X": "1"}), run()),
        passing.mark(step(), api().model_copy(update={"description": "Refund it too."}), SHOWN, run()),
        passing.mark(step(), api(), SHOWN, run(tenant="other")),
        passing.mark(step(), api(), SHOWN, run(user="eve")),
        passing.mark({**step(), "try_number": 2}, api(), SHOWN, run()),
        passing.mark({**step(), "id": "2"}, api(), SHOWN, run()),
    ]
    assert mark == passing.mark(step(), api(), SHOWN, run())
    assert len({mark, *others}) == len(others) + 1


def test_an_open_question_stays_the_same_until_it_is_over() -> None:
    clock = Clock()
    passing = gate(clock=clock)
    asked = passing.asking(step(), "mark")
    clock.now += timedelta(seconds=59)
    still = passing.asking(asked, "mark")
    clock.now += timedelta(seconds=1)
    again = passing.asking(asked, "mark")
    assert (asked["ask"], asked["attempt"], asked["expires_at"]) == ("approval", 1, "2026-03-01T12:01:00+00:00")
    assert still == asked
    assert (again["attempt"], again["expires_at"]) == (2, "2026-03-01T12:02:00+00:00")
    assert passing.asking(asked, "another mark")["attempt"] == 2


def test_an_approval_holds_for_its_own_request_and_its_own_time() -> None:
    clock = Clock()
    passing = gate(clock=clock)
    approved: StepState = {**passing.asking(step(), "mark"), "approved": "mark"}
    assert passing.holds(approved, "mark") and not passing.holds(approved, "other")
    clock.now += timedelta(seconds=60)
    assert not passing.holds(approved, "mark")


def test_an_approval_of_a_thread_that_knew_no_end_is_asked_again() -> None:
    assert not gate().holds({**step(), "shown": "mark", "approved": "mark"}, "mark")

"""The budget of a run: shared by its branches, counted over its pauses, never spent beyond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.errors import BudgetExhausted, SoftLimitReached
from nodes.run import AgentMeter, Event, Limits, Run, SoftLimits, Spent
from reasoners.meter import ModelCall


def run(events: list[Event], spent: Spent | None = None, **limits: float | None) -> Run:
    everything = {
        "max_llm_calls": 3,
        "max_tokens": 1_000,
        "max_cost_usd": None,
        "deadline_seconds": 60,
        "max_rounds": 2,
        **limits,
    }
    return Run("t", "r", "default", Limits(**everything), spent or Spent(), events.append)  # type: ignore[arg-type]


def call(tokens: int | None = 10, cost: float | None = 0.001) -> ModelCall:
    return ModelCall("plan@1", tokens, tokens, cost, 5.0)


def test_parallel_branches_cannot_reserve_more_calls_than_there_are() -> None:
    shared = run([])
    meters = [AgentMeter(shared, name) for name in ("a", "b", "c", "d")]
    for meter in meters[:3]:
        meter.reserve(10)
    with pytest.raises(BudgetExhausted) as caught:
        meters[3].reserve(10)
    assert caught.value.limit == "max_llm_calls"


def test_reserved_tokens_count_until_they_are_settled() -> None:
    shared = run([])
    meter = AgentMeter(shared, "a")
    meter.reserve(900)
    with pytest.raises(BudgetExhausted, match="max_tokens"):
        meter.reserve(200)
    meter.settle(call(tokens=10), reserved=900)
    meter.reserve(200)


def test_where_a_server_names_no_tokens_the_sum_is_unknown_and_the_reserve_still_counts() -> None:
    shared = run([])
    meter = AgentMeter(shared, "a")
    meter.reserve(900)
    meter.settle(call(tokens=None, cost=None), reserved=900)
    assert shared.usage()["input_tokens"] is None
    assert shared.usage()["cost_usd"] is None
    with pytest.raises(BudgetExhausted, match="max_tokens"):
        meter.reserve(200)


def test_a_cost_limit_holds_over_the_pauses_of_a_thread() -> None:
    shared = run([], Spent(llm_calls=1, cost_usd=0.5, budgeted_cost_usd=0.5), max_cost_usd=0.5)
    with pytest.raises(BudgetExhausted, match="max_cost_usd"):
        AgentMeter(shared, "a").reserve(1)


def test_time_of_earlier_runs_counts_towards_the_deadline() -> None:
    shared = run([], Spent(elapsed_ms=61_000))
    assert shared.seconds_left() < 0
    with pytest.raises(BudgetExhausted, match="deadline_seconds"):
        shared.check_deadline()


def test_every_model_call_is_written_under_its_agents_name() -> None:
    events: list[Event] = []
    shared = run(events)
    AgentMeter(shared, "category:Weather").settle(call(), reserved=0)
    (name, facts) = events[0]
    assert (name, facts["agent"], facts["prompt"], facts["cost_usd"]) == (
        "model.called",
        "category:Weather",
        "plan@1",
        0.001,
    )


def test_without_a_model_call_the_cost_is_unknown_rather_than_zero() -> None:
    assert run([]).usage()["cost_usd"] is None


def softly(soft: SoftLimits, **limits: float | None) -> Run:
    hard = run([], None, **limits).limits
    return Run("t", "r", "default", replace(hard, soft=soft), Spent(), lambda event: None)


def test_a_soft_limit_is_reached_before_the_call_and_says_what_would_be_needed() -> None:
    shared = softly(SoftLimits(max_llm_calls=2))
    meter = AgentMeter(shared, "a")
    meter.reserve(10)
    meter.reserve(10)
    with pytest.raises(SoftLimitReached) as caught:
        meter.reserve(10)
    assert (caught.value.limit, caught.value.needed, shared.spent.llm_calls) == ("max_llm_calls", 3, 2)
    shared.extensions = 1
    meter.reserve(10)
    with pytest.raises(BudgetExhausted) as hard:
        meter.reserve(10)
    assert not isinstance(hard.value, SoftLimitReached), "the hard limit of 3 comes first, whatever was allowed"


@pytest.mark.parametrize(("needed", "extensions"), [(11, 1), (20, 1), (21, 2), (95, 9)])
def test_a_yes_allows_as_much_again_and_at_least_what_is_needed(needed: float, extensions: int) -> None:
    soft = SoftLimits(max_llm_calls=10)
    assert soft.extended("max_llm_calls", needed, 0) == extensions
    assert soft.allows("max_llm_calls", extensions) >= needed
    assert soft.extended("max_llm_calls", 5, 3) == 4, "each yes is one more"


def test_time_that_was_taken_counts_towards_the_soft_limit() -> None:
    shared = softly(SoftLimits(deadline_seconds=5.0))
    shared.check_deadline()
    shared.spent.elapsed_ms = 6_000
    with pytest.raises(SoftLimitReached) as caught:
        shared.check_deadline()
    shared.extensions = shared.limits.soft.extended("deadline_seconds", caught.value.needed, 0)
    shared.check_deadline()


def test_a_cost_that_is_not_told_counts_as_what_was_set_aside() -> None:
    shared = softly(SoftLimits(), max_cost_usd=0.01, max_tokens=10_000)
    meter = AgentMeter(shared, "a", token_price=0.00001)
    meter.reserve(900)
    meter.settle(call(tokens=None, cost=None), reserved=900)
    assert shared.usage()["cost_usd"] is None
    with pytest.raises(BudgetExhausted, match="max_cost_usd"):
        meter.reserve(200)

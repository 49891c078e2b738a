"""The budget of a run: shared by its branches, counted over its pauses, never spent beyond."""

from __future__ import annotations

import pytest

from catalog.errors import BudgetExhausted
from nodes.run import AgentMeter, Event, Limits, Run, Spent
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

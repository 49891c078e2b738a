"""Which way a question takes: the index alone, or the hierarchy of agents."""

from __future__ import annotations

from typing import Any

import pytest

from nodes.meta import choose_route, needs_confidence
from nodes.pool import avoidance
from reasoners.confidence import Confidence


def route(level: Any, *, strategy: str = "auto", round_number: int = 0, has_model: bool = False) -> str:
    state: Any = {"options": {"strategy": strategy}, "round": round_number}
    seen = Confidence(level, "because") if not has_model or needs_confidence(state) else None
    return choose_route(state, seen, has_model=has_model)[0]


@pytest.mark.parametrize(
    ("level", "taken"), [("sure", "index"), ("close", "rerank"), ("unsure", "fan_out"), ("nothing", "fan_out")]
)
def test_a_model_is_asked_only_where_the_index_is_not_sure(level: str, taken: str) -> None:
    assert route(level, has_model=True) == taken


@pytest.mark.parametrize("level", ["sure", "close", "unsure", "nothing"])
def test_without_a_model_agents_that_match_words_add_nothing_to_the_index(level: str) -> None:
    assert route(level) == route(level, round_number=1) == "index"


def test_the_query_may_force_either_end() -> None:
    assert route("sure", strategy="fan_out") == "fan_out"
    assert route("unsure", strategy="index", round_number=1) == "index"


def test_a_round_after_a_failure_opens_the_hierarchy() -> None:
    assert route("sure", round_number=1, has_model=True) == "fan_out"


def test_what_failed_is_told_with_its_reason() -> None:
    assert avoidance([{"api_id": "a", "reason": "HTTP 500"}, {"api_id": "", "reason": "nothing fits"}]) == (
        "a: HTTP 500; nothing fits"
    )

"""What was read into a question and not sent is told, unless it is asked about or nothing was sent at all."""

from __future__ import annotations

from typing import Any

import pytest

from nodes.state import State
from nodes.step_state import StepState
from nodes.steps import new_step
from nodes.unsent import unsent
from reasoners.protocol import Step

QUERY = "The most critically acclaimed films"
SORT = {"sort": {"value": "popularity", "origin": {"source": "query", "start": 9, "end": 29}}}
TOLD = 'Not sent: sort="popularity", read from “critically acclaimed”. Say so if you meant it.'


def step(**more: Any) -> StepState:
    return {**new_step(Step("1", "films/list/top", QUERY)), "status": "done", "confirm": SORT, **more}  # type: ignore[typeddict-item]


def told(*steps: StepState) -> list[str]:
    state: State = {"query": QUERY, "steps": {each["id"]: each for each in steps}}
    return list(unsent(state))


def test_a_value_that_was_read_and_not_sent_is_told_with_its_words() -> None:
    assert told(step()) == [TOLD]
    assert told(step(status="waiting", ask="approval")) == [TOLD]
    assert told(step(confirm={"n": {"value": "x" * 200, "origin": {"source": "step", "step": "2"}}})) == [
        f'Not sent: n="{"x" * 78}…, read from the result of step 2. Say so if you meant it.'
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"values": SORT},
        {"confirm": {}},
        {"status": "waiting", "ask": "missing_parameters"},
        {"status": "declined"},
        {"status": "failed"},
    ],
)
def test_what_was_sent_or_is_asked_or_went_nowhere_is_not_told(more: dict[str, Any]) -> None:
    assert told(step(**more)) == []

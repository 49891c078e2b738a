"""A plan may name a change twice; it is asked about and sent once, and the person is told."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Api
from nodes.doubles import without_doubles
from nodes.step_state import StepState
from nodes.steps import new_step
from reasoners.protocol import Step

CANCEL = Api(
    id="shop/orders/cancel",
    name="cancel",
    category="shop",
    tool_id="o",
    tool_name="o",
    method="DELETE",
    risk="mutating",
)
GET = Api(id="shop/orders/get", name="get", category="shop", tool_id="o", tool_name="o", method="GET", risk="safe")
APIS = {api.id: api for api in (CANCEL, GET)}
APPROVAL = {"status": "waiting", "ask": "approval"}


def step(name: str, order: str = "1", api: Api = CANCEL, needs: tuple[str, ...] = (), **more: Any) -> StepState:
    values = {"order": {"value": order, "origin": {"source": "query"}}}
    return {**new_step(Step(name, api.id, "?", needs)), "values": values, **(more or APPROVAL)}  # type: ignore[typeddict-item]


def kept(*steps: StepState) -> tuple[list[str], int]:
    left, told = without_doubles({each["id"]: each for each in steps}, APIS)
    return list(left), len(told)


def test_the_same_change_is_left_out_and_told() -> None:
    left, told = without_doubles({"1": step("1"), "2": step("2"), "3": step("3", "9", needs=("2", "1"))}, APIS)

    assert list(left) == ["1", "3"]
    assert left["3"]["depends_on"] == ["1"]
    assert told == ("Step 2 was left out: it is the same call as step 1. To have it done again, ask again.",)


@pytest.mark.parametrize(
    "other",
    [
        step("2", "9"),
        step("2", api=GET),
        step("2", status="waiting", ask="missing_parameters"),
        step("2", status="done"),
        step("2", status="declined"),
    ],
)
def test_another_change_another_value_or_what_is_not_next_stays(other: StepState) -> None:
    assert kept(step("1"), other) == (["1", "2"], 0)


def test_reading_twice_harms_nobody() -> None:
    assert kept(step("1", api=GET, status="ready"), step("2", api=GET, status="ready")) == (["1", "2"], 0)


def test_one_that_a_person_approved_counts_as_the_first() -> None:
    assert kept(step("1", status="ready"), step("2")) == (["1"], 1)


def test_what_was_read_is_not_read_again() -> None:
    read, again = step("1", api=GET, status="done"), step("2", api=GET, status="ready")
    left, told = without_doubles({"1": read, "2": again, "3": step("3", api=GET, needs=("2",))}, APIS)
    assert list(left) == ["1", "3"] and left["3"]["depends_on"] == ["1"]
    assert told == ()
    assert kept(read, step("2", "9", api=GET, status="ready")) == (["1", "2"], 0), "another value is another question"
    assert kept(step("1", api=GET, status="failed"), again) == (["1", "2"], 0)

"""What a model is shown of the call that it fills."""

from __future__ import annotations

from datetime import date

import pytest

from catalog.models import Api, Parameter
from reasoners.chat.asking import Task
from reasoners.chat.filling import filling
from reasoners.chat.prompts import bundled_prompts
from reasoners.protocol import Step, Value

CITY = Parameter(name="city", required=True)
API = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b", parameters=(CITY,))
QUERY = "Weather in Oslo and Rome"


def task(step_id: str, part: str) -> Task[dict[str, Value]]:
    step = Step(step_id, API.id, part)
    return filling(bundled_prompts(), QUERY, step, API, wanted=[CITY], earlier=(), today=date(2026, 6, 12))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("step_id", "part", "line"),
    [
        ("1", QUERY, None),
        ("2", QUERY, "Step 2"),
        ("1", "Rome", "Step 1, for this part of the question: Rome"),
    ],
)
def test_the_step_is_named_where_it_tells_something(step_id: str, part: str, line: str | None) -> None:
    found = [shown for shown in task(step_id, part).shown.splitlines() if shown.startswith("Step")]
    assert found == ([line] if line else [])


def test_it_is_said_that_a_value_without_a_quote_is_lost() -> None:
    assert "a value without one is lost" in str(task("1", QUERY).function)

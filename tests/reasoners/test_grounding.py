"""An answer may say in other form what a response says, and nothing more."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.grounding import ungrounded
from reasoners.protocol import Result, Step

QUERY = "Which items are in order 123456?"
RESPONSE: JsonValue = {
    "order": {"id": "123456", "placed": "2024-05-01T15:30:00Z", "total": 1234.5, "share": 0.125, "temperature": 21.37},
    "items": [{"name": "Herbal Handsoap", "sku": "P-101"}, {"name": "Soap “Rose”", "sku": "P-102"}],
}


def result(response: JsonValue) -> Result:
    order_id = Parameter(name="order_id", description="Five or six digits")
    api = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b", parameters=(order_id,))
    step = Step("1", "a/b/c", QUERY)
    return Result(step, api, "ok", {"order_id": "123456", "page": 7}, http_status=200, response=response)


@pytest.mark.parametrize(
    "answer",
    [
        "Order 123456 was placed on 1 May 2024 at 3:30 pm for $1,234.50.",
        "Order 123456 was placed on May 1st, 2024.",
        "It was placed on 1 May.",
        "The share is 12.5%.",
        "About 21.4 degrees, or 21.",
        "It has 2 items: “Herbal Handsoap” and P-102.",
        "There are two items.",
        "1. Herbal Handsoap\n2. Soap\n3) done",
        "The 1st of them is a \"herbal  handsoap\".",
        "Page 7 was asked for; the service said 200.",
        "One of them is a soap, the first three or so.",
        "Order p-101 is cut: “Herbal Hand…”",
        "",
    ],
)  # fmt: skip
def test_another_form_of_the_same_is_no_complaint(answer: str) -> None:
    assert ungrounded(answer, QUERY, [result(RESPONSE)]) == ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Order 123457 is there.", ("123457",)),
        ("Order 12345 is there.", ("12345",)),
        ("It costs 1,235.50 dollars.", ("1,235.50",)),
        ("Placed on 2 May 2024.", ("2 May 2024",)),
        ("It came at 4:30 pm.", ("4:30 pm",)),
        ("It is P-103, for sure.", ("P-103",)),
        ("It is a \"Rose Handsoap\".", ("\"Rose Handsoap\"",)),
        ("It has 12 items.", ("12",)),
        ("It has seventeen items.", ("seventeen",)),
        ("Write to help@shop1.example.com", ("help@shop1.example.com",)),
        ("Order 999 and order 888, then order 999 again.", ("999", "888")),
    ],
)  # fmt: skip
def test_what_stands_nowhere_is_named(answer: str, said: tuple[str, ...]) -> None:
    assert ungrounded(answer, QUERY, [result(RESPONSE)]) == said


def test_odd_responses_are_read_without_harm() -> None:
    deep: JsonValue = "x7"
    for _ in range(3_000):
        deep = [deep]
    for response in (None, "", [], {}, 0, True, "plain 42 text", {"": {"~/": None}}, deep, ["\ud800", "﷽"]):
        assert ungrounded("It is 77.", "?", [result(response)]) == ("77",)


def test_an_answer_without_results_is_measured_by_the_question() -> None:
    assert ungrounded("You asked for 5 and got 6.", "Give me 5", []) == ("6",)

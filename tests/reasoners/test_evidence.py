"""A value without evidence is an invention; a value that was said in other words is not."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.evidence import find_origin
from reasoners.protocol import Origin, Result, Step


def parameter(name: str, kind: str = "string", **more: object) -> Parameter:
    return Parameter.model_validate({"name": name, "type": kind, **more})


def result(response: JsonValue) -> Result:
    api = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b")
    return Result(step=Step("1", "a/b/c", "first"), api=api, outcome="ok", parameters={}, response=response)


@pytest.mark.parametrize(
    ("value", "wanted", "query", "said"),
    [
        ("123456", parameter("order_id"), "Which item was ordered for 123456?", "123456"),
        ("rtn003", parameter("return_id"), "When is my return RTN003 processed?", "RTN003"),
        ("Berlin", parameter("city"), "weather in berlin, please", "berlin"),
        ("in_transit", parameter("status", enum=["in_transit"]), "what is in transit?", "in transit"),
        ("2024-05-01", parameter("day"), "from 1 May 2024 on", "1 May 2024"),
        ("2024-05-02", parameter("day"), "what happens tomorrow?", "tomorrow"),
        ("2024-05-07T15:30:00", parameter("at"), "on May 7, 2024 at 3:30 pm", "May 7, 2024 at 3:30 pm"),
        (1234.5, parameter("amount", "number"), "send $1,234.50", "$1,234.50"),
        (0.05, parameter("rate", "number"), "at 5% interest", "5"),
        (12, parameter("count", "integer"), "a dozen eggs", "a dozen"),
        (120, parameter("minutes", "integer"), "for 2 hours", "2"),
        (2, parameter("page", "integer"), "the second page", "second"),
        ("EUR", parameter("to_currency"), "dollars to euros", "euros"),
        ("FR", parameter("country_code"), "holidays in France", "France"),
        ("es", parameter("target_language"), "translate it to Spanish", "Spanish"),
        ("animal compassion", parameter("q"), "a book on compassion for each animal", "compassion for each animal"),
        (["red", "blue"], parameter("colors", "array"), "red or blue shirts", "red or blue"),
        (True, parameter("express", "boolean"), "with express delivery", "express"),
    ],
)  # fmt: skip
def test_what_was_said_in_any_form_has_its_span(value: JsonValue, wanted: Parameter, query: str, said: str) -> None:
    origin = find_origin(value, wanted, query, [], today=date(2024, 5, 1))

    assert origin is not None
    assert origin.source == "query"
    assert query[origin.start : origin.end] == said


@pytest.mark.parametrize(
    ("value", "wanted", "query"),
    [
        ("test@example.com", parameter("email"), "Cancel my subscription"),
        ("123456", parameter("order_id"), "Where is my order?"),
        ("123", parameter("order_id"), "Where is order 123456?"),
        ("Berlin, Germany", parameter("city"), "weather in Berlin"),
        (10, parameter("limit", "integer"), "show my orders"),
        (True, parameter("express", "boolean"), "ship it"),
        ("2024-05-03", parameter("day"), "what happens tomorrow?"),
        ("USD", parameter("currency"), "what does it cost in euros?"),
        (["red", "green"], parameter("colors", "array"), "red or blue shirts"),
        ([], parameter("colors", "array"), "red shirts"),
        (None, parameter("color"), "none"),
        ("", parameter("color"), "any"),
        ({"a": {"b": "x1"}}, parameter("filter", "object"), "find y"),
        ("e", parameter("q"), "hello"),
    ],
)
def test_an_invented_value_has_no_origin(value: JsonValue, wanted: Parameter, query: str) -> None:
    assert find_origin(value, wanted, query, [], today=date(2024, 5, 1)) is None


def test_a_value_of_an_earlier_response_is_cited_by_its_pointer() -> None:
    earlier = [result({"note": "A-17 is late", "a/b": [{"order": {"id": "A-17"}}]})]

    origin = find_origin("A-17", parameter("order_id"), "ship what came back", earlier)

    assert origin == Origin("step", step="1", pointer="/a~1b/0/order/id")


def test_a_small_number_counts_only_under_a_key_of_its_name() -> None:
    earlier = [result({"rank": 3, "stock": 7})]

    assert find_origin(7, parameter("page", "integer"), "go on", earlier) is None
    assert find_origin(7, parameter("stock", "integer"), "go on", earlier) == Origin("step", step="1", pointer="/stock")


def test_the_question_comes_before_earlier_responses() -> None:
    origin = find_origin("A-17", parameter("order_id"), "ship A-17", [result({"order_id": "A-17"})])

    assert origin == Origin("query", start=5, end=9)

"""Answers from responses alone: what was asked comes first, nothing is invented, nothing is passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import JsonValue

from catalog.models import Api
from reasoners.grounding import ungrounded
from reasoners.offline.answer import answer
from reasoners.offline.judge import judge
from reasoners.protocol import Candidate, Outcome, Result, Step

ORDER: JsonValue = {
    "order_id": "123456",
    "status": "shipped",
    "placed_on": "2026-05-01",
    "items": [{"product_id": "P101", "name": "Herbal Handsoap", "quantity": 1}],
    "total": 6.5,
    "currency": "GBP",
    "tracking_url": "https://example.org/t/1",
}
RETURN: JsonValue = {
    "return_id": "rtn003",
    "status": "processed",
    "processed_on": "2026-06-03",
    "refund": {"amount": 12.5},
}


def order_api(title: str = "Get order", risk: str = "safe") -> Api:
    order_id = {
        "name": "order_id", "title": "Order number", "required": True, "description": "Five or six digits.",
    }  # fmt: skip
    entry = {
        "id": "shop/orders/get",
        "name": "get_order",
        "category": "Shop",
        "tool_id": "shop/orders",
        "tool_name": "Orders",
    }
    return Api.model_validate({**entry, "title": title, "risk": risk, "parameters": [order_id]})


def return_api() -> Api:
    entry = {"id": "shop/returns/get", "name": "get_return", "category": "Shop", "tool_id": "shop/returns"}
    return Api.model_validate(
        {**entry, "tool_name": "Returns", "title": "Get return", "parameters": [{"name": "return_id"}]}
    )


def result(
    query: str, response: JsonValue, *, api: Api | None = None, outcome: Outcome = "ok", error: str = "", step: str = "1",
    **sent: str,
) -> Result:  # fmt: skip
    api = api or order_api()
    return Result(Step(step, api.id, query), api, outcome, sent, 200, response, error)


def said(query: str, response: JsonValue, **sent: str) -> str:
    found = [result(query, response, api=return_api() if "return_id" in sent else order_api(), **sent)]
    text = answer(query, found).text
    assert ungrounded(text, query, found) == ()
    return text


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Which item was ordered for 123456?", "items: Herbal Handsoap"),
        ("What was the total of order 123456?", "total 6.5 GBP"),
        ("What is the status of order 123456?", "status shipped"),
        ("When was order 123456 placed?", "placed on 2026-05-01"),
    ],
)
def test_what_was_asked_comes_first(query: str, first: str) -> None:
    assert said(query, ORDER, order_id="123456").startswith(f"Order 123456: {first}")


def test_a_return_is_told_with_its_date_and_status() -> None:
    text = said("When is my return rtn003 processed?", RETURN, return_id="rtn003")

    assert "2026-06-03" in text
    assert "status processed" in text


def test_everything_said_is_cited() -> None:
    query = "Which item was ordered for 123456?"

    pointers = answer(query, [result(query, ORDER, order_id="123456")]).pointers

    assert ("1", "/items/0/name") in pointers
    assert ("1", "/status") in pointers


def test_a_long_list_is_shortened_with_its_count() -> None:
    books = {"books": [{"title": f"Book {at}", "isbn": f"97800000{at:05}"} for at in range(12)]}

    text = said("Which books are there?", books)

    assert "(5 of 12 shown)" in text
    assert "Book 0 (isbn 9780000000000)" in text
    assert "Book 7" not in text


def test_the_item_that_the_question_names_is_shown_first() -> None:
    rates = [{"name": f"Stock {at}", "price": at} for at in range(40)] + [{"name": "Solara", "price": 77}]

    assert "Solara (price 77)" in said("What is the price of Solara?", rates)


def test_no_such_thing_is_told_with_what_to_check() -> None:
    query = "Which item was ordered for 383833?"
    missing = result(query, None, outcome="not_found", error="There is no order 383833", order_id="383833")

    text = answer(query, [missing]).text

    assert text == (
        'Nothing was found for order number "383833". The API says: There is no order 383833. '
        "Please check the order number (order number: Five or six digits)."
    )


def test_a_refused_value_and_a_failed_call_are_told_in_plain_words() -> None:
    query = "order 12"
    refused = result(query, None, outcome="bad_input", error="too short", order_id="12")
    failed = result(query, None, outcome="failed", error="HTTP 503", order_id="12", step="2")

    text = answer(query, [refused, failed]).text

    assert '"Get order" did not accept order number "12". The API says: too short.' in text
    assert '"Get order" gave no answer for order number "12". The reason: HTTP 503.' in text


def test_two_results_make_one_answer() -> None:
    query = "Show order 123456 and return rtn003"
    both = [
        result(query, ORDER, order_id="123456"),
        result(query, RETURN, api=return_api(), step="2", return_id="rtn003"),
    ]

    text = answer(query, both).text

    assert "Order 123456:" in text
    assert "Return rtn003:" in text


def test_what_nothing_speaks_of_is_named() -> None:
    query = "What is the impact of return rtn003 on world peace?"

    found = answer(query, [result(query, RETURN, api=return_api(), return_id="rtn003")])

    assert found.uncovered == ("impact", "world peace")
    assert found.text.endswith('Nothing found speaks of "impact" or "world peace".')


@pytest.mark.parametrize(
    "query",
    [
        "Which item was ordered for 123456?",
        "Has my order 123456 been shipped yet?",
        "Can you please tell me what the total of order 123456 is?",
        "I am worried about my order 123456. When was it placed?",
        "Hello, could you show me all the details of order number 123456, thanks!",
        "How much did I pay for order 123456?",
    ],
)
def test_an_ordinary_question_leaves_nothing_open(query: str) -> None:
    assert answer(query, [result(query, ORDER, order_id="123456")]).uncovered == ()


@pytest.mark.parametrize(
    "response",
    [
        None, "", [], {}, 0, False, "text " * 5_000, [None], [[]], [[1, 2], [3]], {"data": []}, {"data": {"data": {"data": {}}}},
        {"": {"~/": None}}, {"x": "\ud800\x00‮"}, {"k" * 5_000: "v" * 5_000}, [{"id": at} for at in range(3_000)],
        {str(at): {"a": at} for at in range(3_000)}, {"a": [{"b": [{"c": [1]}]}]}, 1e308, "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_any_response_is_told_in_few_words(response: JsonValue) -> None:
    text = answer("show it", [result("show it", response)]).text

    assert 0 < len(text) < 1_500


def test_a_deep_response_is_told() -> None:
    deep: JsonValue = "bottom"
    for _ in range(2_000):
        deep = {"a": deep}

    assert answer("show it", [result("show it", deep)]).text


def test_what_was_sent_and_what_is_counted_anyway_is_not_repeated() -> None:
    converted = {"from_currency": "USD", "to_currency": "EUR", "amount": 100.0, "result": 90.91}
    api = order_api("Convert currency")
    query = "Convert 100 dollars to euros"
    sent = {"amount": 100, "to_currency": "EUR", "from_currency": "USD"}
    found = Result(Step("1", api.id, query), api, "ok", sent, 200, converted)

    assert answer(query, [found]).text == "Convert currency: result 90.91 EUR."


def test_a_change_without_details_is_told_as_done() -> None:
    query = "Cancel order 123456"

    text = answer(query, [result(query, None, api=order_api("Cancel order", "mutating"), order_id="123456")]).text

    assert text == "Cancel order: done. The API gave no further details."


def test_without_results_there_is_still_an_answer() -> None:
    assert answer("anything", []).text


def test_the_verdict_grounded_names_what_stands_nowhere() -> None:
    query = "Where is order 123456?"
    found = [result(query, ORDER, order_id="123456")]

    assert judge("grounded", query, answer="Order 123456 is shipped.", results=found).yes
    verdict = judge("grounded", query, answer="It costs 99.", results=found)
    assert not verdict.yes
    assert "99" in verdict.reason


@pytest.mark.parametrize(
    ("outcome", "yes"), [("ok", True), ("not_found", True), ("bad_input", False), ("failed", False)]
)
def test_no_such_thing_answers_and_a_failed_call_does_not(outcome: Outcome, yes: bool) -> None:
    query = "Where is order 123456?"

    assert judge("answers", query, results=[result(query, ORDER, outcome=outcome)]).yes is yes


def test_a_pool_is_enough_when_it_covers_half_of_the_question() -> None:
    api = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b")

    assert judge("pool_enough", "order status", pool=[Candidate(api, 1.0, matched=("order", "status"))]).yes
    assert not judge("pool_enough", "quantum chess rules", pool=[Candidate(api, 1.0, matched=("rules",))]).yes
    assert not judge("pool_enough", "anything", pool=[]).yes


def test_a_list_that_was_cut_on_its_way_is_counted_as_it_was() -> None:
    items: JsonValue = {"items": [{"name": f"Soap {number}"} for number in range(20)]}
    found = [replace(result("List the soaps", items), omitted={"/items": 5000})]

    text = answer("List the soaps", found).text

    assert "of 5000 shown" in text
    assert ungrounded(text, "List the soaps", found) == ()

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


AIR: JsonValue = {
    "pm2_5": 15.5, "avg_pm10": 20, "pm25Max": 9, "temp": 21.5, "price": 1250, "rate": 1.25, "sizes": "5,10", "v": "v12.3"
}  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        "Es sind 21,5 °C und der Preis ist 1.250 €, also 1.250,00 €.",
        "El precio es 1,250 y la tasa 1,25.",
        "Le prix est de 1 250,00 €.",
        "PM2.5 is 15.5, PM 2.5 too, PM10 is 20 and the PM2.5 maximum 9.",
        "Die Temperatur (21,5 °C) steht da.",
        "It has the sizes 5 and 10.",
        "Le prix est de 1 250 dans la boutique.",
        "Es kostet 1250,00EUR.",
    ],
)
def test_another_way_of_writing_a_figure_or_a_field_is_no_complaint(answer: str) -> None:
    assert ungrounded(answer, QUERY, [result(AIR)]) == ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Es sind 22,5 °C.", ("22,5",)),
        ("Es kostet 1.260,00 €.", ("1.260,00",)),
        ("PM3.5 is 15.5.", ("PM3.5",)),
        ("It is v1.23.", ("v1.23",)),
        ("It weighs 12,5kg.", ("12,5",)),
        ("It is 125.", ("125",)),
        ("Le prix est de 1 260 dans la boutique.", ("260",)),
        ("Es kostet 1260,00EUR.", ("1260,00",)),
    ],
)
def test_a_wrong_figure_is_named_whole_in_either_way_of_writing(answer: str, said: tuple[str, ...]) -> None:
    assert ungrounded(answer, QUERY, [result(AIR)]) == said


def test_odd_responses_are_read_without_harm() -> None:
    deep: JsonValue = "x7"
    for _ in range(3_000):
        deep = [deep]
    for response in (None, "", [], {}, 0, True, "plain 42 text", {"": {"~/": None}}, deep, ["\ud800", "﷽"]):
        assert ungrounded("It is 77.", "?", [result(response)]) == ("77",)


def test_an_answer_without_results_is_measured_by_the_question() -> None:
    assert ungrounded("You asked for 5 and got 6.", "Give me 5", []) == ("6",)


SALES: JsonValue = {
    "shop": "Corner",
    "sales": [
        {"sku": "A1", "status": "shipped", "price": 12.5, "quantity": 2, "box": {"grams": 400}},
        {"sku": "B2", "status": "packed", "price": "7.25", "quantity": 4, "box": {"grams": 150}},
        {"sku": "C3", "status": "shipped", "price": 40, "quantity": 1, "box": {"grams": 1100}},
    ],
}


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("What do the sales come to in total?", "In total 59.75."),
        ("What is the total price of all, by quantity?", "Together they cost 94."),
        ("What is the average price?", "On average 19.92 each."),
        ("What is the median price?", "Half of them cost more than 12.50, the median."),
        ("What is the difference between the dearest and the cheapest?", "The gap is 32.75."),
        ("How much more is C3 than A1?", "C3 costs 40 and A1 12.5, so it is 27.50 more."),
        ("How much more is C3 than A1, in percent?", "C3 costs 40 and A1 12.5, so it is 220% more."),
        ("How many sales have shipped?", "2 have shipped."),
        ("How many are under 10?", "Only one is."),
        ("What share of the sales has shipped?", "66.7% of them."),
        ("How much do the shipped ones weigh together?", "The shipped ones weigh 1,500 grams."),
        ("How many cost less than 20?", "It is 2 of them."),
        ("What would 3 of A1 cost?", "At 12.5 each, 3 cost 37.5."),
        ("What do A1 and B2 cost with C3 on top?", "A1 and B2 cost 12.5 + 7.25 = 19.75, and with C3 (40) it is 59.75."),
        ("Tell me of A1 and B2", "12.5 + 7.25 = 19.75"),
        ("Was kosten alle zusammen?", "Zusammen 59.75."),
    ],
)  # fmt: skip
def test_what_can_be_worked_out_as_the_question_asks_is_no_complaint(query: str, answer: str) -> None:
    assert ungrounded(answer, query, [result(SALES)]) == ()


@pytest.mark.parametrize(
    ("query", "answer", "said"),
    [
        ("What do the sales come to in total?", "In total 61.75.", ("61.75",)),
        ("Which sales are there?", "They come to 59.75.", ("59.75",)),
        ("What is the average price?", "On average 20.92 each.", ("20.92",)),
        ("How much more is C3 than A1?", "C3 is 26.50 more.", ("26.50",)),
        ("How many sales have shipped?", "9 have shipped.", ("9",)),
        ("What share of the sales has shipped?", "About 70%.", ("70",)),
        ("Tell me of A1 and B2", "12.5 + 7.25 = 19.25", ("19.25",)),
    ],
)
def test_what_cannot_be_worked_out_or_was_not_asked_for_is_named(
    query: str, answer: str, said: tuple[str, ...]
) -> None:
    assert ungrounded(answer, query, [result(SALES)]) == said


def test_a_number_that_two_of_many_happen_to_add_up_to_is_no_evidence() -> None:
    many: JsonValue = {f"field_{n}": n * n + 1000 for n in range(300)}
    assert ungrounded("The total is 2,034.", "What is the total?", [result(many)]) == ("2,034",)
    assert ungrounded("1,009 and 1,025 make a total of 2,034.", "What is the total?", [result(many)]) == ()


def test_days_between_two_named_days_can_be_counted() -> None:
    said = "It was placed on 1 May 2024 and came on 2024-05-09, 8 days later."
    response: JsonValue = {"placed": "2024-05-01", "delivered": "2024-05-09"}
    assert ungrounded(said, "How many days did it take?", [result(response)]) == ()
    assert ungrounded(said.replace("8 days", "11 days"), "How many days did it take?", [result(response)]) == ("11",)


def test_answers_of_one_api_to_several_calls_are_a_list_too() -> None:
    found = [result({"city": "Oslo", "temperature": 4.5}), result({"city": "Rome", "temperature": 21.5})]
    assert ungrounded("It is 13 degrees on average.", "What is the average temperature?", found) == ()
    assert ungrounded("It is 14 degrees on average.", "What is the average temperature?", found) == ("14",)

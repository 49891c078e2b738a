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
        (12.5, parameter("price", "number"), "höchstens 12,50 euros", "12,50"),
        (1250, parameter("price", "number"), "bis 1.250,00 Euro", "1.250,00"),
        (1250, parameter("price", "integer"), "bis 1.250 Euro", "1.250"),
        (1.25, parameter("rate", "number"), "un taux de 1,25 %", "1,25"),
        (10, parameter("size", "integer"), "sizes 5,10", "10"),
        ("12.50", parameter("price"), "höchstens 12,50 Euro", "12,50"),
        ("12,50", parameter("price"), "at most 12.50 dollars", "12.50"),
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
        (True, parameter("multiplayer", "boolean"), "multi-player games", "multi-player"),
        ("True", parameter("good_for_kids", enum=["True", "False"]), "fun for my kids", "kids"),
        ("Reno, NV", parameter("city", description="City and state, e.g. Reno, NV"), "rain in Reno?", "Reno"),
        ("asc", parameter("sort", enum=["asc", "desc"]), "in ascending order", "ascending"),
        (2, parameter("zone", "integer", description="1 for Bangkok, 2 for Chiang Mai"), "in Chiang Mai", "Chiang Mai"),
        ("S", parameter("size", enum=["S", "M"], description="S (small), M (medium)"), "a small one", "small"),
        (-112.07, parameter("lon", "number"), "at 33.45° N, 112.07° W", "112.07"),
        (-4, parameter("b", "integer"), "roots of x^2 - 4", "- 4"),
        (2, parameter("adults", "integer"), "for a couple", "couple"),
        ("24h", parameter("format"), "in 24 hour format", "24 hour"),
        ("12 Oak Street, Leeds", parameter("address"), "to 12 Oak St, Leeds please", "12 Oak St, Leeds"),
        ("2x**3 - 7", parameter("f"), "derive 2x^3 - 7", "2x^3 - 7"),
        ("artist:Moss year:2020", parameter("q"), "Moss songs of 2020", "Moss songs of 2020"),
        ("北京", parameter("city"), "北京明天会下雨吗？", "北京"),
        ("Sao Paulo", parameter("city"), "flights to São Paulo", "São Paulo"),
        ("don't stop", parameter("title"), "play Don’t Stop", "Don’t Stop"),
        ([{"n": "Ann", "age": 7}], parameter("who", "array"), "Ann is 7", "Ann is 7"),
        ({"gift": True}, parameter("o", "object", constraints={"properties": {"gift": {}}}), "as a gift", "gift"),
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
        ("Bath, ME", parameter("city", description="City and state, e.g. Reno, NV"), "rain in Reno?"),
        ("Reno, 5 test@x.org", parameter("city", description="City and state, e.g. Reno, NV"), "rain in Reno?"),
        ("desc", parameter("sort", enum=["asc", "desc"]), "in ascending order"),
        (1, parameter("zone", "integer", description="1 for Bangkok, 2 for Chiang Mai"), "in Chiang Mai"),
        (-5, parameter("b", "integer"), "from 5 on"),
        (12, parameter("price", "integer"), "höchstens 12,50 €"),
        (200, parameter("price", "integer"), "at most 1,200 of them"),
        ("24h", parameter("format"), "in 12 hour format"),
        ("12 Oak Street, Leeds", parameter("address"), "to 12 Elm St, Leeds please"),
        ("12345", parameter("id"), "orders 12, 345 and 6"),
        ("artist:Dylan year:2020", parameter("q"), "Moss songs of 2020"),
        ("京", parameter("city"), "北京明天会下雨吗？"),
        ([{"n": "Ann", "age": 8}], parameter("who", "array"), "Ann is 7"),
        ("2024-13-01", parameter("day"), "on 13/01/2024"),
    ],
)
def test_an_invented_value_has_no_origin(value: JsonValue, wanted: Parameter, query: str) -> None:
    assert find_origin(value, wanted, query, [], today=date(2024, 5, 1)) is None


TUESDAY = date(2024, 5, 14)


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("2022-07-01", "since July 2022"),
        ("2022-07-31", "until the end of July 2022"),
        ("2024-05-31", "by the end of this month"),
        ("2024-05-18", "this Saturday"),
        ("2024-05-18", "next weekend"),
        ("2023-10-12", "today is 2023.10.1; until the 12th"),
        ("2023-03-19", "on the 12th of March 2023, and back a week later"),
        ("2024-06-03", "from June 1 for two nights"),
        ("2024-04-14", "the last 30 days"),
        ("2025-03-04", "on March 4th"),
        ("12/03/2023 15:00", "on the 12th of March 2023 at 3 in the afternoon"),
        ("2024-03-20 12:00:00", "20/3/2024 at 9:00 for 3 hours"),
        ("2022-12-31T23:59:59", "in all of 2022"),
        ("04-2022", "in April 2022"),
        ("18:00", "at 6 o'clock"),
    ],
)
def test_a_day_is_said_in_many_ways(value: str, query: str) -> None:
    assert find_origin(value, parameter("when"), query, [], today=TUESDAY) is not None


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("2022-07-02", "since July 2022"),
        ("2021-07-01", "since July 2022"),
        ("2024-05-19", "this Saturday"),
        ("2031-03-04", "on March 4th"),
        ("2023-03-20", "on the 12th of March 2023, and back a week later"),
        ("2024-03-20 13:00:00", "20/3/2024 at 9:00 for 3 hours"),
        ("07:00", "at 6 o'clock"),
        ("2024-05-14", "whenever you like"),
        ("9999-12-31", "December 0000, the next day, next month; today is 9999-12-31"),
    ],
)
def test_a_day_that_nobody_said_has_no_origin(value: str, query: str) -> None:
    assert find_origin(value, parameter("when"), query.partition(";")[0], [], today=TUESDAY) is None


@pytest.mark.parametrize("query", ["today is 9999-12-31: next month, in 900 years, on Friday the 31st", "Feb 0001"])
def test_the_ends_of_the_calendar_are_no_fault(query: str) -> None:
    assert find_origin("2020-01-01", parameter("when"), query, [], today=TUESDAY) is None


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

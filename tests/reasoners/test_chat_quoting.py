"""A proposed value is held to the place that the model names for it: taken, shown to a person first, or dropped."""

from datetime import date

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.chat.quoting import Sources, quoted_value, quotes_in
from reasoners.protocol import Band, Origin, Result, Step

FRIDAY = date(2026, 6, 12)
PLACE = Parameter(name="place")
DAY = Parameter(name="date", constraints={"format": "date"})
ORDER_ID = Parameter(name="order_id")
SIZE = Parameter(name="size", enum=("SMALL", "LARGE"))
COUNT = Parameter(name="count", type="integer")
GIFT = Parameter(name="gift", type="boolean")
API = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b")


def judged(value: JsonValue, parameter: Parameter, quote: str, query: str, response: JsonValue = None) -> Band | None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, response)]
    found = quoted_value(value, parameter, quote, Sources(query, earlier, FRIDAY))
    return found.band if found else None


@pytest.mark.parametrize(
    ("value", "parameter", "quote", "query", "band"),
    [
        ("北京", PLACE, "北京", "北京明天会下雨吗？", "take"),
        ("2026-06-13", DAY, "tomorrow", "Will it rain tomorrow?", "take"),
        ("Munich", PLACE, "München", "Wie ist das Wetter in München?", "confirm"),
        ("2026-06-13", DAY, "明天", "北京明天会下雨吗？", "confirm"),
        (2, COUNT, "zwei", "Ein Tisch für zwei, bitte", "confirm"),
        ("LARGE", SIZE, "biggest", "The biggest one, please", "take"),
        (True, GIFT, "nicely wrapped", "Send it nicely wrapped", "take"),
        ("999999", ORDER_ID, "my order", "Where is my order?", None),
        (7, COUNT, "top 3", "The top 3 of them", None),
        ("Munich", PLACE, "Berlin", "The weather in München?", None),
        ("LARGE", SIZE, "", "Where is my order?", None),
        ("LARGE", SIZE, "Where is my order?", "Where is my order?", None),
    ],
)
def test_how_far_the_words_carry_a_value(
    value: JsonValue, parameter: Parameter, quote: str, query: str, band: Band | None
) -> None:
    assert judged(value, parameter, quote, query) == band


def test_a_place_in_a_result_carries_even_a_small_value() -> None:
    response: JsonValue = {"rooms": [{"floor": 4}, {"floor": 2}]}

    assert judged(2, COUNT, "1/rooms/1/floor", "The same floor?", response) == "take"
    assert judged(2, COUNT, "1/rooms/0/floor", "The same floor?", response) is None
    assert judged(2, COUNT, "9/rooms/1/floor", "The same floor?", response) is None


def test_a_cited_place_is_the_origin() -> None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, {"a": {"n": 5}})]
    found = quoted_value(5, COUNT, "step 1/a/n", Sources("?", earlier, FRIDAY))

    assert found is not None
    assert found.origin == Origin("step", step="1", pointer="/a/n")


def test_an_id_of_a_result_keeps_its_spelling() -> None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, {"order_id": "C1001"})]

    for quote in ("1/order_id", ""):
        found = quoted_value("c1001", ORDER_ID, quote, Sources("?", earlier, FRIDAY))
        assert found is not None
        assert found.value == "C1001"


def test_quotes_are_read_in_each_form_that_models_write() -> None:
    pairs = '[{"parameter": "a", "from": "b"}, {"parameter": 1}, "x"]'

    assert quotes_in({"a": "b", "c": 1}) == quotes_in(pairs) == {"a": "b"}
    assert quotes_in("a: b") == quotes_in(None) == {}

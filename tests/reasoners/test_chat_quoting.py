"""A proposed value is held to the place that the model names for it: taken, shown to a person first, or dropped."""

from datetime import date

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.chat.quoting import Proposed, Sources, evident, quotes_in
from reasoners.protocol import Band, Origin, Result, Step, Value

FRIDAY = date(2026, 6, 12)
PLACE = Parameter(name="place")
DAY = Parameter(name="date", constraints={"format": "date"})
ORDER_ID = Parameter(name="order_id")
SIZE = Parameter(name="size", enum=("SMALL", "LARGE"))
PLACES = Parameter(name="places", type="array")
COUNT = Parameter(name="count", type="integer")
GIFT = Parameter(name="gift", type="boolean")
API = Api(id="a/b/c", name="c", category="a", tool_id="a/b", tool_name="b")


def proposed_value(value: JsonValue, parameter: Parameter, quote: str, sources: Sources) -> Value | None:
    return evident([Proposed(value, parameter, quote)], sources).get(parameter.name)


def judged(value: JsonValue, parameter: Parameter, quote: str, query: str, response: JsonValue = None) -> Band | None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, response)]
    found = proposed_value(value, parameter, quote, Sources(query, earlier, FRIDAY))
    return found.band if found else None


@pytest.mark.parametrize(
    ("value", "parameter", "quote", "query", "band"),
    [
        ("北京", PLACE, "北京", "北京明天会下雨吗？", "take"),
        ("2026-06-13", DAY, "tomorrow", "Will it rain tomorrow?", "take"),
        ("Munich", PLACE, "München", "Wie ist das Wetter in München?", "confirm"),
        ("2026-06-13", DAY, "明天", "北京明天会下雨吗？", "confirm"),
        (2, COUNT, "zwei", "Ein Tisch für zwei, bitte", "take"),
        (3, COUNT, "zwei", "Ein Tisch für zwei, bitte", "confirm"),
        (2, COUNT, "två", "Ett bord för två, tack", "confirm"),
        ("LARGE", SIZE, "biggest", "The biggest one, please", "take"),
        (True, GIFT, "nicely wrapped", "Send it nicely wrapped", "take"),
        ("999999", ORDER_ID, "my order", "Where is my order?", None),
        (7, COUNT, "top 3", "The top 3 of them", None),
        ("Munich", PLACE, "Berlin", "The weather in München?", None),
        ("LARGE", SIZE, "the SMALL box", "Send the SMALL box", "confirm"),
        ("LARGE", SIZE, "", "Where is my order?", None),
        (
            True,
            GIFT,
            "send it to my friend in Leeds, who will be glad",
            "Please send it to my friend in Leeds, who will be glad to get something from me at last",
            "confirm",
        ),
        (True, GIFT, "Send it nicely wrapped now", "Send it nicely wrapped now!", None),
        ("test@example.com", PLACE, "to my friend", "Send it to my friend in Leeds", None),
        (["Munich", "Berlin"], PLACES, "München und Berlin", "Wie ist das Wetter in München und Berlin?", "confirm"),
        (["Munich", "Z-12345"], PLACES, "München und Berlin", "Wie ist das Wetter in München und Berlin?", None),
        ("LARGE", SIZE, "Where is my order?", "Where is my order?", None),
        (False, GIFT, "off", "Take me off the newsletter", "take"),
        (True, GIFT, "the", "Take me off the newsletter", None),
        (True, GIFT, "", "Take me off the newsletter", None),
        (2, COUNT, "off", "Take me off the newsletter", None),
    ],
)
def test_how_far_the_words_carry_a_value(
    value: JsonValue, parameter: Parameter, quote: str, query: str, band: Band | None
) -> None:
    assert judged(value, parameter, quote, query) == band


def test_a_choice_that_the_form_asks_for_anyway_may_stand_in_it_without_a_quote() -> None:
    query, must = "Where is my order?", {"required": True}
    gift, size, place = (p.model_copy(update=must) for p in (GIFT, SIZE, PLACE))

    assert judged(True, gift, "", query) == judged("LARGE", size, "", query) == "confirm"
    assert judged("HUGE", size, "", query) is None  # none of the allowed ones
    assert judged("Leeds", place, "", query) is None  # no choice out of a few
    assert judged(True, gift, "nicely wrapped", query) is None  # words that stand nowhere
    assert judged(True, gift.model_copy(update={"default": False}), "", query) is None


def test_words_that_give_one_value_cannot_be_read_as_another() -> None:
    query = "Weather in Leeds, in English units"
    city = Proposed("Leeds", PLACE, "Leeds")
    unit = Parameter(name="unit", enum=("metric", "imperial"))

    assert set(evident([city, Proposed("metric", unit, "in Leeds")], Sources(query, (), FRIDAY))) == {"place"}
    read = evident([city, Proposed("imperial", unit, "English units")], Sources(query, (), FRIDAY))
    assert {name: value.band for name, value in read.items()} == {"place": "take", "unit": "take"}


def test_words_that_any_question_to_the_api_has_give_no_value() -> None:
    weather = frozenset({"weather"})
    current = Parameter(name="hourly_weather", type="boolean")

    assert evident([Proposed(True, current, "")], Sources("Weather in Leeds", (), FRIDAY, known=weather)) == {}
    assert evident([Proposed(True, current, "")], Sources("Weather in Leeds hourly", (), FRIDAY, known=weather)) != {}


def test_an_optional_number_does_not_live_on_the_place_of_another() -> None:
    guests = Proposed(4, Parameter(name="guests", type="integer", required=True), "4")
    limit = Proposed(4, Parameter(name="limit", type="integer"), "4")

    assert set(evident([guests, limit], Sources("A table for 4", (), FRIDAY))) == {"guests"}
    assert set(evident([guests, limit], Sources("A table for 4, limit 4", (), FRIDAY))) == {"guests", "limit"}
    assert set(evident([limit], Sources("The best 4", (), FRIDAY))) == {"limit"}


def test_a_quoted_number_is_the_whole_number() -> None:
    seats = Parameter(name="seats", type="integer")
    found = evident([Proposed(2, seats, "2")], Sources("On 2023-05-21 for 2 people", (), FRIDAY))["seats"]

    assert found.origin.start == 18


def test_an_object_comes_without_what_nobody_said_and_is_shown_first() -> None:
    properties: JsonValue = {"place": {"type": "string"}, "mail": {"type": "string"}}
    who = Parameter(name="who", type="object", constraints={"properties": properties})
    proposed = Proposed({"place": "Munich", "mail": "test@example.com"}, who, "München")
    query = "Wie ist das Wetter in München?"

    assert evident([proposed], Sources(query, (), FRIDAY))["who"].value == {"place": "Munich"}
    assert evident([proposed], Sources(query, (), FRIDAY))["who"].band == "confirm"
    strict = who.model_copy(update={"constraints": {"properties": properties, "required": ["mail"]}})
    assert evident([Proposed(proposed.value, strict, "München")], Sources(query, (), FRIDAY)) == {}


def test_a_place_in_a_result_carries_even_a_small_value() -> None:
    response: JsonValue = {"rooms": [{"floor": 4}, {"floor": 2}]}

    assert judged(2, COUNT, "1/rooms/1/floor", "The same floor?", response) == "take"
    assert judged(2, COUNT, "1/rooms/0/floor", "The same floor?", response) is None
    assert judged(2, COUNT, "9/rooms/1/floor", "The same floor?", response) is None


def test_a_cited_place_is_the_origin() -> None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, {"a": {"n": 5}})]
    found = proposed_value(5, COUNT, "step 1/a/n", Sources("?", earlier, FRIDAY))

    assert found is not None
    assert found.origin == Origin("step", step="1", pointer="/a/n")


def test_an_id_of_a_result_keeps_its_spelling() -> None:
    earlier = [Result(Step("1", API.id, "?"), API, "ok", {}, 200, {"order_id": "C1001"})]

    for quote in ("1/order_id", ""):
        found = proposed_value("c1001", ORDER_ID, quote, Sources("?", earlier, FRIDAY))
        assert found is not None
        assert found.value == "C1001"


def test_quotes_are_read_in_each_form_that_models_write() -> None:
    pairs = '[{"parameter": "a", "from": "b"}, {"parameter": 1}, "x"]'

    assert quotes_in({"a": "b", "c": 1}) == quotes_in(pairs) == {"a": "b"}
    assert quotes_in("a: b") == quotes_in(None) == {}

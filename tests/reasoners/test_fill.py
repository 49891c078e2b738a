"""Filling parameters from a question: taken, shown for confirmation, or left to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.offline.fill import fill
from reasoners.protocol import Origin, Result, Step, Value

TODAY = date(2026, 6, 15)  # a Monday


def parameter(name: str, kind: str = "string", **more: object) -> Parameter:
    return Parameter.model_validate({"name": name, "type": kind, "required": True, **more})


def an_api(*parameters: Parameter, title: str = "", risk: str = "safe") -> Api:
    entry = {"id": "c/t/a", "name": title or "a", "title": title, "category": "c", "tool_id": "c/t", "tool_name": "t"}
    return Api.model_validate({**entry, "risk": risk, "parameters": parameters})


def filled(
    query: str, api: Api, *, part: str = "", earlier: Sequence[Result] = (), depends_on: tuple[str, ...] = ()
) -> Mapping[str, Value]:
    step = Step("2", api.id, part or query, depends_on=depends_on)
    return fill(query, step, api, wanted=[p.name for p in api.parameters], earlier=earlier, today=TODAY)


def taken(query: str, api: Api) -> dict[str, JsonValue]:
    return {name: value.value for name, value in filled(query, api).items() if value.band == "take"}


WEATHER = an_api(parameter("place"), title="Current weather")
FLIGHTS = an_api(
    parameter("origin", constraints={"pattern": "^[A-Z]{3}$"}),
    parameter("destination", constraints={"pattern": "^[A-Z]{3}$"}),
    parameter("date", constraints={"format": "date"}),
    title="Search flights",
)
EXCHANGE = an_api(
    parameter("amount", "number"),
    parameter("from_currency", constraints={"pattern": "^[A-Z]{3}$"}),
    parameter("to_currency", constraints={"pattern": "^[A-Z]{3}$"}),
    title="Convert currency",
)
STAY = an_api(
    parameter("city"),
    parameter("check_in", constraints={"format": "date"}),
    parameter("check_out", constraints={"format": "date"}),
    parameter("guests", "integer"),
    title="Find a hotel",
)
BOOKS = an_api(parameter("topic"), title="Search books")
SYNONYMS = an_api(parameter("word"), title="Find synonyms")


@pytest.mark.parametrize(
    ("query", "api", "expected"),
    [
        ("How is the weather in Berlin right now?", WEATHER, {"place": "Berlin"}),
        ("What's the weather like on Mars?", WEATHER, {"place": "Mars"}),
        ("Is it raining in New York?", WEATHER, {"place": "New York"}),
        (
            "Flights from LHR to JFK on 1 July 2026",
            FLIGHTS,
            {"origin": "LHR", "destination": "JFK", "date": "2026-07-01"},
        ),
        ("Fly to JFK from LHR tomorrow", FLIGHTS, {"origin": "LHR", "destination": "JFK", "date": "2026-06-16"}),
        ("Convert 100 dollars to euros", EXCHANGE, {"amount": 100, "from_currency": "USD", "to_currency": "EUR"}),
        (
            "How many yen are 2,500.50 pounds?",
            EXCHANGE,
            {"amount": 2500.5, "from_currency": "GBP", "to_currency": "JPY"},
        ),
        (
            "A hotel in Lisbon from 3 May 2026 to 6 May 2026 for four guests",
            STAY,
            {"city": "Lisbon", "check_in": "2026-05-03", "check_out": "2026-05-06", "guests": 4},
        ),
        ("Is there a book about compassion towards animals?", BOOKS, {"topic": "compassion towards animals"}),
        ("What is another word for courage?", SYNONYMS, {"word": "courage"}),
    ],
)
def test_what_is_clearly_said_is_taken(query: str, api: Api, expected: dict[str, JsonValue]) -> None:
    assert taken(query, api) == expected


@pytest.mark.parametrize(
    ("query", "api"),
    [
        ("Where is my order?", an_api(parameter("order_id"), title="Get order")),
        (
            "Where is order 12?",
            an_api(parameter("order_id", constraints={"pattern": "^[0-9]{5,6}$"}), title="Get order"),
        ),
        ("How is the weather?", WEATHER),
        ("Convert currency, please", EXCHANGE),
        ("Find me a hotel", STAY),
        ("Send a message", an_api(parameter("email"), parameter("text"), title="Send a message", risk="mutating")),
    ],
)
def test_what_is_not_said_is_left_to_be_asked(query: str, api: Api) -> None:
    assert filled(query, api) == {}


def test_an_example_in_the_catalog_is_never_a_value() -> None:
    api = an_api(parameter("order_id", example="123456"), title="Get order")

    assert filled("Where is my order?", api) == {}


def test_no_words_are_used_twice() -> None:
    api = an_api(parameter("first", "integer"), parameter("second", "integer"), title="Add")

    values = filled("add 3 and 4", api)

    assert {name: value.value for name, value in values.items()} == {"first": 3, "second": 4}


def test_a_likely_value_is_shown_before_it_is_sent() -> None:
    api = an_api(parameter("guest_name"), title="Book a room", risk="mutating")

    value = filled("Book a room for Anna Meyer", api)["guest_name"]

    assert (value.value, value.band) == ("Anna Meyer", "confirm")


def test_two_places_without_from_and_to_are_proposed_in_their_order() -> None:
    api = an_api(parameter("from_place"), parameter("to_place"), title="Convert time")

    values = filled("When it is noon in London, what time is it in Tokyo?", api)

    assert {name: (value.value, value.band) for name, value in values.items()} == {
        "from_place": ("London", "confirm"),
        "to_place": ("Tokyo", "confirm"),
    }


def test_a_percentage_may_be_meant_as_a_fraction_so_it_is_shown() -> None:
    value = filled("with an interest rate of 5%", an_api(parameter("interest_rate", "number")))["interest_rate"]

    assert (value.value, value.band) == (0.05, "confirm")


def test_a_guess_is_no_optional_filter() -> None:
    api = an_api(parameter("genre", required=False, enum=["drama", "comedy"]), parameter("title", required=False))

    assert taken("Which comedies with Nora Vale are on?", api) == {"genre": "comedy"}
    assert set(filled("Which comedies with Nora Vale are on?", api)) == {"genre"}


def test_offsets_refer_to_the_whole_question() -> None:
    query = "Cancel order 123456 and show order 654321"
    api = an_api(parameter("order_id", constraints={"pattern": "^[0-9]{6}$"}), title="Get order")

    value = filled(query, api, part="show order 654321")["order_id"]

    assert value.value == "654321"
    assert query[value.origin.start : value.origin.end] == "654321"


def done(response: JsonValue) -> Result:
    return Result(Step("1", "c/t/a", "first"), an_api(title="Find order"), "ok", {}, 200, response)


def test_a_later_step_takes_the_value_under_the_same_name() -> None:
    api = an_api(parameter("order_id"), title="Ship order")

    values = filled("find my order and ship it", api, earlier=[done({"order": {"id": 77}})], depends_on=("1",))

    assert values["order_id"] == Value("77", Origin("step", step="1", pointer="/order/id"))


def test_of_several_earlier_values_the_first_is_only_proposed() -> None:
    api = an_api(parameter("order_id"), title="Ship order")
    found = [done({"orders": [{"id": "A1"}, {"id": "A2"}]})]

    assert filled("ship it", api, earlier=found, depends_on=("1",))["order_id"].band == "confirm"


def test_steps_that_it_does_not_depend_on_give_nothing() -> None:
    assert filled("ship it", an_api(parameter("order_id")), earlier=[done({"order_id": "A1"})]) == {}


@pytest.mark.parametrize(
    "query", ["", " ", "?", "a" * 8_000, "in In IN " * 500, "\ud800 in \x00", "１２３ in 東京", "[[[[" * 1_000]
)
def test_odd_questions_are_read_like_any_other(query: str) -> None:
    everything = an_api(
        *EXCHANGE.parameters, *STAY.parameters, *BOOKS.parameters, parameter("tags", "array"), parameter("o", "object")
    )

    for value in filled(query, everything).values():
        assert value.origin.start is not None
        assert query[value.origin.start : value.origin.end]


BOOKING = an_api(parameter("booking_ref", constraints={"pattern": "^[A-Z0-9]{6}$"}), title="Show a booking")


@pytest.mark.parametrize("query", ["Cancel booking ab12cd please", "please cancel AB12CD", "CANCEL BOOKING AB12CD"])
def test_an_ordinary_word_is_no_code_though_the_pattern_takes_it(query: str) -> None:
    assert taken(query, BOOKING) == {"booking_ref": "AB12CD"}


def test_a_code_of_letters_alone_stands_in_capitals() -> None:
    assert taken("Show booking QWERTZ", BOOKING) == {"booking_ref": "QWERTZ"}
    assert filled("Please cancel it", BOOKING) == {}


@pytest.mark.parametrize("wanted", ["date", "date-time"])
def test_nothing_but_a_day_is_proposed_where_a_day_is_wanted(wanted: str) -> None:
    stay = an_api(parameter("check_in", constraints={"format": wanted}, description="Day of arrival"))

    assert filled("Book a suite for two nights for John Miller", stay) == {}


@pytest.mark.parametrize(
    ("query", "amount", "currency"), [("Pay £20 on bill 118", 20, "GBP"), ("Pay bill 117, €84.50", 84.5, "EUR")]
)
def test_a_sign_before_a_number_tells_the_currency_and_leaves_the_number(
    query: str, amount: float, currency: str
) -> None:
    bill = an_api(
        parameter("amount", "number", description="Amount to pay"), parameter("currency", enum=["EUR", "USD", "GBP"])
    )
    values = filled(query, bill)

    assert {name: value.value for name, value in values.items()} == {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("query", "resolution"),
    [
        ("Readings for last month by the hour", "hour"),
        ("Readings of this month, day by day", "day"),
        ("Readings of this month", "month"),
    ],
)
def test_a_period_is_no_choice_where_another_is_named(query: str, resolution: str) -> None:
    readings = an_api(parameter("resolution", enum=["hour", "day", "month"], description="How fine the readings are"))

    assert filled(query, readings)["resolution"].value == resolution


def test_members_of_a_list_are_named_as_they_are_said() -> None:
    members = {"type": "string", "enum": ["balcony", "sea_view", "kitchen"]}
    rooms = an_api(parameter("amenities", "array", constraints={"items": members}, description="What it must have"))
    values = filled("A room with a sea view and a balcony, without kitchen", rooms)

    assert values["amenities"].value == ["sea_view", "balcony"]

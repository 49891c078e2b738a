"""Limits, corrections and switches in a question, and the parameters that take them."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import JsonValue

from catalog.models import Api, Parameter
from reasoners.offline.answer import answer
from reasoners.offline.bounds import limits, said
from reasoners.offline.fill import fill
from reasoners.protocol import Result, Step

TODAY = date(2026, 6, 15)


def optional(name: str, kind: str = "integer", **more: object) -> Parameter:
    return Parameter.model_validate({"name": name, "type": kind, **more})


def an_api(*parameters: Parameter, title: str = "Search homes", risk: str = "safe") -> Api:
    entry = {"id": "c/t/a", "name": "a", "title": title, "category": "c", "tool_id": "c/t", "tool_name": "t"}
    return Api.model_validate({**entry, "risk": risk, "parameters": parameters})


HOMES = an_api(
    Parameter(name="city", required=True),
    optional("min_price"),
    optional("max_price"),
    optional("min_bedrooms"),
    optional("min_area", "number", description="Square metres"),
    optional("limit"),
)


def taken(query: str, api: Api, *, part: str = "") -> dict[str, JsonValue]:
    step = Step("1", api.id, part or query)
    values = fill(query, step, api, wanted=[p.name for p in api.parameters], earlier=(), today=TODAY)
    return {name: value.value for name, value in values.items() if value.band == "take"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("A flat in Riga under 150 euros", {"max_price": 150}),
        ("Flats in Riga cheaper than 90,000 euros", {"max_price": 90000}),
        ("Flats in Riga for up to 400k", {"max_price": 400000}),
        ("Flats in Riga for $500 or less", {"max_price": 500}),
        ("Flats in Riga between 100 and 200 euros", {"min_price": 100, "max_price": 200}),
        ("Houses in Riga with more than 3 bedrooms", {"min_bedrooms": 4}),
        ("Houses in Riga with at least 3 bedrooms", {"min_bedrooms": 3}),
        ("Houses in Riga with an area of at least 80", {"min_area": 80}),
        ("Houses in Riga, at least 80 square metres", {"min_area": 80}),
        ("The top 3 houses in Riga", {"limit": 3}),
    ],
)
def test_a_limit_goes_to_the_parameter_that_limits_the_same(query: str, expected: dict[str, JsonValue]) -> None:
    assert taken(query, HOMES) == {"city": "Riga", **expected}


@pytest.mark.parametrize("query", ["Flats in Riga over 150 euros", "Flats in Riga for under 4 people"])
def test_a_limit_never_goes_to_the_other_end_or_to_another_thing(query: str) -> None:
    assert taken(query, an_api(Parameter(name="city", required=True), optional("max_price"))) == {"city": "Riga"}


def test_a_limit_is_said_in_the_words_of_the_question() -> None:
    query = "Find a hotel in Paris under 150 euros with at least 4 stars, before 2026-07-01 at 10:00"
    assert [said(query, limit) for limit in limits(query)] == ["under 150 euros", "at least 4 stars"]


def test_a_limit_that_no_call_took_is_told() -> None:
    query = "Find a house in Riga under 150 euros"
    api = an_api(Parameter(name="city", required=True), title="Find a house")
    result = Result(Step("1", api.id, query), api, "ok", {"city": "Riga"}, 200, [{"name": "Seaside", "city": "Riga"}])
    told = answer(query, [result])
    assert told.uncovered == ("under 150 euros",)
    assert told.text.endswith('The answer takes no account of "under 150 euros".')


def test_a_limit_that_was_sent_is_not_told() -> None:
    query = "Find a house in Riga with more than 3 bedrooms"
    result = Result(Step("1", HOMES.id, query), HOMES, "ok", {"city": "Riga", "min_bedrooms": 4}, 200, [{"name": "A"}])
    assert answer(query, [result]).uncovered == ()


STAFF = an_api(Parameter(name="staff_id", required=True, constraints={"pattern": "^EMP[0-9]{3}$"}), title="Get staff")


@pytest.mark.parametrize(
    "query",
    [
        "No wait, not EMP104, I meant EMP105: who is it?",
        "Who is EMP104, sorry, EMP105?",
        "Who is EMP105 instead of EMP104?",
    ],
)
def test_a_value_that_is_taken_back_is_not_taken(query: str) -> None:
    assert taken(query, STAFF) == {"staff_id": "EMP105"}


def test_a_value_that_something_is_denied_of_is_still_the_value() -> None:
    assert taken("EMP104 has not been paid", STAFF) == {"staff_id": "EMP104"}


@pytest.mark.parametrize(
    ("query", "on"), [("Turn off lamp L04", False), ("Switch the lamp L04 on please", True), ("Is lamp L04 new?", None)]
)
def test_a_switch_is_turned_on_or_off(query: str, on: bool | None) -> None:
    lamp = Parameter(name="lamp_id", required=True, constraints={"pattern": "^L[0-9]{2}$"})
    switch = an_api(lamp, optional("on", "boolean"), title="Set lamp", risk="mutating")
    assert taken(query, switch) == {"lamp_id": "L04"} | ({} if on is None else {"on": on})


def test_a_percentage_for_whole_numbers_is_the_number() -> None:
    lamp = an_api(optional("brightness", constraints={"maximum": 100}), title="Set lamp", risk="mutating")
    assert taken("Set the brightness to 40 percent", lamp) == {"brightness": 40}


def test_an_ordinary_word_at_the_end_is_the_value_where_nothing_else_can_be() -> None:
    synonyms = an_api(Parameter(name="word", required=True), title="Find synonyms")
    assert taken("Give me a synonym for happy", synonyms) == {"word": "happy"}
    assert taken("Give me a synonym for it", synonyms) == {}


def test_what_is_left_of_a_list_is_the_value() -> None:
    weather = an_api(Parameter(name="place", required=True), title="Current weather")
    assert taken("What's the weather in Berlin and Madrid?", weather, part="Madrid?") == {"place": "Madrid"}


SLIP = an_api(
    Parameter(name="month", type="integer", required=True), Parameter(name="year", type="integer", required=True),
    title="Get pay slip",
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "month"),
    [("The pay slip of May 2026", 5), ("My pay slip of last month", 5), ("Pay slip for this month", 6)],
)
def test_a_month_is_taken_with_its_year(query: str, month: int) -> None:
    assert taken(query, SLIP) == {"month": month, "year": 2026}


def test_a_month_is_written_as_the_parameter_wants_it() -> None:
    cost = an_api(Parameter(name="month", required=True, constraints={"pattern": "^[0-9]{4}-[0-9]{2}$"}), title="Cost")
    assert taken("What was the cost in April 2026?", cost) == {"month": "2026-04"}
    assert taken("May I see the cost?", cost) == {}

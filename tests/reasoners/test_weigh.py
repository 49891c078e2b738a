"""Values that are chosen among all readings of a question, by weights that were learned."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from catalog.models import Api, Parameter
from reasoners.offline.fields import described, shape
from reasoners.offline.fill import fill
from reasoners.offline.learned import Weights, learned
from reasoners.offline.scene import is_plain
from reasoners.offline.signs import Reading
from reasoners.offline.spans import Span
from reasoners.offline.weigh import choose, weighed
from reasoners.offline.wide import wide
from reasoners.protocol import Step

TODAY = date(2026, 6, 15)


def parameter(name: str, said: str = "", kind: str = "string", **more: object) -> Parameter:
    given = {"name": name, "description": said, "type": kind, "required": True, **more}
    return Parameter.model_validate(given)


def an_api(*parameters: Parameter, name: str = "look_up") -> Api:
    entry = {"id": "c/t/a", "name": name, "category": "c", "tool_id": "c/t", "tool_name": "t"}
    return Api.model_validate({**entry, "parameters": parameters})


def shown(query: str, api: Api) -> dict[str, object]:
    names = [p.name for p in api.parameters]
    values = fill(query, Step("1", api.id, query), api, wanted=names, earlier=(), today=TODAY)
    return {name: value.value for name, value in values.items()}


CABIN = parameter("travel_class", "The class of the travel. Options are: economy, business, first.")


@pytest.mark.parametrize(
    ("query", "api", "expected"),
    [
        ("I need a business class seat to Oslo", an_api(CABIN), {"travel_class": "business"}),
        (
            "Find tickets for the jazz genre",
            an_api(parameter("genre", "Genre of the music, e.g. rock, jazz, pop")),
            {"genre": "jazz"},
        ),
        (
            "Delete the file named report_2024.txt please",
            an_api(parameter("file_name", "The name of the file to delete.")),
            {"file_name": "report_2024.txt"},
        ),
    ],
)
def test_a_value_is_seen_by_what_stands_around_it(query: str, api: Api, expected: dict[str, object]) -> None:
    assert shown(query, api) == expected


def test_every_value_stands_where_it_is_said_to() -> None:
    query = "Tweet 'Off to Rome!' with #TravelGoals and mention @anna_b, from 9 am, for 20 euros"
    for name, kind in (("tags", "array"), ("message", "string"), ("price", "number"), ("public", "boolean")):
        for span in wide(query, parameter(name, "Such as rome", kind), an_api()):
            assert 0 <= span.start < span.end <= len(query)
            assert kind != "string" or str(span.value).casefold() == query[span.start : span.end].casefold()


def test_no_words_go_to_two_parameters() -> None:
    api = an_api(parameter("sender", "Name of the sender"), parameter("recipient", "Name of the recipient"))
    found = weighed("Send the parcel from Anna Meyer to Liam Osei", api, api.parameters, TODAY)
    places = sorted((each.span.start, each.span.end) for each in found.values())
    assert all(left[1] <= right[0] for left, right in pairwise(places))


def test_the_surest_reading_comes_first_and_the_next_one_takes_what_is_left() -> None:
    def reading(name: str, start: int, end: int) -> Reading:
        return Reading(name, (Span(start, end, name, 0.0, "w led"),))

    both, left, other = reading("a", 0, 9), reading("b", 5, 9), reading("b", 12, 15)
    chosen = choose([left, both, other], [0.6, 0.8, 0.3])
    assert {name: choice.reading for name, choice in chosen.items()} == {"a": both, "b": other}


def test_what_a_rule_proves_is_not_weighed_away() -> None:
    api = an_api(parameter("code", "Code of the airport", constraints={"pattern": "^[A-Z]{3}$"}))
    found = weighed(
        "Is there fog at OSL, and what else should I know? Also tell me a joke.", api, api.parameters, TODAY
    )
    assert (found["code"].span.value, found["code"].share) == ("OSL", None)


def test_nothing_is_shown_for_what_is_not_said() -> None:
    api = an_api(parameter("order_id", "Id of the order"), name="get_order")
    assert shown("Where is my order?", api) == {}


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("Options are: economy, business, first.", ("economy", "business", "first")),
        ("Type of map, such as temperature, air pressure or wind", ("temperature", "air pressure", "wind")),
        ("Sector of the stock (e.g., 'Technology').", ("Technology",)),
        ("The name of the town", ()),
    ],
)
def test_a_description_names_values(said: str, values: tuple[str, ...]) -> None:
    assert described(said) == values


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("AAPL", "capitals"),
        ("Rome, Italy", "comma"),
        ("a@b.c", "marked"),
        ("EMP104", "code"),
        ("12 50", "digits"),
        (3, "number"),
    ],
)
def test_values_have_forms(value: str | int, form: str) -> None:
    assert shape(value) == form


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ("How is the weather in Rome?", True),
        ("How is the weather in Rome and Oslo? Then book a flight.", False),
        ("Compare Rome and Oslo", False),
        ("word " * 40, False),
    ],
)
def test_a_plain_question_speaks_of_one_thing(query: str, plain: bool) -> None:
    assert is_plain(query) is plain


def test_signs_add_up_to_a_share() -> None:
    weights = Weights(base=0.0, of={"for": 2.0, "against": -2.0})
    assert weights.share([]) == 0.5
    assert weights.share(["for", "against", "unknown"]) == 0.5
    assert weights.share(["for"]) > 0.85 > 0.15 > weights.share(["against"])


def test_the_weights_that_are_shipped_can_be_read() -> None:
    by = learned()
    assert by.trusted <= by.rules
    assert by.knows("labelled quote", parameter("title", "Title of the book"))
    assert not by.knows("labelled quote", parameter("title"))  # nearly all that it learned from were described


def test_a_long_question_takes_no_longer_than_its_length() -> None:
    query = "a_" * 5_000 + " " + "Anna, " * 500 + "and of " * 500
    api = an_api(parameter("name", "Such as Anna"), parameter("tags", "", "array"))
    assert len(weighed(query, api, api.parameters, TODAY)) <= 2

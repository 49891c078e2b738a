"""Planning where one API finds what another one needs, and where values and frames speak for an API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from catalog.models import Api, Parameter
from reasoners.protocol import Plan

Ask = Callable[..., Awaitable[Plan]]


def api(path: str, title: str, description: str, *parameters: Parameter, **more: object) -> Api:
    category, tool, name = path.split("/")
    said = {"id": path, "name": name, "title": title, "description": description, "category": category}
    return Api.model_validate(
        {**said, "tool_id": f"{category}/{tool}", "tool_name": tool, "parameters": parameters, **more}
    )


def ident(name: str, pattern: str) -> Parameter:
    return Parameter(name=name, required=True, constraints={"pattern": pattern})


def names(plan: Plan) -> list[str]:
    return [step.api_id.rsplit("/", 1)[1] for step in plan.steps]


MEMBER = ident("member_id", "^M[0-9]{4}$")
FIND = api(
    "Club/Desk/find_member",
    "Find member",
    "The number of a member by e-mail.",
    Parameter(name="email", required=True),
    response_shape={"member_id": "str", "email": "str"},
)
GAMES = api("Club/Desk/list_games", "List games", "Chess games that a member has played.", MEMBER)
LEAVE = api("Club/Desk/end_membership", "End membership", "Close an account.", MEMBER, risk="mutating", method="DELETE")


async def test_an_id_is_looked_up_first_where_the_question_gives_what_finds_it(ask: Ask) -> None:
    plan = await ask("Which chess games did eva@club.example play?", FIND, GAMES, LEAVE)
    assert names(plan) == ["find_member", "list_games"]
    assert plan.steps[1].depends_on == ("1",)
    assert plan.steps[0].why == "finds, from 'eva@club.example', the member id that 'List games' needs"
    assert plan.uncovered == ()


async def test_nothing_is_looked_up_where_the_id_is_given(ask: Ask) -> None:
    assert names(await ask("Which chess games did M1001 play?", FIND, GAMES, LEAVE)) == ["list_games"]


async def test_nothing_is_looked_up_where_nothing_is_given_to_find_it_by(ask: Ask) -> None:
    assert names(await ask("Which chess games did I play?", FIND, GAMES, LEAVE)) == ["list_games"]


async def test_who_is_only_looked_up_is_one_step(ask: Ask) -> None:
    assert names(await ask("Which member is eva@club.example?", FIND, GAMES, LEAVE)) == ["find_member"]


async def test_an_id_that_was_given_is_not_looked_up_by_a_detour(ask: Ask) -> None:
    order = ident("order_id", "^[0-9]{6}$")
    get = api("S/O/get_order", "Get order", "One order.", order, response_shape={"member_id": "str"})
    orders = api(
        "S/O/list_orders",
        "List orders",
        "All orders of a member, also cancelled ones.",
        MEMBER,
        response_shape={"orders": [{"order_id": "str"}]},
    )
    assert names(await ask("Was order 123456 cancelled?", get, orders)) == ["get_order"]


async def test_a_place_speaks_for_the_api_that_takes_one(ask: Ask) -> None:
    films = api("F/Guide/search_films", "Search films", "Films by title.", Parameter(name="title"))
    shows = api("F/Guide/find_films", "Find films", "Films that cinemas show.", Parameter(name="city"))
    assert names(await ask("Which films are there in Lisbon?", films, shows)) == ["find_films"]


async def test_the_frame_of_an_example_is_enough(ask: Ask) -> None:
    text, tongue = Parameter(name="text", required=True), Parameter(name="tongue", required=True)
    say = api("L/Lingo/render", "Render", "Lingo.", text, tongue, examples=('How do you say "thank you" in German?',))
    loans = api("Library/Loans/get_loan", "Get loan", "When a borrowed book is due.")
    assert names(await ask('How do you say "good night, friend" in Spanish?', loans, say)) == []
    assert names(await ask('How do you say "good night" in Spanish?', loans, say)) == ["render"]


@pytest.mark.parametrize("question", ["Turn the lamp L04 off", "Switch off lamp L04", "Please set lamp L04 to 3"])
async def test_a_change_is_known_by_what_the_description_tells(ask: Ask, question: str) -> None:
    lamp = ident("lamp_id", "^L[0-9]{2}$")
    state = api("H/Lamps/lamp_state", "", "State of one lamp.", lamp)
    change = api("H/Lamps/lamp", "", "Turn a lamp on or off, set its brightness.", lamp, risk="mutating", method="PUT")
    assert names(await ask(question, state, change)) == ["lamp"]


async def test_a_limit_that_no_api_takes_is_uncovered(ask: Ask) -> None:
    films = api("F/Guide/search_films", "Search films", "Films by title.", Parameter(name="title"))
    assert (await ask("Search films under 90 euros", films)).uncovered == ("under 90 euros",)

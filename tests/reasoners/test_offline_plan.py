"""Planning without a model: which APIs, for which part, in which order, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex
from reasoners.offline import OfflineReasoner
from reasoners.protocol import Plan

Ask = Callable[..., Awaitable[Plan]]


def names(plan: Plan) -> list[str]:
    return [step.api_id.rsplit("/", 1)[1] for step in plan.steps]


def api(path: str, title: str, description: str, *parameters: Parameter, **more: object) -> Api:
    category, tool, name = path.split("/")
    said = {"id": path, "name": name, "title": title, "description": description, "category": category}
    return Api.model_validate(
        {**said, "tool_id": f"{category}/{tool}", "tool_name": tool, "parameters": parameters, **more}
    )


async def test_one_api_answers_a_question_in_one_step(ask: Ask) -> None:
    plan = await ask("Will there be rain in Lisbon?")
    assert names(plan) == ["forecast"]
    assert plan.steps[0].part == "Will there be rain in Lisbon?"
    assert plan.steps[0].why == "speaks of 'rain'"
    assert plan.uncovered == ()


async def test_each_part_gets_an_api_of_its_own_and_context_gets_none(ask: Ask) -> None:
    plan = await ask(
        "I am preparing a quiet evening for my neighbours. Could you find books about lighthouses? "
        "Additionally, give me a random word for the invitation."
    )
    assert names(plan) == ["search_books", "random_word"]
    assert plan.steps[0].part == "Could you find books about lighthouses?"
    assert "neighbours" not in plan.uncovered


async def test_a_mere_and_is_no_second_part(ask: Ask) -> None:
    plan = await ask("What are the state and price of repair 123456?")
    assert names(plan) == ["get_repair"]


async def test_a_bare_and_splits_when_each_side_names_a_thing_of_its_own(ask: Ask) -> None:
    plan = await ask("Show me the forecast for Porto and the tide times for Cascais")
    assert names(plan) == ["forecast", "tide_times"]


async def test_a_list_of_names_is_one_step_each(ask: Ask) -> None:
    plan = await ask("What is the forecast for Porto and Faro?")
    assert names(plan) == ["forecast", "forecast"]
    assert [step.part for step in plan.steps] == ["What is the forecast for Porto", "Faro?"]


async def test_a_list_of_ids_is_one_step_each(ask: Ask) -> None:
    plan = await ask("Give me repairs 123456, 222222 and 333333")
    assert names(plan) == ["get_repair"] * 3


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Was the book of L1234 returned?", "get_loan"),
        ("Is the book of my car repair 123456 done?", "get_repair"),
        ("Which car is AB-123?", "get_car"),
    ],
)
async def test_a_value_that_fits_decides_between_apis(ask: Ask, question: str, expected: str) -> None:
    assert names(await ask(question)) == [expected]


async def test_an_api_that_needs_an_id_is_taken_without_it(ask: Ask) -> None:
    """Whoever fills the parameters asks for it."""
    assert names(await ask("How far is my car repair?")) == ["get_repair"]


@pytest.mark.parametrize(
    "question",
    ["Extend loan L1234", "Please extend my loan L1234", "Could you extend loan L1234?", "I want to extend loan L1234"],
)
async def test_a_change_is_planned_when_it_is_asked_for(ask: Ask, question: str) -> None:
    assert names(await ask(question)) == ["extend_loan"]


@pytest.mark.parametrize(
    "question",
    [
        "Was my loan L1234 extended?",
        "Can I extend loan L1234?",
        "How do I extend loan L1234?",
        "Until when is loan L1234?",
    ],
)
async def test_asking_about_a_change_never_makes_it(ask: Ask, question: str) -> None:
    plan = await ask(question)
    assert "extend_loan" not in names(plan)
    assert all(rejected.why for rejected in plan.runners_up)


@pytest.mark.parametrize(
    "question",
    [
        "Hi",
        "Are you an AI?",
        "What are your business hours?",
        "Who won the election?",
        "Tell me a joke",
        "Thanks a lot!",
        "",
    ],
)
async def test_what_no_api_speaks_of_is_refused_with_a_reason(ask: Ask, question: str) -> None:
    plan = await ask(question)
    assert plan.steps == ()
    assert plan.reason


async def test_a_refusal_names_the_nearest_and_why_they_do_not_fit(ask: Ask) -> None:
    plan = await ask("Which politician invented rain taxes in harbour parliaments of antiquity?")
    assert plan.steps == ()
    assert plan.runners_up
    assert "politician" in plan.uncovered


async def test_words_that_nothing_covers_are_named(ask: Ask) -> None:
    plan = await ask("Get repair 123456 and its horoscope")
    assert names(plan) == ["get_repair"]
    assert plan.uncovered == ("horoscope",)


async def test_a_name_that_fills_a_parameter_counts_as_covered(ask: Ask) -> None:
    assert (await ask("Weather forecast for Ouagadougou")).uncovered == ()


async def test_a_later_step_waits_for_the_id_that_an_earlier_one_brings(ask: Ask) -> None:
    plan = await ask("Show me repair 123456. Then get the car of it: its make and age.")
    assert names(plan) == ["get_repair", "get_car"]
    assert plan.steps[0].depends_on == ()
    assert plan.steps[1].depends_on == ("1",)


async def test_independent_steps_do_not_wait_for_each_other(ask: Ask) -> None:
    plan = await ask("Show me repair 123456. Also, get the car AB-123.")
    assert [step.depends_on for step in plan.steps] == [(), ()]


async def test_a_question_that_refers_to_a_statement_is_read_with_it(ask: Ask) -> None:
    assert names(await ask("My repair is 123456. Is it finished?")) == ["get_repair"]


async def test_the_reasons_against_the_nearest_are_plain(ask: Ask) -> None:
    plan = await ask("Was the book of L1234 returned?")
    why = {rejected.api_id: rejected.why for rejected in plan.runners_up}
    assert why["Library/Loans/extend_loan"] == "would change something, and the question does not ask for that"


def ident(name: str, pattern: str) -> Parameter:
    return Parameter(name=name, required=True, constraints={"pattern": pattern})


TICKETS = [
    api("Desk/Blue/open_case", "Find blue cases", "Cases of the service desk.", Parameter(name="text", required=True)),
    api("Desk/Red/open_case", "Find red cases", "Cases of the service desk.", Parameter(name="text", required=True)),
]


async def test_two_that_nothing_tells_apart_are_put_to_the_person(ask: Ask) -> None:
    plan = await ask("Find cases about printers", *TICKETS)
    assert set(plan.alike["1"]) == {"Desk/Blue/open_case", "Desk/Red/open_case"}
    assert plan.alike["1"][0] == plan.steps[0].api_id


async def test_a_word_that_tells_them_apart_decides(ask: Ask) -> None:
    plan = await ask("Find red cases about printers", *TICKETS)
    assert plan.steps[0].api_id == "Desk/Red/open_case"
    assert plan.alike == {}


async def test_twins_that_differ_in_nothing_visible_are_not_asked_about(ask: Ask) -> None:
    text = Parameter(name="text", required=True)
    twins = [
        api("Desk/A/cases", "Find cases", "Cases of the service desk.", text),
        api("Desk/B/cases", "Find cases", "Cases of the service desk.", text),
    ]
    plan = await ask("Find cases about printers", *twins)
    assert len(plan.steps) == 1
    assert plan.alike == {}


async def test_nothing_but_an_id_goes_to_the_api_that_takes_it(ask: Ask) -> None:
    loan = ident("loan_id", "^L[0-9]{4}$")
    loans = api("Library/Loans/get_loan", "Get loan", "When a borrowed book is due.", loan)
    cars = api("Garage/Cars/get_car", "Get car", "Make and age of a car.", ident("plate", "^[A-Z]{2}-[0-9]{3}$"))
    assert names(await ask("l1234", cars, loans)) == ["get_loan"]


async def test_with_nothing_offered_there_is_no_plan(town: CatalogIndex) -> None:
    plan = await OfflineReasoner(town).plan("Weather in Rome?", [])
    assert plan.steps == ()
    assert plan.reason == "No API was found for this question."


async def test_a_code_speaks_for_the_api_that_takes_it_whatever_the_words(ask: Ask) -> None:
    plan = await ask("Any gossip about the return of L1234, dear neighbours?")
    assert names(plan) == ["get_loan"]
    assert "gossip" in plan.uncovered


async def test_an_id_of_another_kind_speaks_against_an_api(ask: Ask) -> None:
    """The words say loan, but 123456 is a repair, and no loan."""
    assert "get_loan" not in names(await ask("Is the loan 123456 finished?"))


async def test_one_thing_told_in_two_clauses_is_one_step(ask: Ask) -> None:
    assert names(await ask("I brought my car for repair, number 123456, is it finished?")) == ["get_repair"]


async def test_more_about_the_same_thing_is_no_second_step(ask: Ask) -> None:
    assert names(await ask("Show me the car repair 123456, and also tell me its price and state")) == ["get_repair"]


async def test_a_question_in_the_words_of_an_example_is_known_by_its_frame(ask: Ask) -> None:
    define = api("Words/Book/lookup", "Look up", "Dictionary.", examples=("What does kindness mean?",))
    loan = api("Library/Loans/get_loan", "Get loan", "What a borrowed book means to its owner.")
    assert names(await ask("What does ephemerality mean?", loan, define)) == ["lookup"]

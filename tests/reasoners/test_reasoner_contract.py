"""What every reasoner promises, whoever decides. Add an implementation to `REASONERS`, and all of this holds for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date

import pytest

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex
from evals.oracle import Gold, Oracle
from evals.scripted_model import ScriptedModel
from reasoners.cache import MemoryCache
from reasoners.cached import CachedReasoner, Scope
from reasoners.chat import open_chat
from reasoners.chat.prompts import bundled_prompts
from reasoners.offline import OfflineReasoner
from reasoners.protocol import Candidate, Option, Reasoner, Result, Step

QUESTION = "What is the weather forecast for Porto?"
FORECAST = Api(
    id="Sky/Weather/forecast",
    name="forecast",
    title="Weather forecast",
    description="Temperature and rain of the coming days.",
    category="Sky",
    tool_id="Sky/Weather",
    tool_name="Weather",
    parameters=(Parameter(name="city", required=True), Parameter(name="days", type="integer")),
)
LOAN = FORECAST.model_copy(
    update={"id": "Library/Loans/get_loan", "name": "get_loan", "title": "Get loan", "description": "A borrowed book."}
)
POOL = [Candidate(FORECAST, 1.0), Candidate(LOAN, 0.2)]
OPTIONS = [
    Option("Sky", "Sky", "Weather, forecast and tides."),
    Option("Library", "Library", "Books and loans."),
    Option("Garage", "Garage", "Car repairs."),
]
STEP = Step("1", FORECAST.id, QUESTION)
OK = Result(STEP, FORECAST, "ok", {"city": "Porto"}, 200, {"city": "Porto", "temperature": 21})

Opened = Callable[[CatalogIndex], AbstractAsyncContextManager[Reasoner]]


@asynccontextmanager
async def offline(index: CatalogIndex) -> AsyncIterator[Reasoner]:
    yield OfflineReasoner(index)


@asynccontextmanager
async def chat(index: CatalogIndex) -> AsyncIterator[Reasoner]:
    then = f"{QUESTION} Then get loan L1234."
    weather = Gold(FORECAST.id, "Sky/Weather", "Sky", parameters={"city": "Porto"})
    loan = Gold(LOAN.id, "Library/Loans", "Library")
    async with ScriptedModel(Oracle({QUESTION: [weather], then: [weather, loan]})) as model:
        opened = open_chat(model="scripted", base_url=model.url)
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def cached(index: CatalogIndex) -> AsyncIterator[Reasoner]:
    async def version() -> str:
        return "1"

    async with chat(index) as asked:
        cache = MemoryCache(life_seconds=60, most=100)
        scope = Scope("default", "scripted", bundled_prompts(), version, date.today)
        yield CachedReasoner(asked, cache, scope, told=lambda prompt: None)


REASONERS: list[Opened] = [offline, chat, cached]
"""Each opens one implementation, ready to be asked; one that needs a model brings a scripted one."""


@pytest.fixture(params=REASONERS, ids=lambda opened: str(opened.__name__))
async def reasoner(request: pytest.FixtureRequest, town: CatalogIndex) -> AsyncIterator[Reasoner]:
    async with request.param(town) as opened:
        yield opened


async def test_only_offered_options_are_chosen_and_at_most_as_many_as_asked_for(reasoner: Reasoner) -> None:
    chosen = await reasoner.choose(QUESTION, OPTIONS, level="category", limit=2)
    assert len(chosen.ids) <= 2
    assert len(set(chosen.ids)) == len(chosen.ids)
    assert set(chosen.ids) <= {option.id for option in OPTIONS}


async def test_of_no_options_none_is_chosen(reasoner: Reasoner) -> None:
    assert (await reasoner.choose(QUESTION, [], level="tool", limit=3)).ids == ()


async def test_a_plan_names_apis_of_the_pool_in_numbered_steps(reasoner: Reasoner) -> None:
    plan = await reasoner.plan(QUESTION, POOL)
    assert {step.api_id for step in plan.steps} <= {candidate.api.id for candidate in POOL}
    assert [step.id for step in plan.steps] == [str(at) for at in range(1, len(plan.steps) + 1)]


async def test_steps_depend_on_earlier_steps_only(reasoner: Reasoner) -> None:
    plan = await reasoner.plan(f"{QUESTION} Then get loan L1234.", POOL)
    for step in plan.steps:
        assert all(int(earlier) < int(step.id) for earlier in step.depends_on)


async def test_alike_names_the_step_and_its_own_api_first(reasoner: Reasoner) -> None:
    plan = await reasoner.plan(QUESTION, POOL)
    chosen = {step.id: step.api_id for step in plan.steps}
    assert all(ids[0] == chosen[step] and len(ids) > 1 for step, ids in plan.alike.items())


async def test_what_was_not_taken_is_not_among_the_steps(reasoner: Reasoner) -> None:
    plan = await reasoner.plan(QUESTION, POOL)
    assert not {rejected.api_id for rejected in plan.runners_up} & {step.api_id for step in plan.steps}


async def test_without_candidates_there_is_no_plan_but_a_reason(reasoner: Reasoner) -> None:
    plan = await reasoner.plan(QUESTION, [])
    assert plan.steps == ()
    assert plan.reason


async def test_values_are_for_wanted_parameters_and_point_into_the_question(reasoner: Reasoner) -> None:
    values = await reasoner.fill(QUESTION, STEP, FORECAST, wanted=["city"], earlier=[])
    assert set(values) <= {"city"}
    for value in values.values():
        assert value.origin.source == "query"
        assert QUESTION[value.origin.start : value.origin.end] == value.value


async def test_an_answer_is_never_empty_and_points_at_results_only(reasoner: Reasoner) -> None:
    answer = await reasoner.answer(QUESTION, [OK])
    assert answer.text.strip()
    assert {step for step, _ in answer.pointers} <= {"1"}


async def test_a_failure_is_told_in_words(reasoner: Reasoner) -> None:
    failed = Result(STEP, FORECAST, "failed", {"city": "Porto"}, None, None, "The service gave no answer.")
    assert (await reasoner.answer(QUESTION, [failed])).text.strip()


async def test_an_invented_number_is_not_grounded(reasoner: Reasoner) -> None:
    invented = await reasoner.judge("grounded", QUESTION, answer="In Porto it is 37 degrees.", results=[OK])
    stated = await reasoner.judge("grounded", QUESTION, answer="In Porto it is 21 degrees.", results=[OK])
    assert (invented.yes, stated.yes) == (False, True)
    assert invented.reason

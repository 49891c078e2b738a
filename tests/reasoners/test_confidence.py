"""Whether the index alone suffices: sure, close, unsure, or plainly nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex
from reasoners.confidence import Confidence, assess, nothing_fits
from reasoners.protocol import Candidate

FindPool = Callable[[str], Awaitable[list[Candidate]]]


async def assessed(town: CatalogIndex, question: str, town_pool: FindPool) -> Confidence:
    return await assess(question, await town_pool(question), town)


@pytest.mark.parametrize("question", ["Get repair 123456", "Weather forecast for Porto", "A random word, please"])
async def test_one_that_plainly_fits_is_sure(town: CatalogIndex, town_pool: FindPool, question: str) -> None:
    assert (await assessed(town, question, town_pool)).level == "sure"


@pytest.mark.parametrize("question", ["Hi", "Are you an AI?", "Tell me a joke", "Thanks, that was all"])
async def test_what_no_api_knows_a_word_of_is_nothing(town: CatalogIndex, town_pool: FindPool, question: str) -> None:
    confidence = await assessed(town, question, town_pool)
    assert confidence.level == "nothing"
    assert confidence.reason


async def test_a_paraphrase_is_left_to_those_who_understand_it(town: CatalogIndex, town_pool: FindPool) -> None:
    confidence = await assessed(town, "How hot is it in Cairo?", town_pool)
    assert confidence.level == "unsure"
    assert confidence.reason == "No API uses the word 'hot'; 'temperature', which some use, may be meant."


async def test_half_covered_questions_are_close(town: CatalogIndex, town_pool: FindPool) -> None:
    question = "Which medieval bishops predicted rain by astrology and alchemy?"
    assert (await assessed(town, question, town_pool)).level == "close"


async def test_two_that_fit_alike_are_close(town: CatalogIndex) -> None:
    red = Api(
        id="a/b/red", name="red", title="Red weather cases", category="a", tool_id="a/b", tool_name="b", description="x"
    )
    blue = red.model_copy(update={"id": "a/b/blue", "name": "blue", "title": "Blue weather cases"})
    confidence = await assess("weather cases", [Candidate(red, 1.0), Candidate(blue, 1.0)], town)
    assert confidence.level == "close"
    assert "fit nearly alike" in confidence.reason


def named(tool: str, name: str, description: str = "") -> Candidate:
    said = {"id": f"a/{tool}/{name}", "name": name, "title": "", "category": "a", "tool_id": f"a/{tool}"}
    return Candidate(Api.model_validate({**said, "tool_name": tool, "description": description}), 1.0)


@pytest.mark.parametrize("words", ["chartbeat", "live_pages", "axesso_data_service", "Me"])
def test_a_name_that_is_typed_has_been_found(town: CatalogIndex, words: str) -> None:
    pool = [named("chartbeat", "live_pages"), named("profile", "me"), *(named(f"x{n}", "other") for n in range(40))]
    needs = [Parameter(name=name, type="integer", required=True) for name in ("page", "size", "year")]
    service = Api.model_validate({**dict(named("axesso_data_service", "posts").api), "parameters": needs})
    pool.append(Candidate(service, 0.5))
    assert not nothing_fits(words, pool, town)


@pytest.mark.parametrize("words", ["zebra", "chartbeat zebra", "Who", "Which zebra does chartbeat speak of?"])
def test_what_is_more_than_a_name_is_judged_as_a_question(town: CatalogIndex, words: str) -> None:
    pool = [named("chartbeat", "live_pages"), named("profile", "me"), *(named(f"x{n}", "other") for n in range(40))]
    assert nothing_fits(words, pool, town)

"""The oracle drives the chat reasoner through every verb, knowing only the gold APIs of each question."""

import json
import typing
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from catalog.models import Api, Parameter
from evals.oracle import Gold, Oracle
from evals.scripted_model import ScriptedModel
from reasoners.chat import ChatReasoner, open_chat
from reasoners.protocol import Candidate, Option, Origin, Result, Step
from reasoners.providers import DriverName

QUESTION = "Which book is in order 123456, and who wrote it?"
GOLD = {
    QUESTION: [
        Gold("Shop/Orders/get", "Shop/Orders", "Shop", "Trade", {"order_id": "123456"}),
        Gold("Books/Shelf/find", "Books/Shelf", "Books", "Culture", {"title": "Momo"}, depends_on=(1,)),
    ],
    "Hi": [],
}
ORDER = Api(
    id="Shop/Orders/get",
    name="get",
    category="Shop",
    tool_id="Shop/Orders",
    tool_name="Orders",
    parameters=(Parameter(name="order_id", required=True),),
)
BOOK = Api(
    id="Books/Shelf/find",
    name="find",
    category="Books",
    tool_id="Books/Shelf",
    tool_name="Shelf",
    parameters=(Parameter(name="title", required=True),),
)


@pytest.fixture(params=typing.get_args(DriverName))
async def chat(request: pytest.FixtureRequest) -> AsyncIterator[ChatReasoner]:
    """Asked in each form there is: the oracle reads what is offered, and answers, in whichever it is."""
    async with ScriptedModel(Oracle(GOLD)) as model:
        reasoner = open_chat(model="m", base_url=model.url, driver=request.param)
        yield reasoner
        assert {asked.form for asked in model.requests} == {request.param}
        await reasoner.close()


def options(*ids: str) -> list[Option]:
    return [Option(i, i) for i in ids]


async def test_it_goes_down_the_hierarchy_to_the_gold(chat: ChatReasoner) -> None:
    groups = await chat.choose(QUESTION, options("Culture", "Sport", "Trade"), level="group", limit=5)
    categories = await chat.choose(QUESTION, options("Shop", "Music", "Books"), level="category", limit=5)
    tools = await chat.choose(QUESTION, options("Shop/Orders", "Shop/Carts"), level="tool", limit=5)
    apis = await chat.choose(QUESTION, options("Shop/Orders/get", "Shop/Orders/list"), level="api", limit=5)

    assert groups.ids == ("Culture", "Trade")
    assert categories.ids == ("Shop", "Books")
    assert tools.ids == ("Shop/Orders",)
    assert apis.ids == ("Shop/Orders/get",)


async def test_it_plans_fills_answers_and_judges(chat: ChatReasoner) -> None:
    plan = await chat.plan(QUESTION, [Candidate(BOOK, 1.0), Candidate(ORDER, 0.5)])
    first = await chat.fill(QUESTION, plan.steps[0], ORDER, wanted=["order_id"], earlier=[])
    order = Result(plan.steps[0], ORDER, "ok", {"order_id": "123456"}, 200, {"items": [{"title": "Momo"}]})
    second = await chat.fill(QUESTION, plan.steps[1], BOOK, wanted=["title"], earlier=[order])
    answer = await chat.answer(QUESTION, [order])

    assert plan.steps == (
        Step("1", ORDER.id, QUESTION),
        Step("2", BOOK.id, QUESTION, depends_on=("1",)),
    )
    assert first["order_id"].value == "123456"
    assert second["title"].origin == Origin("step", step="1", pointer="/items/0/title")
    assert "Momo" in answer.text
    assert answer.pointers == (("1", "/items/0/title"),)
    assert (await chat.judge("answers", QUESTION, answer=answer.text)).yes


async def test_it_finds_nothing_for_what_has_no_gold(chat: ChatReasoner) -> None:
    assert (await chat.choose("Hi", options("Shop"), level="category", limit=5)).ids == ()
    assert (await chat.plan("Hi", [Candidate(ORDER, 1.0)])).steps == ()
    assert (await chat.plan("Never heard of", [Candidate(ORDER, 1.0)])).steps == ()


async def test_it_says_what_was_not_found(chat: ChatReasoner) -> None:
    step = Step("1", ORDER.id, QUESTION)
    result = Result(step, ORDER, "not_found", {"order_id": "123456"}, 404, None, "no such order")

    assert "no such order" in (await chat.answer(QUESTION, [result])).text


def test_it_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "gold.json"
    file.write_text(json.dumps([{"question": "Hi"}, {"question": "q", "apis": [{"api_id": "a/b/c", "category": "a"}]}]))

    assert Oracle.read(file).gold == {"Hi": (), "q": (Gold("a/b/c", category="a"),)}

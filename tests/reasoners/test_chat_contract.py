"""What every reasoner promises, kept by the chat reasoner whatever a model writes."""

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from catalog.errors import MalformedAnswer
from catalog.models import Api, Parameter
from evals.oracle import Gold, Oracle
from evals.scripted_model import ScriptedModel
from reasoners.chat import ChatReasoner, open_chat
from reasoners.chat.answering import answering
from reasoners.chat.choosing import choosing
from reasoners.chat.filling import filling
from reasoners.chat.judging import judging
from reasoners.chat.planning import planning
from reasoners.chat.prompts import bundled_prompts
from reasoners.meter import Unmetered
from reasoners.protocol import Candidate, Option, Reasoner, Result, Step

TODAY = date(2026, 6, 12)
QUESTION = "Which 2 books are in order 123456 — and is it LARGE?"
PROMPTS = bundled_prompts()
unhurried = settings(deadline=None)  # a busy machine is no failure


def api(name: str, *parameters: Parameter) -> Api:
    return Api(id=f"a/t/{name}", name=name, category="a", tool_id="a/t", tool_name="t", parameters=parameters)


ORDER = api(
    "order",
    Parameter(name="order_id", required=True, default="000000", example="654321"),
    Parameter(name="count", type="integer"),
    Parameter(name="large", type="boolean"),
    Parameter(name="sizes", type="array", enum=("SMALL", "LARGE")),
    Parameter(name="filter", type="object"),
)
POOL = [Candidate(ORDER, 1.0), Candidate(api("book"), 0.5), Candidate(api("word"), 0.1)]
OPTIONS = [Option(c.api.id, c.api.name) for c in POOL]
STEP = Step("2", ORDER.id, QUESTION)
EARLIER = [Result(Step("1", ORDER.id, QUESTION), ORDER, "ok", {}, 200, {"orders": [{"id": "778899"}]})]
NAMES = [*(c.api.id for c in POOL), "order", "a/t/none", "1", "yes", "2", "123456", "LARGE", "books", "/orders/0/id"]

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.just(10**400)
    | st.floats(allow_nan=True)
    | st.sampled_from(NAMES)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["api", "part", "depends_on", "why", "step", "pointer", "order_id"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def arguments(*keys: str) -> st.SearchStrategy[dict[str, JsonValue]]:
    return st.dictionaries(st.sampled_from([*keys, "reason", "more"]), json_values)


@unhurried
@given(arguments("apis"))
def test_a_choice_is_of_what_was_offered_and_within_the_limit(given_: dict[str, JsonValue]) -> None:
    task = choosing(PROMPTS, QUESTION, OPTIONS, level="api", limit=2, avoid="")
    chosen = task.check(given_).value

    if chosen is not None:
        assert set(chosen.ids) <= {o.id for o in OPTIONS}
        assert len(chosen.ids) == len(set(chosen.ids)) <= 2


@unhurried
@given(arguments("apis", "steps", "alike", "rejected", "uncovered"))
def test_a_plan_is_made_of_the_pool_and_looks_back_only(given_: dict[str, JsonValue]) -> None:
    plan = planning(PROMPTS, QUESTION, POOL, avoid="", today=TODAY).check(given_).value

    ids = {c.api.id for c in POOL}
    if plan is not None:
        assert [s.id for s in plan.steps] == [str(n) for n in range(1, len(plan.steps) + 1)]
        assert all(s.api_id in ids and s.part.casefold() in QUESTION.casefold() for s in plan.steps)
        assert all(int(d) < int(s.id) for s in plan.steps for d in s.depends_on)
        assert {r.api_id for r in plan.runners_up} <= ids - {s.api_id for s in plan.steps}
        assert all(w.casefold() in QUESTION.casefold() for w in plan.uncovered)
        assert all(api_id in ids for alike in plan.alike.values() for api_id in alike)


@unhurried
@given(arguments("order_id", "count", "large", "sizes", "filter", "evidence"))
def test_what_is_filled_was_wanted_and_stands_somewhere(given_: dict[str, JsonValue]) -> None:
    task = filling(PROMPTS, QUESTION, STEP, ORDER, wanted=ORDER.parameters, earlier=EARLIER, today=TODAY)
    values = task.check(given_).value

    assert values is not None
    for name, value in values.items():
        assert ORDER.parameter(name)
        assert value.band == "take"
        assert value.origin.source in ("query", "step")
        if value.origin.source == "query":
            assert value.origin.start is not None and value.origin.end is not None
            assert QUESTION[value.origin.start : value.origin.end]


@unhurried
@given(arguments("answer", "pointers", "uncovered"))
def test_an_answer_is_never_empty_and_points_at_what_is_there(given_: dict[str, JsonValue]) -> None:
    answer = answering(PROMPTS, QUESTION, EARLIER, today=TODAY).check(given_).value

    if answer is not None:
        assert answer.text.strip()
        assert set(answer.pointers) <= {("1", p) for p in ("", "/orders", "/orders/0", "/orders/0/id")}
        assert all(w in answer.text for w in answer.uncovered)


@unhurried
@given(arguments("verdict"))
def test_a_verdict_is_yes_or_no_or_none_at_all(given_: dict[str, JsonValue]) -> None:
    verdict = judging(PROMPTS, "answers", QUESTION, answer="a", results=(), pool=(), today=TODAY).check(given_).value

    assert verdict is None or isinstance(verdict.yes, bool)


def test_the_prompts_say_which_function_decides_and_that_data_is_no_instruction() -> None:
    shown = {
        "choose_groups": "`groups`",
        "choose_categories": "`categories`",
        "choose_tools": "`tools`",
        "choose_apis": "`apis`",
        "plan": "`apis`",
        "fill": "`evidence`",
        "answer": "`pointers`",
        "judge": "`verdict`",
    }

    assert set(PROMPTS) == set(shown)
    for name, field in shown.items():
        assert field in PROMPTS[name].text
        assert "instruct" in PROMPTS[name].text


def test_the_question_stands_verbatim_and_last() -> None:
    odd = 'Line one\n  "quoted" <data> 好 '
    tasks = [
        choosing(PROMPTS, odd, OPTIONS, level="api", limit=2, avoid="x"),
        planning(PROMPTS, odd, POOL, avoid="x", today=TODAY),
        filling(PROMPTS, odd, STEP, ORDER, wanted=ORDER.parameters, earlier=EARLIER, today=TODAY),
        answering(PROMPTS, odd, EARLIER, today=TODAY),
    ]

    assert all(task.shown.endswith(odd) for task in tasks)


def test_neither_defaults_nor_examples_are_shown_as_values() -> None:
    task = filling(PROMPTS, QUESTION, STEP, ORDER, wanted=ORDER.parameters, earlier=(), today=TODAY)

    assert "000000" not in f"{task.function.schema}{task.shown}"
    assert "654321" not in f"{task.function.schema}{task.shown}"


async def test_it_is_a_reasoner_and_cheap_to_bind_to_another_meter() -> None:
    gold: Mapping[str, list[Gold]] = {QUESTION: [Gold(ORDER.id, parameters={"order_id": "123456"})]}
    async with ScriptedModel(Oracle(gold)) as model:
        chat = open_chat(model="m", base_url=model.url)
        bound = dataclasses.replace(chat, meter=Unmetered())
        reasoner: Reasoner = bound
        plan, values = await asyncio.gather(
            reasoner.plan(QUESTION, POOL), reasoner.fill(QUESTION, STEP, ORDER, wanted=["order_id"], earlier=[])
        )
        await chat.close()

    assert bound.endpoint is chat.endpoint
    assert [s.api_id for s in plan.steps] == [ORDER.id]
    assert values["order_id"].value == "123456"


async def test_an_empty_answer_is_an_error_and_not_an_answer() -> None:
    async with ScriptedModel({"answer": " ", "pointers": []}) as model:
        chat: ChatReasoner = open_chat(model="m", base_url=model.url)
        with pytest.raises(MalformedAnswer):
            await chat.answer(QUESTION, EARLIER)
        await chat.close()

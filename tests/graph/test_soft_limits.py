"""A soft limit asks the person once, wherever it falls; a yes goes on to the right answer, a no ends with what there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from api.schemas import Answer
from catalog.errors import SettingsError
from evals.oracle import Gold, Oracle
from evals.replies import Asked, Behaviour, Reply
from evals.scripted_model import ScriptedModel
from graph.build import build
from graph.requests import QueryRequest, Response, ResumeRequest
from graph.services import Services

QUESTION = "What is the name of the customer behind order 123456?"
ORDER = Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
CUSTOMER = Gold(
    "shop/customers/get_customer", "shop/customers", "Shop", parameters={"customer_id": "cus-77"}, depends_on=(1,)
)
CANCEL = Gold("shop/orders/cancel_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
MANY = "Which item was ordered for 123456, and how is the weather in Oslo?"
WEATHER = Gold("weather/meteo/current", "weather/meteo", "Weather", parameters={"place": "Oslo"})
ORACLE = Oracle({QUESTION: [ORDER, CUSTOMER], "Cancel order 123456": [CANCEL], MANY: [ORDER, WEATHER]})
CALLS = 7
"""Model calls that the question takes, with the whole hierarchy."""


def chat(model: ScriptedModel, **settings: Any) -> Mapping[str, Any]:
    address = {"openai_base_url": model.url, "openai_api_key": "sk-secret-key"}
    return {"reasoner": "chat", "model": "scripted", "cache_seconds": 0, **address, **settings}


async def ask(services: Services, query: str = QUESTION, **options: Any) -> Any:
    request = QueryRequest.model_validate({"query": query, "options": {"strategy": "fan_out", **options}})
    return await services.runs.ask(request, tenant="default")


async def reply(services: Services, body: Any, action: Any) -> Any:
    (request,) = body["input_requests"]
    request = ResumeRequest(responses=[Response(id=request["id"], action=action)])
    return await services.runs.resume(body["thread_id"], request, tenant="default")


@pytest.mark.parametrize("calls", range(1, CALLS))
async def test_a_yes_goes_on_to_the_right_answer_wherever_the_limit_fell(start: Any, upstream: Any, calls: int) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=calls)) as services:
            ids: list[str] = []
            body = await ask(services)
            while body["status"] == "input_required":
                (request,) = body["input_requests"]
                assert (request["reason"], request["step"], request["api"]) == ("budget", None, None)
                assert body["usage"]["llm_calls"] == calls * request["attempt"] == len(model.requests)
                assert request["attempt"] == len(ids) + 1, "a yes allows as much again"
                ids.append(request["id"])
                body = await reply(services, body, "accept")
            assert (body["status"], body["stopped_by"], body["warnings"]) == ("completed", None, [])
            assert "Ada Moss" in body["answer"]
            assert ids and len(set(ids)) == len(ids)
            assert upstream.sent("GET") == ["/orders/123456", "/customers/cus-77"], "nothing is sent twice"


@pytest.mark.parametrize("calls", range(1, CALLS))
async def test_a_no_ends_with_what_there_is(start: Any, upstream: Any, calls: int) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=calls)) as services:
            body = await reply(services, await ask(services), "decline")
            assert body["stopped_by"] == "max_llm_calls"
            assert body["status"] == ("completed" if body["calls"] else "failed")
            assert body["answer"] and len(model.requests) == calls
            assert body["input_requests"] == [] and "declined" in body["warnings"][0]
            if body["calls"]:
                assert "Herbal Handsoap" in body["answer"] or "Ada Moss" in body["answer"]


async def test_the_question_says_what_was_taken_and_what_would_be_allowed(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=3)) as services:
            body = await ask(services, max_llm_calls=5)
            (request,) = body["input_requests"]
            assert request["message"].startswith("This question has taken 3 model calls (about ")
            assert "cost unknown" in request["message"]
            assert request["message"].endswith("Continue, up to 5 model calls?"), "never beyond the hard limit"
            assert request["schema"] == {"type": "object", "properties": {}, "required": []}
            assert Answer.model_validate(body).input_requests[0].step is None, "as the HTTP contract has it"
            body = await reply(services, body, "accept")
            assert body["stopped_by"] == "max_llm_calls" and len(model.requests) == 5


async def test_a_cancel_ends_the_run(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=2)) as services:
            body = await reply(services, await ask(services), "cancel")
            assert (body["status"], upstream.received) == ("cancelled", [])


@pytest.mark.parametrize("calls", range(1, CALLS))
async def test_the_pause_and_what_was_allowed_outlast_a_restart(start: Any, upstream: Any, calls: int) -> None:
    with ScriptedModel(ORACLE) as model:
        settings = chat(model, soft_llm_calls=calls)
        async with start(**settings) as services:
            body = await ask(services)
        while body["status"] == "input_required":
            assert body["usage"]["llm_calls"] == calls * body["input_requests"][0]["attempt"]
            async with start(recover=True, **settings) as services:
                body = await reply(services, body, "accept")
        assert body["status"] == "completed" and "Ada Moss" in body["answer"]
        assert upstream.sent("GET") == ["/orders/123456", "/customers/cus-77"]


async def test_branches_that_reach_it_together_ask_one_question(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE, latency_seconds=0.02) as model:
        async with start(**chat(model, soft_llm_calls=2)) as services:
            body = await ask(services, MANY)
            assert model.requests[0].function_name == "choose_categories"
            (request,) = body["input_requests"]
            assert request["reason"] == "budget"
            trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
            assert len({agent["agent"] for agent in trace["rounds"][0]["agents"]}) >= 3, "branches were under way"
            while body["status"] == "input_required":
                body = await reply(services, body, "accept")
            assert body["status"] == "completed"
            assert sorted(upstream.sent("GET")) == ["/orders/123456", "/weather/Oslo"]


@pytest.mark.parametrize("rounds", [1, 2])
async def test_a_search_that_was_cut_short_goes_on_though_no_round_was_left(
    start: Any, upstream: Any, rounds: int
) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=1)) as services:
            body = await ask(services, max_rounds=rounds)
            while body["status"] == "input_required":
                body = await reply(services, body, "accept")
            assert body["status"] == "completed" and "Ada Moss" in body["answer"]
            assert body["rounds"] <= rounds


async def test_a_rehearsal_asks_nobody(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=1, soft_seconds=0.000001)) as services:
            body = await ask(services, dry_run=True)
            assert (body["status"], body["stopped_by"], upstream.received) == ("completed", None, [])
            assert all(request["reason"] != "budget" for request in body["input_requests"])


async def test_a_soft_limit_above_the_hard_one_never_asks(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=5)) as services:
            body = await ask(services, max_llm_calls=5)
            assert body["stopped_by"] == "max_llm_calls" and body["status"] in ("completed", "failed")


async def test_tokens_have_a_soft_limit_too_and_one_yes_allows_what_the_next_call_needs(
    start: Any, upstream: Any
) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_tokens=50)) as services:
            body = await ask(services)
            assert model.requests == [], "a call that would pass it is not made"
            body = await reply(services, body, "accept")
            assert len(model.requests) >= 1
            while body["status"] == "input_required":
                body = await reply(services, body, "accept")
            assert body["status"] == "completed"


async def test_time_has_a_soft_limit_too(services: Services, start: Any, upstream: Any) -> None:
    async with start(soft_seconds=0.000001) as services:
        body = await ask(services, "Which item was ordered for 123456?", strategy="index")
        (request,) = body["input_requests"]
        assert request["message"].startswith("This question has taken 0 model calls and 0.")
        for _ in range(5):
            if body["status"] == "input_required":
                body = await reply(services, body, "accept")
        assert body["status"] in ("completed", "input_required")


@pytest.mark.parametrize("setting", ["soft_cost_usd", "max_cost_usd"])
async def test_a_limit_of_cost_without_a_known_price_is_refused_at_the_start(start: Any, setting: str) -> None:
    with ScriptedModel(ORACLE) as model, pytest.raises(SettingsError, match="price of the model 'scripted'"):
        async with start(**chat(model, **{setting: 1.0})):
            pass


@pytest.mark.parametrize("usage", [True, False])
async def test_a_cost_that_nobody_tells_counts_towards_the_soft_limit(start: Any, upstream: Any, usage: bool) -> None:
    with ScriptedModel(ORACLE, usage=usage) as model:
        async with start(**{**chat(model, soft_cost_usd=0.0006), "model": "gpt-4o-mini"}) as services:
            body = await ask(services)
            assert [request["reason"] for request in body["input_requests"]] == ["budget"]
            assert "US dollars" in body["input_requests"][0]["message"]
            assert (body["usage"]["cost_usd"] is None) == (not usage)
            while body["status"] == "input_required":
                body = await reply(services, body, "accept")
            assert body["status"] == "completed"


async def test_an_approval_after_a_yes_is_asked_for_and_its_request_is_sent_once(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=1)) as services:
            reasons: list[str] = []
            body = await ask(services, "Cancel order 123456")
            while body["status"] == "input_required":
                reasons.append(body["input_requests"][0]["reason"])
                body = await reply(services, body, "accept")
            assert body["status"] == "completed"
            assert reasons.count("approval") == 1 and reasons.count("budget") >= 3
            assert upstream.sent("DELETE") == ["/orders/123456"]


def answering(*answers: str) -> Behaviour:
    """The oracle, but for what it says in the end: one after the other, and the last again."""
    left = list(answers)

    def behave(asked: Asked) -> Reply:
        if asked.function_name != "give_answer":
            return ORACLE(asked)
        return {"answer": left.pop(0) if len(left) > 1 else left[0], "pointers": []}

    return behave


OWN_WORDS = "Delightful: it is Ada Moss."
MADE_UP = "It is Ada Moss, customer 98765."


@pytest.mark.parametrize("action", ["accept", "decline"])
@pytest.mark.parametrize("calls", [6, 7])
async def test_at_a_grader_too_a_no_leaves_the_answer_and_a_yes_grades_it(
    start: Any, upstream: Any, calls: int, action: str
) -> None:
    with ScriptedModel(answering(OWN_WORDS)) as model:
        async with start(**chat(model, soft_llm_calls=calls)) as services:
            body = await ask(services)
            assert body["status"] == "input_required" and len(model.requests) == calls
            body = await reply(services, body, action)
            assert (body["status"], body["answer"]) == ("completed", OWN_WORDS)
            assert body["stopped_by"] == (None if action == "accept" else "max_llm_calls")
            assert len(model.requests) == (8 if action == "accept" else calls)


@pytest.mark.parametrize("action", ["accept", "decline"])
async def test_an_answer_that_was_refused_is_never_the_last_word(start: Any, upstream: Any, action: str) -> None:
    with ScriptedModel(answering(MADE_UP, "The name is Ada Moss.")) as model:
        async with start(**chat(model, soft_llm_calls=6)) as services:
            body = await ask(services)
            assert model.requests[-1].function_name == "give_answer"
            body = await reply(services, body, action)
            assert body["status"] == "completed" and "98765" not in body["answer"]
            assert "Ada Moss" in body["answer"]


async def test_what_was_filled_beside_the_step_that_had_to_wait_is_not_asked_for_again(
    start: Any, upstream: Any
) -> None:
    with ScriptedModel(ORACLE, latency_seconds=0.02) as model:
        async with start(**chat(model)) as services:
            await ask(services, MANY, strategy="index")
            plain = [asked.function_name for asked in model.requests]
        model.requests.clear()
        async with start(**chat(model, soft_llm_calls=2)) as services:
            body = await ask(services, MANY, strategy="index")
            assert [asked.function_name for asked in model.requests] == ["plan_calls", "set_parameters"]
            while body["status"] == "input_required":
                body = await reply(services, body, "accept")
            assert [asked.function_name for asked in model.requests] == plain


async def test_clients_of_langgraph_see_the_question_and_what_they_do_not_answer_stays_open(
    start: Any, upstream: Any
) -> None:
    config: Any = {"configurable": {"thread_id": "studio"}}
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, soft_llm_calls=4)) as services:
            graph = build(services.parts, checkpointer=InMemorySaver())
            state = await graph.ainvoke({"query": QUESTION, "options": {"strategy": "fan_out"}}, config)
            (asked,) = state["__interrupt__"]
            assert asked.value["action_requests"][0]["name"] == "Continue?"
            for resumed in ("what?", [{"type": "accept"}]):
                state = await graph.ainvoke(Command(resume=resumed), config)
                assert bool(state.get("__interrupt__")) == (resumed == "what?")
            assert "Ada Moss" in state["answer"]


@pytest.mark.parametrize(("action", "rounds"), [("accept", 2), ("decline", 1)])
async def test_an_answer_that_a_grader_refused_stands_marked_beside_the_question(
    start: Any, upstream: Any, action: str, rounds: int
) -> None:
    def behave(asked: Asked) -> Reply:
        return {"verdict": "no", "reason": "No price."} if asked.function_name == "judge" else ORACLE(asked)

    with ScriptedModel(behave) as model:
        async with start(**chat(model, soft_llm_calls=CALLS)) as services:
            asked = await ask(services)
            assert (asked["status"], asked["rounds"]) == ("input_required", 1)
            body = await reply(services, asked, action)
            assert (body["status"], body["rounds"]) == ("completed", rounds)
            assert "name: Ada Moss" in body["answer"], "as the model put it"
            assert body["warnings"][0] == "It may not answer the question: No price."
            trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
            assert [each["round"] for each in trace["rounds"]] == [1, 2]

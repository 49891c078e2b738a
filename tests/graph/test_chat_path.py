"""The same path driven by a model: every step of the graph, the budget, and a model that fails."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from evals.oracle import Gold, Oracle
from evals.replies import HANG, Asked, Fault, Reply
from evals.scripted_model import ScriptedModel
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services
from nodes.finders import with_finders
from reasoners.protocol import Candidate
from reasoners.providers import DriverName

ORDER = Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
CUSTOMER = Gold(
    "shop/customers/get_customer", "shop/customers", "Shop", parameters={"customer_id": "cus-77"}, depends_on=(1,)
)
CANCEL = Gold("shop/orders/cancel_order", "shop/orders", "Shop", parameters={"order_id": "123456"})
WHOSE = "What is the name of the customer behind order 123456?"
ORACLE = Oracle(
    {
        "Which item was ordered for 123456?": [ORDER],
        "Where is my order?": [Gold(ORDER.api_id, ORDER.tool_id, "Shop")],
        "Mail it to me, the order 123456": [
            Gold(ORDER.api_id, ORDER.tool_id, "Shop", parameters={"order_id": "999999"})
        ],
        "Cancel order 123456": [CANCEL],
        WHOSE: [ORDER, CUSTOMER],
        "Tell me a joke about orders": [],
    }
)


async def ask(services: Services, query: str, **options: Any) -> Any:
    request = QueryRequest.model_validate({"query": query, "options": options})
    return await services.runs.ask(request, tenant="default")


def chat(model: ScriptedModel) -> dict[str, str]:
    return {"reasoner": "chat", "model": "scripted", "openai_base_url": model.url, "openai_api_key": "sk-secret-key"}


async def test_a_model_drives_every_step_and_the_trace_shows_each_call_with_its_tokens(
    start: Any, upstream: Any
) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Which item was ordered for 123456?", strategy="fan_out")
            assert body["status"] == "completed" and "Herbal Handsoap" in body["answer"]
            assert upstream.sent("GET") == ["/orders/123456"]
            assert body["calls"][0]["origins"]["order_id"] == {"source": "query", "start": 27, "end": 33}
            functions = [asked.function_name for asked in model.requests]
            assert functions == [
                "choose_categories",
                "choose_tools",
                "plan_calls",
                "set_parameters",
                "give_answer",
                "judge",
            ]
            usage = body["usage"]
            assert usage["llm_calls"] == 6 and usage["input_tokens"] > 0 and usage["cost_usd"] is None
            trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
            calls = [call for agent in trace["rounds"][0]["agents"] for call in agent["llm_calls"]]
            assert len(calls) == 6
            assert sum(call["input_tokens"] for call in calls) == usage["input_tokens"]
            assert "sk-secret-key" not in str(trace) + str(body)


@pytest.mark.parametrize("driver", typing.get_args(DriverName))
async def test_the_setting_says_in_which_form_the_model_is_asked(start: Any, upstream: Any, driver: str) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model), driver=driver) as services:
            body = await ask(services, WHOSE, strategy="fan_out")
            assert body["status"] == "completed"
            assert upstream.sent("GET") == ["/orders/123456", "/customers/cus-77"]
            assert {asked.form for asked in model.requests} == {driver}


async def test_a_later_step_takes_its_value_from_an_earlier_result(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, WHOSE)
            assert body["status"] == "completed"
            assert upstream.sent("GET") == ["/orders/123456", "/customers/cus-77"]
            assert body["calls"][1]["origins"]["customer_id"] == {
                "source": "step",
                "step": "1",
                "pointer": "/customer_id",
            }


async def test_a_value_that_a_model_made_up_is_asked_for_and_never_sent(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Mail it to me, the order 123456")
            assert body["status"] == "input_required"
            assert body["input_requests"][0]["reason"] == "missing_parameters"
            assert upstream.received == []


async def test_a_model_asks_back_and_is_resumed(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Where is my order?")
            assert body["status"] == "input_required"
            before = body["usage"]["llm_calls"]
            body = await services.runs.resume(
                body["thread_id"], ResumeRequest(params={"order_id": "55555"}), tenant="default"
            )
            assert body["status"] == "completed" and "Oak Tray" in body["answer"]
            assert body["usage"]["llm_calls"] > before, "what the thread took counts over its pauses"


async def test_what_a_model_refuses_is_no_tool(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Tell me a joke about orders")
            assert (body["status"], upstream.received) == ("no_tool", [])


async def test_a_model_that_wants_a_change_needs_the_persons_approval(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Cancel order 123456")
            assert body["input_requests"][0]["reason"] == "approval"
            assert upstream.received == []


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 4, 5])
async def test_a_limit_of_model_calls_ends_cleanly_wherever_it_falls(start: Any, upstream: Any, calls: int) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Which item was ordered for 123456?", strategy="fan_out", max_llm_calls=calls)
            assert len(model.requests) <= calls
            assert body["stopped_by"] == "max_llm_calls"
            assert body["status"] == ("completed" if body["calls"] else "failed")
            assert bool(body["calls"]) == (calls >= 4)
            assert body["answer"]


async def test_a_hanging_model_ends_at_the_deadline(start: Any, upstream: Any) -> None:
    with ScriptedModel(HANG) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, WHOSE, strategy="fan_out", deadline_seconds=0.5)
            assert body["status"] == "failed"
            assert body["stopped_by"] == "deadline_seconds"


async def test_a_model_that_is_out_of_order_is_a_failed_answer_with_the_cure(start: Any, upstream: Any) -> None:
    with ScriptedModel(Fault(401)) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, WHOSE, strategy="fan_out")
            assert body["status"] == "failed"
            assert body["error"]["code"] == "model_unavailable"
            assert "SWITCHBOARD_REASONER=offline" in body["error"]["detail"]
            assert "sk-secret-key" not in str(body)
            assert upstream.received == []


async def test_what_a_step_lacks_is_read_from_results_though_the_plan_forgot_to_say_so(
    start: Any, upstream: Any
) -> None:
    """Weak models leave `depends_on` out: the call that can be made is made, before a person is asked."""

    def forgetful(asked: Asked) -> Reply:
        reply = ORACLE(asked)
        if asked.function_name == "plan_calls" and isinstance(reply, dict):
            return {**reply, "steps": []}
        if asked.function_name == "set_parameters" and "Ada" not in asked.text and "cus-77" not in asked.text:
            return {name: value for name, value in reply.items() if name != "customer_id"}  # type: ignore[union-attr]
        return reply

    with ScriptedModel(forgetful) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, WHOSE)
            assert body["status"] == "completed"
            assert upstream.sent("GET") == ["/orders/123456", "/customers/cus-77"]
            assert body["calls"][1]["origins"]["customer_id"]["source"] == "step"


async def test_a_search_that_found_nothing_is_told_and_no_id_is_asked_for(start: Any, upstream: Any) -> None:
    upstream.answers["GET /orders/123456"] = (200, {"count": 0, "orders": []})

    def honest(asked: Asked) -> Reply:
        reply = ORACLE(asked)
        if asked.function_name == "set_parameters" and "customer_id" in asked.properties:
            return {}
        return reply

    with ScriptedModel(honest) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, WHOSE)
            assert body["status"] == "completed" and body["input_requests"] == []
            assert upstream.sent("GET") == ["/orders/123456"]
            assert any("found nothing to go on with" in warning for warning in body["warnings"])


async def test_who_says_that_nothing_is_to_be_found_ends_the_search(start: Any, upstream: Any) -> None:
    def certain(asked: Asked) -> Reply:
        reply = ORACLE(asked)
        return {**reply, "enough": "yes"} if asked.function_name == "plan_calls" else reply  # type: ignore[dict-item]

    with ScriptedModel(certain) as model:
        async with start(**chat(model)) as services:
            body = await ask(services, "Tell me a joke about orders", strategy="fan_out")
            assert (body["status"], body["rounds"]) == ("no_tool", 1)


async def test_beside_what_needs_an_id_stands_what_finds_it(services: Services) -> None:
    known = await services.catalog.get(["shop/customers/get_customer", "weather/meteo/current"])
    pool = [Candidate(api, 1.0) for api in known.values()]
    seen = await with_finders(WHOSE, pool, services.catalog, services.index)
    assert [candidate.api.id for candidate in seen] == [*known, ORDER.api_id]
    assert "customer_id" in seen[-1].why


async def test_a_change_that_a_plan_names_twice_is_asked_about_and_sent_once(start: Any, upstream: Any) -> None:
    with ScriptedModel(Oracle({"Cancel order 123456": [CANCEL, CANCEL]})) as model:
        async with start(**chat(model)) as services:
            asked = await ask(services, "Cancel order 123456", strategy="fan_out")
            (request,) = asked["input_requests"]
            assert any("same call as step 1" in told for told in asked["warnings"])
            answer = {"responses": [{"id": request["id"], "action": "accept", "content": {}}]}
            resume = ResumeRequest.model_validate(answer)
            body: Any = await services.runs.resume(asked["thread_id"], resume, tenant="default")
            assert body["status"] == "completed"
            assert upstream.sent("DELETE") == ["/orders/123456"]
            assert len([told for told in body["warnings"] if "same call as step 1" in told]) == 1

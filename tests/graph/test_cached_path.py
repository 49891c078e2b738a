"""A question asked again, through the whole service: no model call until parameters are filled."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.oracle import Gold, Oracle
from evals.scripted_model import ScriptedModel
from graph.requests import QueryRequest
from graph.services import Services
from reasoners.chat.prompts import Prompt

QUERY = "Which item was ordered for 123456?"
CANCEL = "Cancel order 123456"
ORACLE = Oracle(
    {
        QUERY: [Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"})],
        CANCEL: [Gold("shop/orders/cancel_order", "shop/orders", "Shop", parameters={"order_id": "123456"})],
    }
)


def chat(model: ScriptedModel, **settings: Any) -> dict[str, Any]:
    return {"reasoner": "chat", "model": "scripted", "openai_base_url": model.url, **settings}


async def ask(services: Services, query: str = QUERY, *, tenant: str = "default") -> Any:
    request = QueryRequest.model_validate({"query": query, "options": {"strategy": "fan_out"}})
    return await services.runs.ask(request, tenant=tenant)


def asked(model: ScriptedModel) -> list[str]:
    """The functions that the model was asked for since the last look."""
    functions = [request.function_name for request in model.requests]
    model.requests.clear()
    return functions


def is_retrieval(function: str) -> bool:
    return function.startswith("choose_") or function == "plan_calls"


def retrieval(model: ScriptedModel) -> list[str]:
    """Those of them that look for APIs."""
    return [function for function in asked(model) if is_retrieval(function)]


async def test_a_repeated_question_costs_no_model_call_in_retrieval(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            first = await ask(services)
            asked_first = asked(model)
            second = await ask(services)
            asked_second = asked(model)
    assert {"choose_categories", "plan_calls", "set_parameters", "give_answer"} <= set(asked_first)
    assert asked_second == [function for function in asked_first if not is_retrieval(function)]
    assert second["answer"] == first["answer"] and "Herbal Handsoap" in second["answer"]
    assert second["usage"]["llm_calls"] == len(asked_second)
    assert upstream.sent("GET") == ["/orders/123456"] * 2


async def agents_of(services: Services, body: Any) -> dict[str, Any]:
    trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
    return {agent["agent"]: agent for agent in trace["rounds"][0]["agents"]}


async def test_the_trace_names_what_was_not_asked_with_the_agent_that_wanted_it(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            first, second = [await agents_of(services, await ask(services)) for _ in range(2)]
            labels = {name: prompt.label for name, prompt in services.parts.chat.prompts.items()}
    assert second["meta"]["cached"] == [labels["choose_categories"]]
    assert second["category:Shop"]["cached"] == [labels["choose_tools"]]
    assert second["select_api"]["cached"] == [labels["plan"]]
    for name in ("meta", "category:Shop", "select_api"):
        assert (first[name]["cached"], second[name]["llm_calls"]) == ([], [])
        assert second[name]["cached"] == [call["prompt"] for call in first[name]["llm_calls"]]
    assert second["meta"]["chosen"] == ["Shop"], "what was chosen is told as ever"


async def test_another_tenant_asks_the_model_itself(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            await ask(services, tenant="one")
            of_one = asked(model)
            await ask(services, tenant="two")
            assert asked(model) == of_one


async def test_a_new_version_of_a_prompt_is_asked_again_and_the_others_are_not(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            await ask(services)
            asked(model)
            chat_reasoner = services.parts.chat
            new = Prompt("choose_tools", chat_reasoner.prompts["choose_tools"].text + " Be brief.")
            services.parts.chat = replace(chat_reasoner, prompts={**chat_reasoner.prompts, "choose_tools": new})
            await ask(services)
            assert retrieval(model) == ["choose_tools"]


async def test_a_change_of_the_catalog_asks_again_for_all(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            await ask(services)
            before = asked(model)
            (weather,) = (await services.catalog.get(["weather/meteo/current"])).values()
            await services.catalog.put(weather.model_copy(update={"description": "The weather."}))
            await services.index.sync()
            await ask(services)
            assert asked(model) == before


async def test_a_plan_that_changes_something_is_made_anew_each_time(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            for _ in range(2):
                asked(model)
                body = await ask(services, CANCEL)
                assert body["input_requests"][0]["reason"] == "approval"
            assert retrieval(model) == ["plan_calls"]
    assert upstream.received == []


async def test_a_restart_keeps_the_answers(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            await ask(services)
            asked(model)
        async with start(**chat(model)) as services:
            await ask(services)
            assert retrieval(model) == []


async def test_another_model_or_form_of_asking_is_another_mind(start: Any, upstream: Any) -> None:
    with ScriptedModel(ORACLE) as model:
        for other in ({}, {"model": "another"}, {"driver": "react"}):
            async with start(**{**chat(model), **other}) as services:
                await ask(services)
                assert {"choose_categories", "choose_tools", "plan_calls"} <= set(retrieval(model))


async def test_without_a_life_nothing_is_kept(start: Any, upstream: Any, tmp_path: Path) -> None:
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, cache_seconds=0)) as services:
            for _ in range(2):
                await ask(services)
                assert {"choose_categories", "choose_tools", "plan_calls"} <= set(retrieval(model))
    assert not (tmp_path / "data" / "cache.db").exists()


async def test_without_a_model_there_is_no_cache(start: Any, upstream: Any, tmp_path: Path) -> None:
    async with start() as services:
        await ask(services)
    assert not (tmp_path / "data" / "cache.db").exists()


async def test_a_broken_file_fails_no_question(
    start: Any, upstream: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache.db").write_bytes(b"no database at all " * 100)
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model)) as services:
            body = await ask(services)
            assert body["status"] == "completed"
            asked(model)
            await ask(services)
            assert retrieval(model) == [], "memory stands in for the file"
    warned = [record.name for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned == ["graph.sqlite_cache"]

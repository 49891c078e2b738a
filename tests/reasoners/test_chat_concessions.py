"""Servers that refuse a field of the request: it is left out, found out once, and the answer comes all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from catalog.errors import ModelUnavailable
from evals.replies import Asked, Behaviour, Fault, Reply
from evals.scripted_model import ScriptedModel
from reasoners.chat import ChatReasoner, open_chat
from reasoners.protocol import Chosen, Option

OPTIONS = [Option("Weather", "Weather"), Option("Books", "Books")]
GOOD: Reply = {"categories": ["Books"], "reason": "r"}


def refusal(message: str, status: int = 400, **more: str) -> Fault:
    return Fault(status, body=json.dumps({"error": {"message": message, **more}}))


@asynccontextmanager
async def chat(behaviour: Behaviour | list[Reply]) -> AsyncIterator[tuple[ChatReasoner, ScriptedModel]]:
    async with ScriptedModel(behaviour) as model:
        reasoner = open_chat(model="deployment-7", base_url=model.url, pause_seconds=0)
        try:
            yield reasoner, model
        finally:
            await reasoner.close()


async def choose(reasoner: ChatReasoner) -> Chosen:
    return await reasoner.choose("A novel?", OPTIONS, level="category", limit=3)


def picky(asked: Asked) -> Reply:
    """A model of the kind that thinks: its own temperature, and calls only of its own will."""
    if "temperature" in asked.body:
        return refusal("Unsupported value: 'temperature' does not support 0 with this model.")
    if asked.body.get("tool_choice") is not None:
        return refusal("The tool_choice parameter does not support being set to required or object in thinking mode")
    return GOOD


async def test_a_field_that_is_refused_is_left_out_from_then_on() -> None:
    async with chat(picky) as (reasoner, model):
        first, second = await choose(reasoner), await choose(reasoner)

    assert first.ids == second.ids == ("Books",)
    assert [asked.body.get("tool_choice", "left out") for asked in model.requests][2:] == [
        "required",
        "left out",
        "left out",
    ]
    assert "temperature" not in model.requests[-1].body


async def test_many_requests_refused_at_once_all_get_their_answer() -> None:
    async with chat(picky) as (reasoner, _):
        chosen = await asyncio.gather(*(choose(reasoner) for _ in range(8)))

    assert {c.ids for c in chosen} == {("Books",)}


@pytest.mark.parametrize(
    "said",
    [
        "registry.ollama.ai/library/gemma3:4b does not support tools",
        'No endpoints found that support tool use. Try disabling "choose_categories".',
        "tools param requires --jinja flag",
    ],
)
async def test_a_model_without_tools_is_shown_the_schema_and_answers_in_text(said: str) -> None:
    def without_tools(asked: Asked) -> Reply:
        return refusal(said) if asked.body.get("tools") else 'Sure: {"categories": ["Books"]}'

    async with chat(without_tools) as (reasoner, model):
        assert (await choose(reasoner)).ids == ("Books",)

    shown = model.requests[-1].text
    assert "JSON Schema of the arguments of `choose_categories`" in shown
    assert '"enum": ["Weather", "Books"]' in shown
    assert shown.rstrip().endswith("A novel?")


async def test_a_server_that_wants_tools_switched_on_is_asked_without() -> None:
    wants_a_flag = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'

    async with chat(lambda asked: refusal(wants_a_flag) if asked.body.get("tools") else '{"categories": []}') as (
        reasoner,
        _,
    ):
        assert (await choose(reasoner)).ids == ()


async def test_a_call_that_the_server_found_malformed_is_repaired() -> None:
    malformed = refusal("Failed to call a function.", code="tool_use_failed", failed_generation="<function=...")

    async with chat([malformed, GOOD]) as (reasoner, model):
        assert (await choose(reasoner)).ids == ("Books",)

    assert "do not keep to its schema" in model.requests[1].text


async def test_what_is_refused_in_any_form_is_an_error() -> None:
    async with chat(lambda asked: refusal("tool_choice: tools are not supported, temperature neither")) as (
        reasoner,
        m,
    ):
        with pytest.raises(ModelUnavailable):
            await choose(reasoner)

    assert len(m.requests) == 5

"""What the chat reasoner does when the model's server fails, and how each request is accounted for."""

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files

import pytest

from catalog.errors import BudgetExhausted, MalformedAnswer, ModelUnavailable
from evals.replies import DRIP, EMPTY_CHOICES, GARBAGE, HANG, HTML, RESET, Asked, Behaviour, Call, Fault, Message, Reply
from evals.scripted_model import ScriptedModel
from reasoners.chat import ChatReasoner, open_chat
from reasoners.chat.prices import Price
from reasoners.meter import ModelCall
from reasoners.protocol import Chosen, Option

KEY = "sk-secret-0123456789"
OPTIONS = [Option("Weather", "Weather"), Option("Books", "Books")]
GOOD: Reply = {"categories": ["Books"], "reason": "r"}


@dataclass
class Ledger:
    """A meter that writes down what it is told."""

    calls_allowed: int = 100
    seconds: float = 60.0
    reserved: list[int] = field(default_factory=list)
    settled: list[tuple[ModelCall, int]] = field(default_factory=list)

    def reserve(self, tokens: int) -> None:
        if len(self.reserved) >= self.calls_allowed:
            raise BudgetExhausted("max_llm_calls")
        self.reserved.append(tokens)

    def settle(self, call: ModelCall, *, reserved: int) -> None:
        self.settled.append((call, reserved))

    def seconds_left(self) -> float:
        return self.seconds


@asynccontextmanager
async def chat(
    behaviour: Behaviour | Reply | list[Reply], *, timeout_seconds: float = 30, usage: bool = True, **more: object
) -> AsyncIterator[tuple[ChatReasoner, ScriptedModel, Ledger]]:
    ledger = Ledger()
    async with ScriptedModel(behaviour, usage=usage) as model:
        reasoner = open_chat(
            model="gpt-4o-mini",
            base_url=model.url,
            api_key=KEY,
            pause_seconds=0,
            timeout_seconds=timeout_seconds,
            **more,  # type: ignore[arg-type]
        )
        try:
            yield replace(reasoner, meter=ledger), model, ledger
        finally:
            await reasoner.close()


async def choose(reasoner: ChatReasoner) -> Chosen:
    return await reasoner.choose("A novel?", OPTIONS, level="category", limit=3)


RETRIED = {
    "429": Fault(429, {"retry-after": "0"}),
    "500": Fault(500),
    "503": Fault(503, body="busy"),
    "reset": RESET,
    "html": HTML,
    "garbage": GARBAGE,
    "empty choices": EMPTY_CHOICES,
}


@pytest.mark.parametrize("fault", RETRIED.values(), ids=RETRIED.keys())
async def test_a_passing_fault_is_passed_over_and_accounted_for(fault: Fault) -> None:
    async with chat([fault, GOOD]) as (reasoner, _, ledger):
        assert (await choose(reasoner)).ids == ("Books",)

    first, second = [call for call, _ in ledger.settled]
    assert first.error
    assert (first.input_tokens, first.output_tokens, first.cost_usd) == (None, None, None)
    assert second.error is None
    assert [reserved for _, reserved in ledger.settled] == ledger.reserved


@pytest.mark.parametrize("fault", RETRIED.values(), ids=RETRIED.keys())
async def test_a_lasting_fault_is_said_after_three_attempts(fault: Fault) -> None:
    async with chat(fault) as (reasoner, model, ledger):
        with pytest.raises(ModelUnavailable) as raised:
            await choose(reasoner)

    assert len(model.requests) == len(ledger.settled) == 3
    assert model.url.split("/")[2] in raised.value.reason


async def test_a_fault_in_the_repair_is_passed_over_too() -> None:
    async with chat([{"categories": ["Musik"]}, Fault(500), GOOD]) as (reasoner, model, _):
        assert (await choose(reasoner)).ids == ("Books",)

    assert model.requests[1].body == model.requests[2].body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_not_repeated_and_the_key_is_in_no_message(status: int) -> None:
    echo = Fault(status, body=json.dumps({"error": {"message": f"no good: {KEY}"}}))
    async with chat(echo) as (reasoner, model, ledger):
        with pytest.raises(ModelUnavailable) as raised:
            await choose(reasoner)

    assert len(model.requests) == 1
    assert f"answered {status}: no good: ***" in raised.value.reason
    assert KEY not in f"{raised.value!r}{raised.value.__cause__!r}{ledger.settled!r}{reasoner!r}"
    assert model.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_key_in_a_malformed_answer_is_masked() -> None:
    async with chat([f"your key is {KEY}"] * 2) as (reasoner, _, _ledger):
        with pytest.raises(MalformedAnswer) as raised:
            await choose(reasoner)

    assert KEY not in f"{raised.value!r}{raised.value.received}"


@pytest.mark.parametrize("fault", [HANG, DRIP], ids=["hang", "drip"])
async def test_an_answer_that_never_ends_is_cut_off(fault: Fault) -> None:
    async with chat(fault, timeout_seconds=0.2) as (reasoner, model, ledger):
        with pytest.raises(ModelUnavailable, match=r"no complete answer within 0\.2 s"):
            await choose(reasoner)

    assert len(model.requests) == len(ledger.settled) == 1


@pytest.mark.parametrize("fault", [HANG, DRIP], ids=["hang", "drip"])
async def test_the_deadline_of_the_run_goes_before_the_timeout(fault: Fault) -> None:
    async with chat(fault) as (reasoner, _, ledger):
        ledger.seconds = 0.2
        with pytest.raises(BudgetExhausted) as raised:
            await choose(reasoner)

    assert raised.value.limit == "deadline_seconds"
    assert len(ledger.settled) == 1


async def test_no_request_is_made_when_the_time_is_up() -> None:
    async with chat(GOOD) as (reasoner, model, ledger):
        ledger.seconds = 0.0
        with pytest.raises(BudgetExhausted):
            await choose(reasoner)

    assert model.requests == []


async def test_a_pause_that_outlasts_the_time_is_not_waited_for() -> None:
    async with chat(Fault(429, {"retry-after": "3600"}), timeout_seconds=5) as (reasoner, model, _):
        with pytest.raises(ModelUnavailable, match="429"):
            await choose(reasoner)

    assert len(model.requests) == 1


async def test_retries_and_repairs_are_reserved_before_they_are_sent() -> None:
    async with chat([Fault(500), {"categories": "?"}, GOOD]) as (reasoner, model, ledger):
        ledger.calls_allowed = 2
        with pytest.raises(BudgetExhausted) as raised:
            await choose(reasoner)

    assert raised.value.limit == "max_llm_calls"
    assert len(model.requests) == 2


MALFORMED: dict[str, Reply] = {
    "empty content": Message(""),
    "prose": "I would take books.",
    "truncated arguments": (Call("choose_categories", '{"categories": ["Boo'),),
    "truncated content": '{"categories": ["Boo',
    "cut off": Message('{"categories": ["Books"]}', finish_reason="length"),
    "other function": (Call("search", {"categories": ["Books"]}),),
    "arguments are a list": (Call("choose_categories", '["Books"]'),),
    "wrong type": {"categories": {"Books": True}},
    "nothing of use": {"reason": "because"},
    "null": {"categories": None},
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_answer_is_repaired_once(reply: Reply) -> None:
    async with chat([reply, GOOD]) as (reasoner, model, _):
        assert (await choose(reasoner)).ids == ("Books",)

    assert "Your answer cannot be used" in model.requests[1].text


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_twice_is_an_error_and_never_nothing_fits(reply: Reply) -> None:
    async with chat([reply, reply, GOOD]) as (reasoner, model, _):
        with pytest.raises(MalformedAnswer) as raised:
            await choose(reasoner)

    assert len(model.requests) == 2
    assert raised.value.prompt.startswith("choose_categories@")


async def test_a_good_answer_with_a_made_up_name_outlives_a_broken_repair() -> None:
    async with chat([{"categories": ["Books", "Musik"]}, "sorry"]) as (reasoner, _, _ledger):
        assert (await choose(reasoner)).ids == ("Books",)


async def test_a_huge_answer_is_cut_off() -> None:
    async with chat(Fault(200, body=" " * 9_000_000)) as (reasoner, model, _):
        with pytest.raises(ModelUnavailable, match="more than 8388608 bytes"):
            await choose(reasoner)

    assert len(model.requests) == 1


async def test_tokens_and_cost_are_what_the_server_says() -> None:
    async with chat(GOOD, prices={"gpt-4o-mini": Price(2.0, 10.0)}) as (reasoner, _, ledger):
        await choose(reasoner)

    [(call, reserved)] = ledger.settled
    assert call.input_tokens and call.output_tokens
    assert call.cost_usd == pytest.approx((call.input_tokens * 2 + call.output_tokens * 10) / 1e6)
    assert call.input_tokens <= reserved
    assert call.prompt.startswith("choose_categories@")


async def test_unknown_tokens_cost_an_unknown_sum() -> None:
    async with chat(GOOD, usage=False) as (reasoner, _, ledger):
        await choose(reasoner)

    [(call, _)] = ledger.settled
    assert (call.input_tokens, call.output_tokens, call.cost_usd) == (None, None, None)


async def test_a_model_without_a_price_costs_an_unknown_sum() -> None:
    async with ScriptedModel(GOOD) as model:
        ledger = Ledger()
        reasoner = replace(open_chat(model="our-own", base_url=model.url), meter=ledger)
        await choose(reasoner)
        await reasoner.close()

    [(call, _)] = ledger.settled
    assert call.input_tokens is not None
    assert call.cost_usd is None


async def test_no_more_requests_at_once_than_allowed() -> None:
    async with ScriptedModel(GOOD, latency_seconds=0.02) as model:
        reasoner = open_chat(model="m", base_url=model.url, max_concurrency=3)
        chosen = await asyncio.gather(*(choose(replace(reasoner, meter=Ledger())) for _ in range(12)))
        await reasoner.close()

    assert [c.ids for c in chosen] == [("Books",)] * 12
    assert model.most_at_once == 3


async def test_parallel_questions_do_not_see_each_other() -> None:
    def echo(asked: Asked) -> Reply:
        return {"categories": [], "reason": asked.text.rpartition("Question:\n")[2]}

    async with ScriptedModel(echo) as model:
        reasoner = open_chat(model="m", base_url=model.url)
        asked = [reasoner.choose(f"q{n}", OPTIONS, level="category", limit=1) for n in range(30)]
        chosen = await asyncio.gather(*asked)
        await reasoner.close()

    assert [c.reason for c in chosen] == [f"q{n}" for n in range(30)]


async def test_a_cancelled_question_is_settled() -> None:
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()

    def hang(asked: Asked) -> Reply:
        loop.call_soon_threadsafe(arrived.set)
        return HANG

    async with chat(hang) as (reasoner, _, ledger):
        task = asyncio.create_task(choose(reasoner))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert len(ledger.settled) == 1


async def test_the_scripted_server_leaves_no_thread() -> None:
    async with ScriptedModel(HANG):
        pass

    assert not [t for t in threading.enumerate() if t.name == "scripted-model"]


async def test_the_version_of_a_prompt_is_the_hash_of_its_text() -> None:
    async with chat(GOOD) as (reasoner, _, ledger):
        await choose(reasoner)

    text = (files("reasoners") / "prompts" / "choose_categories.md").read_text("utf-8").strip()
    assert ledger.settled[0][0].prompt == f"choose_categories@{hashlib.sha256(text.encode()).hexdigest()[:6]}"

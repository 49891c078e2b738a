"""How requests reach a model: one pool of connections, nothing built per call, watched by whoever watches LangChain."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest
from langchain_core.callbacks import AsyncCallbackHandler, get_usage_metadata_callback
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

from catalog.errors import ModelUnavailable, SettingsError
from evals.replies import Fault, Reply
from evals.scripted_model import ScriptedModel
from reasoners.chat import ChatReasoner, open_chat
from reasoners.protocol import Chosen, Option

OPTIONS = [Option("Weather", "Weather"), Option("Books", "Books")]
GOOD: Reply = {"categories": ["Books"], "reason": "r"}
ARGUMENTS = json.dumps(GOOD)


async def choose(reasoner: ChatReasoner, query: str = "A novel?") -> Chosen:
    return await reasoner.choose(query, OPTIONS, level="category", limit=3)


@asynccontextmanager
async def chat(behaviour: Reply, **more: Any) -> AsyncIterator[tuple[ChatReasoner, ScriptedModel]]:
    async with ScriptedModel(behaviour) as model:
        reasoner = open_chat(model="gpt-4o-mini", base_url=model.url, pause_seconds=0, **more)
        try:
            yield reasoner, model
        finally:
            await reasoner.close()


@dataclass
class Counting:
    """A server of one answer that counts who connects."""

    url: str = ""
    connections: int = 0
    requests: int = 0

    served: list[asyncio.Task[None]] = field(default_factory=list)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.served.append(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode().lower():
                await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))
                self.requests += 1
                writer.write(ANSWERED)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


CALL = {"id": "1", "type": "function", "function": {"name": "choose_categories", "arguments": ARGUMENTS}}
BODY = json.dumps({"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}]}).encode()
ANSWERED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY


@asynccontextmanager
async def counting() -> AsyncIterator[Counting]:
    counted = Counting()
    server = await asyncio.start_server(counted.accept, "127.0.0.1", 0)
    counted.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield counted
        await asyncio.gather(*counted.served)


async def test_a_hundred_calls_at_once_share_one_pool_and_build_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def counted(kind: type) -> None:
        construct = kind.__init__  # type: ignore[misc]

        def count(self: object, *given: object, **named: object) -> None:
            built.append(kind.__name__)
            construct(self, *given, **named)

        monkeypatch.setattr(kind, "__init__", count)

    async with counting() as server:
        reasoner = open_chat(model="m", base_url=server.url, max_concurrency=8)
        for kind in (httpx2.AsyncClient, httpx2.Client, openai.AsyncOpenAI, openai.OpenAI, ChatOpenAI):
            counted(kind)
        chosen = await asyncio.gather(*(choose(reasoner, f"q{n}") for n in range(100)))
        again = [await choose(reasoner) for _ in range(3)]
        await reasoner.close()

    assert {c.ids for c in [*chosen, *again]} == {("Books",)}
    assert server.requests == 103
    assert server.connections <= 8
    assert built == []


@dataclass
class Watching(AsyncCallbackHandler):
    """What somebody who traces LangChain sees."""

    seen: list[str] = field(default_factory=list)
    answers: list[LLMResult] = field(default_factory=list)

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **kwargs: Any
    ) -> None:
        self.seen += [str(message.text) for message in messages[0]]

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        self.answers.append(response)

    async def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.seen.append(type(error).__name__)


async def watched(reasoner: ChatReasoner, by: Watching) -> None:
    """As in a node of a graph, whose watchers were named when it was started."""

    async def node(query: str) -> Chosen:
        return await choose(reasoner, query)

    await RunnableLambda(node).ainvoke("A novel?", config={"callbacks": [by]})


async def test_who_watches_the_graph_sees_the_messages_the_answer_and_the_tokens() -> None:
    watching = Watching()
    async with chat(GOOD) as (reasoner, _):
        with get_usage_metadata_callback() as used:
            await watched(reasoner, watching)

    assert any(text.endswith("Question:\nA novel?") for text in watching.seen)
    [answer] = watching.answers
    message = answer.generations[0][0].message  # type: ignore[union-attr]
    assert isinstance(message, AIMessage)
    assert message.tool_calls[0]["args"] == GOOD
    assert answer.llm_output and answer.llm_output["token_usage"]["prompt_tokens"] > 0
    [counted] = used.usage_metadata.values()
    assert counted["input_tokens"] > 0 and counted["output_tokens"] > 0


async def test_who_watches_sees_a_failure_and_no_key() -> None:
    watching = Watching()
    async with chat(Fault(403, body='{"error": {"message": "no sk-never-shown"}}'), api_key="sk-never-shown") as (c, _):
        with pytest.raises(ModelUnavailable):
            await watched(c, watching)

    assert "HTTPStatusError" in watching.seen
    assert "sk-never-shown" not in str(watching.seen)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": {"message": "no such model"}}', "no such model"),
        ('{"error": "model not found, try pulling it first"}', "model not found, try pulling it first"),
        ('{"object": "error", "message": "The model does not exist.", "code": 404}', "The model does not exist."),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"detail": [{"loc": ["body"], "msg": "field required"}]}', "field required"),
        ("<h1>Not\n here</h1>", "<h1>Not here</h1>"),
        ("", "404"),
    ],
)
async def test_what_a_server_says_is_told_wherever_it_stands(body: str, said: str) -> None:
    async with chat(Fault(404, body=body)) as (reasoner, _):
        with pytest.raises(ModelUnavailable) as raised:
            await choose(reasoner)

    assert said in raised.value.reason


async def test_a_body_that_is_no_completion_is_shown() -> None:
    async with chat(Fault(200, {"content-type": "text/html"}, "<title>Sign in</title>"), attempts=1) as (reasoner, _):
        with pytest.raises(ModelUnavailable, match="something else than a chat completion: <title>Sign in</title>"):
            await choose(reasoner)


async def test_half_a_character_in_a_question_does_not_keep_it_from_being_sent() -> None:
    async with chat(GOOD) as (reasoner, model):
        assert (await choose(reasoner, "A novel \udcff?")).ids == ("Books",)

    assert model.requests[0].text.endswith("A novel ??")


@pytest.mark.parametrize("key", ["sk-\nabc", "sk-ключ", "sk\x00"])
def test_a_key_that_cannot_be_sent_is_refused_at_once_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as raised:
        open_chat(model="m", api_key=key)

    assert raised.value.name == "OPENAI_API_KEY"
    assert key not in str(raised.value)


async def test_a_key_is_sent_without_what_a_copy_brought_along() -> None:
    async with chat(GOOD, api_key=" sk-1\n") as (reasoner, model):
        await choose(reasoner)

    assert model.requests[0].headers["authorization"] == "Bearer sk-1"


async def test_the_organization_that_pays_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-7")
    async with chat(GOOD) as (reasoner, model):
        await choose(reasoner)

    assert model.requests[0].headers["openai-organization"] == "org-7"


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    async with ScriptedModel(GOOD) as other:
        async with chat(Fault(307, {"location": f"{other.url}/chat/completions"}), api_key="sk-1") as (reasoner, _):
            with pytest.raises(ModelUnavailable, match="answered 307"):
                await choose(reasoner)

        assert other.requests == []

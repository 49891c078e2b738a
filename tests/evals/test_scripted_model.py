"""The scripted model is a real server: other clients than ours, and people at a shell, can use it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from evals.records import read_records
from evals.replies import RESET, Asked, Call, Fault, Reply
from evals.scripted_model import ScriptedModel

ROOT = Path(__file__).parents[2]
TOOLS = [{"type": "function", "function": {"name": "pick", "parameters": {"type": "object", "properties": {}}}}]


def ask(model: ScriptedModel, **more: object) -> httpx2.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": "Grüße"}], "tools": TOOLS, **more}
    return httpx2.post(f"{model.url}/chat/completions", json=body)


def test_a_script_is_played_in_order_and_then_refuses() -> None:
    with ScriptedModel([{"a": 1}, "words", Fault(503)]) as model:
        first, second, third, fourth = [ask(model) for _ in range(4)]

    call = first.json()["choices"][0]["message"]["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == ("pick", {"a": 1})
    assert second.json()["choices"][0]["message"]["content"] == "words"
    assert (third.status_code, fourth.status_code) == (503, 400)


def test_one_reply_is_given_to_everyone_and_a_function_is_asked() -> None:
    def echo(asked: Asked) -> Reply:
        return asked.text

    with ScriptedModel("always") as model, ScriptedModel(echo) as other:
        said = [ask(model).json()["choices"][0]["message"]["content"] for _ in range(3)]
        echoed = ask(other).json()["choices"][0]["message"]["content"]

    assert said == ["always"] * 3
    assert echoed == "Grüße"


def test_it_counts_what_arrives() -> None:
    with ScriptedModel("x") as model:
        answer = ask(model)

    assert model.requests[0].body["model"] == "m"
    assert model.characters == model.requests[0].characters > 0
    assert answer.json()["usage"]["prompt_tokens"] == model.characters // 4
    assert (model.under_way, model.most_at_once) == (0, 1)


def test_it_tells_of_each_request_and_of_all_until_it_forgets() -> None:
    forgotten: list[bool] = []
    with ScriptedModel(
        [{"a": 1}, Fault(503)], label=lambda asked: f"<{asked.text}>", forget=lambda: forgotten.append(True)
    ) as model:
        for _ in range(2):
            ask(model)
        first, second = read_records(httpx2.get(f"{model.url}/requests").content)
        told = httpx2.get(f"{model.url}/counters").json()
        characters = model.characters
        httpx2.post(f"{model.url}/forget")
        after = httpx2.get(f"{model.url}/counters").json()

    assert [(r.number, r.question, r.function, r.status) for r in (first, second)] == [
        (1, "<Grüße>", "pick", 200),
        (2, "<Grüße>", "pick", 503),
    ]
    assert first.arrived <= first.answered <= second.arrived
    assert (first.input_tokens, first.output_tokens > 0, second.output_tokens) == (first.characters // 4, True, 0)
    assert (told["requests"], told["failed"], told["by_function"]) == (2, 1, {"pick": 2})
    assert (told["characters"], told["by_question"], told["most_at_once"]) == (characters, {"<Grüße>": 2}, 1)
    assert (after["requests"], forgotten) == (0, [True])


def test_a_connection_that_was_broken_off_is_told_of_too() -> None:
    with ScriptedModel(RESET) as model:
        with pytest.raises(httpx2.TransportError):
            ask(model)
        [record] = read_records(httpx2.get(f"{model.url}/requests").content)

    assert record.status == 0


def test_several_calls_are_one_message() -> None:
    with ScriptedModel((Call("a", {}), Call("b", "{broken"))) as model:
        calls = ask(model).json()["choices"][0]["message"]["tool_calls"]

    assert [(c["function"]["name"], c["function"]["arguments"]) for c in calls] == [("a", "{}"), ("b", "{broken")]


def test_it_lists_its_models_and_knows_no_other_path() -> None:
    with ScriptedModel("x") as model:
        assert httpx2.get(f"{model.url}/models").json()["data"][0]["id"] == "scripted"
        assert httpx2.get(f"{model.url}/nowhere").status_code == 404
        assert model.requests == []


def test_it_stops_cleanly_while_requests_hang() -> None:
    with socket.socket() as client, ScriptedModel(Fault(manner="hang")) as model:
        client.connect(("127.0.0.1", urlsplit(model.url).port))
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")

    assert not [t for t in threading.enumerate() if t.name == "scripted-model"]


def test_a_busy_port_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="already in use"):
            ScriptedModel("x", port=taken.getsockname()[1]).start()


def test_it_can_be_started_from_a_shell(tmp_path: Path) -> None:
    gold = tmp_path / "gold.json"
    gold.write_text(json.dumps([{"question": "Grüße", "apis": [{"api_id": "a/b/c"}]}]))
    command = [sys.executable, "-m", "evals.scripted_model", "--oracle", str(gold)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        assert server.stdout
        url = server.stdout.readline().strip().removeprefix("OPENAI_BASE_URL=")
        listed = httpx2.get(f"{url}/models").status_code
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0

    assert listed == 200

"""The graph in LangGraph's own development server, driven as Studio and its clients do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catalog.importing import import_document
from catalog.sqlite import SqliteCatalog
from graph.build import build
from graph.settings import Settings
from graph.studio import OpenedLate

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
ORDERS = {"123456": "Herbal Handsoap", "55555": "Oak Tray"}
ORDER_ID = {
    "name": "order_id",
    "place": "path",
    "required": True,
    "title": "Order ID",
    "description": "Five or six digits.",
    "pattern": "^[0-9]{5,6}$",
}


def shop(url: str) -> dict[str, Any]:
    show = {
        "name": "get_order",
        "title": "Get order",
        "path": "/orders/{order_id}",
        "description": "Status and items of an order.",
        "parameters": [ORDER_ID],
        "examples": ["Where is my order?", "Which item was ordered for 55555?"],
    }
    cancel = {
        "name": "cancel_order",
        "title": "Cancel order",
        "method": "DELETE",
        "path": "/orders/{order_id}",
        "description": "Cancel an order that has not shipped yet.",
        "parameters": [ORDER_ID],
        "examples": ["Cancel order 55555"],
    }
    tool = {"name": "Orders", "category": "Shop", "description": "Orders", "url": url, "apis": [show, cancel]}
    return {"format": "switchboard", "version": 1, "categories": [{"name": "Shop"}], "tools": [tool]}


class Orders(BaseHTTPRequestHandler):
    """The shop itself."""

    received: list[str]

    def answer(self) -> None:
        self.received.append(f"{self.command} {self.path}")
        order_id = self.path.rpartition("/")[2]
        body = {"order_id": order_id, "status": "packed", "items": [{"name": ORDERS.get(order_id, "Box")}]}
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_DELETE = answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it received."""
    received: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Orders,), {"received": received}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    server.server_close()
    thread.join()


async def put_in(folder: Path, document: dict[str, Any]) -> None:
    store = SqliteCatalog.open(folder / "catalog.db")
    await import_document(store, document, format="switchboard", source="shop")
    await store.close()


@pytest.fixture(scope="module")
def address(upstream: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`langgraph dev`, without a key, on the shop's catalog."""
    if find_spec("langgraph_api") is None:
        pytest.skip("the extra `studio` is not installed")
    folder = tmp_path_factory.mktemp("studio")
    asyncio.run(put_in(folder / "data", shop(upstream[0])))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--config", str(ROOT / "langgraph.json")]
    options = ["--no-browser", "--no-reload", "--port", str(port), "--n-jobs-per-worker", "4"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([*command, *options], cwd=folder, env=environment(folder), stdout=log, stderr=log) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/ok", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


def environment(folder: Path) -> dict[str, str]:
    """As of a user who has set nothing but where the data is, and that the shop of these tests may be called."""
    foreign = ("SWITCHBOARD_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    ours = {"SWITCHBOARD_DATA_DIR": str(folder / "data"), "LANGGRAPH_CLI_NO_ANALYTICS": "1", "PYTHONPATH": str(ROOT)}
    return {**kept, **ours, "SWITCHBOARD_ALLOW_NETWORKS": '["127.0.0.0/8"]'}


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    with httpx2.Client(trust_env=False) as client:
        while server.poll() is None and time.monotonic() < until:
            with contextlib.suppress(httpx2.HTTPError):
                if client.get(url).is_success:
                    return
            time.sleep(0.05)
    pytest.fail(f"The development server did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    from langgraph_sdk import get_sync_client

    with get_sync_client(url=address) as opened:
        yield opened


@pytest.fixture
def assistant(client: Any) -> str:
    (only,) = client.assistants.search()
    assert only["graph_id"] == "switchboard"
    return str(only["assistant_id"])


def ask(client: Any, query: str) -> tuple[str, dict[str, Any]]:
    """The new thread, and what the run ended with."""
    thread_id = client.threads.create()["thread_id"]
    return thread_id, client.runs.wait(thread_id, "switchboard", input={"query": query})


def asked(client: Any, thread_id: str) -> dict[str, Any]:
    """The value of the thread's only interrupt."""
    (interrupts,) = client.threads.get(thread_id)["interrupts"].values()
    (interrupt,) = interrupts
    value: dict[str, Any] = interrupt["value"]
    return value


def resume(client: Any, thread_id: str, answer: object) -> dict[str, Any]:
    ended: dict[str, Any] = client.runs.wait(thread_id, "switchboard", command={"resume": answer})
    return ended


def test_the_drawing_shows_the_agents_of_every_level(client: Any, assistant: str) -> None:
    drawn = client.assistants.get_graph(assistant, xray=True)

    nodes = {node["id"] for node in drawn["nodes"]}
    assert {"meta_agent", "category:category_agent", "category:tool_agent", "select_api", "human_loop"} <= nodes


def test_the_input_form_has_the_question(client: Any, assistant: str) -> None:
    schemas = client.assistants.get_schemas(assistant)

    assert list(schemas["input_schema"]["properties"]) == ["query", "params", "options"]
    assert schemas["input_schema"]["required"] == ["query"]
    assert {"answer", "result"} <= set(schemas["output_schema"]["properties"])


def test_a_question_with_all_it_needs_is_answered(client: Any) -> None:
    thread_id, ended = ask(client, "Which item was ordered for 123456?")

    assert "Herbal Handsoap" in ended["answer"]
    assert ended["result"]["status"] == "completed"
    assert client.threads.get(thread_id)["status"] == "idle"


FORMS = {
    "value": lambda request: {"order_id": "55555"},
    "responses": lambda request: {
        "responses": [{"id": request["id"], "action": "accept", "content": {"order_id": "55555"}}]
    },
    "decisions": lambda request: {
        "decisions": [{"type": "edit", "edited_action": {"name": "Get order", "args": {"order_id": "55555"}}}]
    },
    "text": lambda request: "55555",
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_missing_is_asked_for_and_taken_in_every_form(client: Any, form: str) -> None:
    thread_id, _ = ask(client, "Where is my order?")
    assert client.threads.get(thread_id)["status"] == "interrupted"
    value = asked(client, thread_id)
    (request,), (action,) = value["input_requests"], value["action_requests"]
    assert request["schema"]["required"] == ["order_id"]
    assert action == {"name": "Get order", "args": {"order_id": None}, "description": request["message"]}

    ended = resume(client, thread_id, FORMS[form](request))

    assert "Oak Tray" in ended["answer"]
    assert ended["result"]["calls"][0]["origins"]["order_id"] == {"source": "user"}


def test_a_value_that_does_not_fit_is_asked_for_again_with_the_reason(client: Any) -> None:
    thread_id, _ = ask(client, "Where is my order?")

    resume(client, thread_id, {"order_id": "twelve"})

    (request,) = asked(client, thread_id)["input_requests"]
    assert request["attempt"] == 2
    assert request["errors"][0]["rejected"] == "twelve"
    assert "Herbal Handsoap" in resume(client, thread_id, "123456")["answer"]


def test_a_change_is_sent_only_after_it_was_approved(client: Any, upstream: tuple[str, list[str]]) -> None:
    received = upstream[1]
    declined, _ = ask(client, "Cancel order 123456")
    approved, _ = ask(client, "Cancel order 55555")
    (request,) = asked(client, declined)["input_requests"]
    assert request["request"]["method"] == "DELETE"
    assert "DELETE /orders/123456" not in received

    resume(client, declined, {"decisions": [{"type": "reject"}]})
    resume(client, approved, {"decisions": [{"type": "approve"}]})

    assert [line for line in received if line.startswith("DELETE")] == ["DELETE /orders/55555"]


def test_threads_are_the_platforms_own(client: Any) -> None:
    from langgraph_sdk.errors import NotFoundError

    thread_id = client.threads.create(metadata={"mine": "yes"})["thread_id"]
    assert client.threads.get(thread_id)["metadata"]["mine"] == "yes"

    client.threads.delete(thread_id)

    with pytest.raises(NotFoundError):
        client.threads.get(thread_id)


def test_our_routes_answer_below_their_prefix(address: str) -> None:
    with httpx2.Client(base_url=f"{address}/switchboard", trust_env=False, timeout=30) as http:
        assert http.get("/healthz").json() == {"status": "ok"}
        answered = http.post("/query", json={"query": "Which item was ordered for 55555?"}).json()
        again = http.get(f"/threads/{answered['thread_id']}").json()

    assert "Oak Tray" in answered["answer"]
    assert again == answered


async def test_nothing_is_opened_before_the_first_run_and_then_once(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", reasoner="offline")  # type: ignore[call-arg]
    needs = OpenedLate(settings)
    graph = build(needs)
    assert not (tmp_path / "data").exists()
    config: Any = {"configurable": {"thread_id": "t"}}
    names = frozenset({"catalog", "ledger"})

    first, second = await asyncio.gather(*(needs.of(names, "agent", {}, config) for _ in range(2)))
    ended = await graph.ainvoke({"query": "Where is my order?"}, config)

    assert first["catalog"] is second["catalog"]
    assert "switchboard catalog import" in ended["answer"]
    await (await needs._open()).close()

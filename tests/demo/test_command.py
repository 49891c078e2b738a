"""The demo command: what it shows of a question's path, and that it tells the truth about how it ended."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from demo.command import visit
from demo.document import PORT
from demo.reading import Origin
from demo.service import Service, ServiceFailed, plain_environment
from demo.show import told
from demo.tour import TOUR, Stop

ROOT = Path(__file__).parents[2]
ENTRY = {"id": "s/o/get", "name": "get", "title": "Get order", "category": "Shop", "tool_name": "Orders"}
TRACE = {
    "rounds": [{"route": "index", "reason": "it is sure", "agents": []}],
    "plan": [{"step": "1", "api_id": "s/o/get", "why": "speaks of orders"}],
}
POOL = [{"api_id": "s/o/get", "score": 1.0, "why": "shares 'order'"}]
WAITING = {
    "status": "input_required",
    "thread_id": "t1",
    "pool": POOL,
    "resume_url": "/query/t1/resume",
    "input_requests": [
        {
            "id": "q1",
            "reason": "missing_parameters",
            "message": "Which order?",
            "schema": {"type": "object", "properties": {"order_id": {"type": "string", "description": "Six digits."}}},
            "request": None,
        }
    ],
}
DONE = {
    "status": "completed",
    "thread_id": "t1",
    "pool": POOL,
    "answer": "It is on its way.",
    "calls": [
        {
            "step": "1",
            "api_id": "s/o/get",
            "method": "GET",
            "url": "http://shop.test/orders/91827",
            "parameters": {"order_id": "91827"},
            "origins": {"order_id": {"source": "user"}},
            "http_status": 200,
            "elapsed_ms": 3.2,
        }
    ],
}


def scripted(answers: Mapping[str, object], bodies: list[object]) -> Service:
    """A service that gives one answer per path, and keeps what it was sent."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.content:
            bodies.append(json.loads(request.content))
        said = answers.get(request.url.path)
        return httpx2.Response(404, text="no such path") if said is None else httpx2.Response(200, json=said)

    client = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://switchboard.test")
    return Service("http://switchboard.test", client)


def shown(visiting: Callable[[Console], object], width: int = 100) -> tuple[object, str]:
    written = io.StringIO()
    result = visiting(Console(file=written, width=width))
    return result, written.getvalue()


@pytest.fixture
def bodies() -> list[object]:
    return []


@pytest.fixture
def service(bodies: list[object]) -> Service:
    paths = {"/query": WAITING, "/query/t1/resume": DONE, "/threads/t1/trace": TRACE, "/catalog/apis/s/o/get": ENTRY}
    return scripted(paths, bodies)


def test_the_whole_path_of_a_question_is_shown(service: Service, bodies: list[object]) -> None:
    stop = Stop("Missing", "Where is my order?", fields={"order_id": "91827"})
    ended, text = shown(lambda console: visit(console, service, 3, stop))
    assert ended is True
    assert bodies[1] == {"responses": [{"id": "q1", "action": "accept", "content": {"order_id": "91827"}}]}
    for part in (
        "Where is my order?",
        "the index alone: it is sure",
        "Shop",
        "Orders",
        "1 candidate",
        "1.00 Get order",
        "speaks of orders",
        "Which order?",
        "order_id: Six digits.",
        "order_id = 91827",
        "you said so when asked",
        "GET http://shop.test/orders/91827",
        "200 in 3 ms",
        "It is on its way.",
    ):
        assert part in text, part


def test_a_question_that_ends_otherwise_is_told_with_the_log(service: Service, tmp_path: Path) -> None:
    service.log = tmp_path / "service.log"
    service.log.write_text("ERROR: [the] reason\n")
    stop = Stop("Missing", "Where is my order?", ends="no_tool", fields={"order_id": "91827"})
    ended, text = shown(lambda console: visit(console, service, 3, stop))
    assert ended is False
    assert "should have ended as 'no_tool', and ended as 'completed'" in text
    assert "ERROR: [the] reason" in text


def test_a_narrow_terminal_gets_no_line_that_is_too_wide(service: Service) -> None:
    stop = Stop("Missing", "Where is my order?", fields={"order_id": "91827"})
    _, text = shown(lambda console: visit(console, service, 3, stop), width=48)
    assert max(map(len, text.splitlines())) <= 48


def test_a_refused_request_is_a_clear_error() -> None:
    with pytest.raises(ServiceFailed, match="POST /query was answered with 404: no such path"):
        scripted({}, []).ask("Hi")


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(source="query", start=0, end=6), 'from your words "Cancel"'),
        (Origin(source="query"), "from your question"),
        (Origin(source="user"), "you said so when asked"),
        (Origin(source="default"), "what the API assumes"),
        (Origin(source="step", step="1", pointer="/customer_id"), "from step 1, /customer_id"),
        (None, ""),
    ],
)
def test_the_origin_of_a_value_is_told_in_words(origin: Origin | None, words: str) -> None:
    assert told(origin, "Cancel order 123456") == words


def test_what_is_set_for_other_runs_is_not_for_the_demo(tmp_path: Path) -> None:
    theirs = {"PATH": "/bin", "OPENAI_API_KEY": "k", "SWITCHBOARD_MODEL": "m", "LANGSMITH_TRACING": "1", "HOST": "x"}
    assert plain_environment(theirs, tmp_path) == {"PATH": "/bin", "SWITCHBOARD_DATA_DIR": str(tmp_path)}


needs_installation = pytest.mark.skipif(
    not entry_points(group="switchboard.worlds"), reason="the project is not installed: pip install -e ."
)
STRANGE = {
    "OPENAI_API_KEY": "sk-none",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
    "SWITCHBOARD_MODEL": "none",
    "NO_COLOR": "1",
}


def start(folder: Path) -> subprocess.Popen[str]:
    env = {**os.environ, **STRANGE, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "demo.command"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def unreachable(url: str) -> bool:
    try:
        httpx2.get(url, trust_env=False, timeout=5)
    except httpx2.ConnectError:
        return True
    return False


@pytest.fixture
def own_ports() -> Iterator[None]:
    """Whatever is started takes ports of its own: at the usual one another test's demo may answer a moment later."""
    with socket.socket() as usual:
        with suppress(OSError):  # it is taken already
            usual.bind(("127.0.0.1", PORT))
            usual.listen()
        yield


@needs_installation
@pytest.mark.usefixtures("own_ports")
def test_the_demo_answers_all_its_questions_and_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        text, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, ""), text
    for stop in TOUR:
        assert stop.title in text
    for part in ("Herbal Handsoap", "It asks", "You answer", "Would send", "X-Api-Key: ***", "No tool", "from step 1"):
        assert part in text, part
    assert "\x1b[" not in text
    assert list(tmp_path.iterdir()) == []
    assert f":{PORT}" not in text
    assert all(unreachable(url) for url in set(re.findall(r"http://127\.0\.0\.1:\d+", text)))


@needs_installation
def test_the_demo_stops_everything_at_ctrl_c(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(4))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "\nStopped.\n")
    (url,) = set(re.findall(r"The service answers at (\S+)", text + rest))
    assert unreachable(url)
    assert list(tmp_path.iterdir()) == []

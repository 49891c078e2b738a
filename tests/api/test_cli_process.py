"""The command line as a process: signals, pipes, ports, and a service that comes and goes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

import httpx2
import pytest

from api.cli import run
from api.cli.serving import listening, refuse_open
from tests.api.conftest import Upstream, document, running_upstream, settings_of

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "api.cli"]
Start = Callable[..., subprocess.Popen[str]]

WORLD = """
from contextlib import contextmanager
from types import SimpleNamespace
import json, pathlib

@contextmanager
def running(port=None):
    document = json.loads(pathlib.Path(__file__).with_name("library.json").read_text())
    yield SimpleNamespace(url="http://127.0.0.1:1", document=document, credentials={"desk_key": "hush"}, source="world")
    print("world ended", flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SWITCHBOARD_", "OPENAI_"))}
    ours = {"SWITCHBOARD_DATA_DIR": str(tmp_path / "data"), "SWITCHBOARD_ALLOW_NETWORKS": '["127.0.0.0/8"]'}
    return {**kept, **ours, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts command lines that are gone when the test is over."""
    kept = environment
    with ExitStack() as stack:

        def started(*arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen[str]:
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                env={**kept, **environment},
                cwd=tmp_path,
                text=True,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield started


@pytest.fixture
def library(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """The library behind the catalog of the data folder."""
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", environment["SWITCHBOARD_DATA_DIR"])
    with running_upstream() as upstream:
        (tmp_path / "library.json").write_text(json.dumps(document(upstream.url)))
        assert run(["catalog", "import", str(tmp_path / "library.json")]) == 0
        yield upstream


def address(process: subprocess.Popen[str]) -> str:
    """Where a service says that it is ready."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://[^ ]+:\d+", line)
    assert found, line + process.stderr.read()
    return found.group()


def said_until(process: subprocess.Popen[str], end: str) -> str:
    assert process.stderr is not None
    said = ""
    while not said.endswith(end):
        letter = process.stderr.read(1)
        assert letter, f"it ended without {end!r}: {said}"
        said += letter
    return said


def test_help_names_every_command_and_exit_code(start: Start) -> None:
    out, err = start("--help").communicate()
    assert err == ""
    for word in ("ask", "serve", "catalog", "threads", "graph", "settings", "doctor", "130"):
        assert word in out


def test_a_reader_that_has_read_enough_is_no_error(start: Start) -> None:
    process = start("settings")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_ctrl_c_at_a_question_leaves_the_thread_open(
    start: Start, library: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start("ask", "When is my loan due?")
    said_until(process, "> ")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert run(["threads", "--status", "input_required"]) == 0
    assert "When is my loan due?" in capsys.readouterr().out


def test_a_service_says_where_it_is_answers_and_ends_with_ctrl_c(start: Start) -> None:
    process = start("serve", "--port", "0")
    url = address(process)
    assert url.startswith("http://127.0.0.1:")
    assert httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")


def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    """asyncio sets TCP_NODELAY only on sockets that name their protocol; without, each answer takes 40 ms longer."""
    with listening("127.0.0.1", 0) as taken:
        assert taken.proto == socket.IPPROTO_TCP


def test_a_busy_port_is_told_with_the_option_that_helps(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port]) == 1
    err = capsys.readouterr().err
    assert port in err
    assert "--port" in err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "door.example", ""])  # noqa: S104
def test_an_address_that_others_reach_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--host", host, "--port", "0"]) == 1
    assert "SWITCHBOARD_ALLOW_OPEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "allow"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True)],  # noqa: S104
)
def test_loopback_is_taken_and_others_if_the_operator_says_so(host: str, allow: bool, tmp_path: Path) -> None:
    refuse_open(settings_of(tmp_path, host=host, allow_open=allow))


def test_a_thread_that_waits_outlives_the_death_of_the_service(start: Start, library: Upstream) -> None:
    first = start("serve", "--port", "0")
    asked = httpx2.post(f"{address(first)}/query", json={"query": "When is my loan due?"}, trust_env=False).json()
    first.kill()
    first.wait()
    second = start("serve", "--port", "0")
    answer = {"params": {"loan_id": "70001"}}
    resumed = httpx2.post(f"{address(second)}{asked['resume_url']}", json=answer, trust_env=False).json()
    assert resumed["status"] == "completed"
    second.terminate()
    assert second.wait() == 0


def test_serve_demo_starts_the_installed_world_and_ends_it(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    brought = tmp_path / "brought"
    (information := brought / "switchboard-0.dist-info").mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: switchboard\nVersion: 0\n")
    (information / "entry_points.txt").write_text("[switchboard.worlds]\ndemo = brought_world:running\n")
    (brought / "brought_world.py").write_text(WORLD)
    environment["PYTHONPATH"] = os.pathsep.join([str(brought), str(ROOT)])
    with running_upstream() as upstream:
        (brought / "library.json").write_text(json.dumps(document(upstream.url)))
        process = start("serve", "--demo", "--port", "0")
        url = address(process)
        body = httpx2.post(f"{url}/query", json={"query": "When is loan 70001 due?"}, trust_env=False).json()
        assert body["status"] == "completed"
        sources = httpx2.get(f"{url}/catalog", trust_env=False).json()["sources"]
        assert [source["name"] for source in sources] == ["world"]
        process.terminate()
        out, _ = process.communicate()
    assert (process.returncode, out) == (0, "world ended\n")


def stopped(process: subprocess.Popen[str]) -> str:
    """How it ended, and what it said."""
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def until_received(library: Upstream, count: int) -> None:
    while len(library.received) < count:
        time.sleep(0.01)


def not_ready(client: httpx2.Client) -> bool:
    return client.get("/readyz").status_code == 503


def test_a_service_that_is_told_to_end_lets_accepted_work_end(start: Start, library: Upstream) -> None:
    library.hold.clear()
    process = start("serve", "--port", "0")
    with (
        httpx2.Client(base_url=address(process), trust_env=False, timeout=30) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        asked = beside.submit(client.post, "/query", json={"query": "When is loan 70001 due?"})
        until_received(library, 1)
        process.send_signal(signal.SIGTERM)
        while not not_ready(client):
            time.sleep(0.01)
        refused = client.post("/query", json={"query": "When is loan 70001 due?"})
        assert (refused.status_code, refused.json()["code"]) == (503, "stopping")
        assert client.get("/healthz").status_code == 200
        library.hold.set()
        assert asked.result().json()["status"] == "completed"
    stopped(process)
    assert library.received == ["GET /loans/70001"]


def test_what_does_not_end_in_time_is_saved_and_taken_up_by_the_next(start: Start, library: Upstream) -> None:
    library.hold.clear()
    process = start("serve", "--port", "0", environment={"SWITCHBOARD_STOP_SECONDS": "0.1"})
    with (
        httpx2.Client(base_url=address(process), trust_env=False, timeout=30) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        asked = beside.submit(client.post, "/query", json={"query": "When is loan 70001 due?", "thread_id": "t"})
        until_received(library, 1)
        process.send_signal(signal.SIGTERM)
        assert asked.result().json()["status"] == "running"
    stopped(process)
    library.hold.set()
    process = start("serve", "--port", "0")
    with httpx2.Client(base_url=address(process), trust_env=False) as client:
        while (body := client.get("/threads/t").json())["status"] == "running":
            time.sleep(0.01)
        assert body["status"] == "completed"
    process.send_signal(signal.SIGTERM)
    stopped(process)

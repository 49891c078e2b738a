"""The world starts, answers and is gone again, however its parent ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from demo.world import WorldUnavailable, running, wait_for

ROOT = Path(__file__).parents[2]
CHILDREN = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
PARENT = """
import sys, time
from demo.world import running
with running(int(sys.argv[1])) as world:
    print(world.url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def parent(port: int) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a world, and has said that it answers."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"http://127.0.0.1:{port}\n"
        yield process
        process.kill()


def read_to_the_end(process: subprocess.Popen[str]) -> str:
    """What it said on stderr. The child inherits that pipe, so the end comes only when the child is gone too."""
    _, said = process.communicate(timeout=20)
    return said


def children() -> set[str]:
    """Processes whose parent we are, zombies too."""
    return set(CHILDREN.read_text().split())


@pytest.mark.skipif(not CHILDREN.exists(), reason="only Linux lists the children of a process in /proc")
def test_the_world_answers_while_it_runs_and_leaves_nothing(port: int) -> None:
    before = children()
    with running(port) as world:
        assert httpx2.get(f"{world.url}/weather/current?place=Paris", trust_env=False).json()["place"] == "Paris"
        assert world.document["format"] == "switchboard"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(world.url, trust_env=False)
    assert children() == before


def test_the_world_is_gone_when_the_block_fails(port: int) -> None:
    with pytest.raises(ZeroDivisionError), running(port) as world:
        raise ZeroDivisionError
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(world.url, trust_env=False)


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(WorldUnavailable, match="the port is taken"), running(other.getsockname()[1]):
            pass


def test_two_worlds_run_side_by_side_without_a_port_given() -> None:
    with running() as one, running() as other:
        assert one.url != other.url
        assert httpx2.get(f"{other.url}/healthz", trust_env=False).is_success


def test_the_world_ends_by_itself_when_its_parent_is_killed(parent: subprocess.Popen[str], port: int) -> None:
    parent.send_signal(signal.SIGKILL)
    assert "Traceback" not in read_to_the_end(parent)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}", trust_env=False)


def test_the_server_ends_at_ctrl_c_without_a_traceback(port: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "demo.server", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    ) as process:
        wait_for(process, f"http://127.0.0.1:{port}")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (0, b"")

"""The service under load: questions to the demo over HTTP, start-up, and memory."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx2

from catalog.errors import SwitchboardError
from evals.memory import processor_seconds, resident_mb
from evals.progress import console

CITIES = ("London", "Paris", "Berlin", "Madrid", "Rome", "Oslo", "Tokyo", "Sydney", "Cairo", "Delhi", "Lisbon")
QUESTIONS = tuple(
    question
    for n in range(60)
    for question in (
        f"Which item was ordered for {123456 + 17 * n}?",
        f"When is my return rtn{n:03} processed?",
        f"How is the weather in {CITIES[n % len(CITIES)]} right now?",
        f"Convert {n + 1} USD to EUR",
    )
)
"""Questions that the index answers alone, each with one call to the demo's server; most are asked only once."""
LOADS = ((1, "auto"), (16, "auto"), (1, "fan_out"), (16, "fan_out"))
START_SECONDS = 60.0
FOREIGN = ("OPENAI_", "SWITCHBOARD_", "LANGSMITH_", "LANGCHAIN_")


class ServiceDidNotStart(SwitchboardError):
    """The service under measurement gave no answer."""

    code = "service_did_not_start"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The service to be measured did not start: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Served:
    """A service under measurement."""

    url: str
    pid: int
    start_seconds: float
    """From the start of the process to its first 200."""


@dataclass(frozen=True)
class Load:
    """What one load took."""

    clients: int
    strategy: str
    queries: int
    median_ms: float
    p99_ms: float
    per_second: float
    processor_ms: float | None
    """Of the service for one question: what a busy machine changes least. None: the system does not tell."""
    wrong: int
    """Answers that were not `completed`."""


@dataclass(frozen=True)
class Footprint:
    """What a service took to start, and holds after its questions."""

    start_seconds: float
    resident_mb: float | None
    """None: the system does not tell."""


def measure_demo(folder: Path, queries: int, settings: Mapping[str, str]) -> tuple[Footprint, list[Load]]:
    """The loads one after the other, each of so many questions, on a service with the demo and these settings."""
    with serving(folder, "--demo", settings=settings) as served:
        console.print("Warming up")
        load(served, clients=1, queries=min(40, queries), strategy="auto")
        loads = []
        for clients, strategy in LOADS:
            console.print(f"{clients} clients, {strategy}")
            loads.append(load(served, clients=clients, queries=queries, strategy=strategy))
        return _footprint(served), loads


def measure_large(folder: Path, queries: int) -> Footprint:
    """A service on a folder with an imported catalog; its questions are rehearsed, so nothing is sent."""
    with serving(folder) as served:
        load(served, clients=1, queries=queries, strategy="index", dry_run=True)
        return _footprint(served)


def _footprint(served: Served) -> Footprint:
    return Footprint(served.start_seconds, resident_mb(served.pid))


def environment_of(folder: Path) -> dict[str, str]:
    """Ours for a service on this folder, without any setting of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"SWITCHBOARD_DATA_DIR": str(folder)}


@contextlib.contextmanager
def serving(
    folder: Path,
    *arguments: str,
    settings: Mapping[str, str] = MappingProxyType({}),
    prefix: Sequence[str] = (),
) -> Iterator[Served]:
    """`switchboard serve` in a process of its own, with these settings and nothing of our environment.

    `prefix`: a command that starts it, with its arguments.
    """
    port = _free_port()
    began = time.monotonic()
    command = [*prefix, sys.executable, "-m", "api.cli", "serve", "--port", str(port), *arguments]
    with tempfile.TemporaryFile() as log:
        environment = {**environment_of(folder), **settings}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, began)
            yield Served(url, process.pid, time.monotonic() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(url: str, process: subprocess.Popen[bytes], began: float) -> None:
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() - began < START_SECONDS:
            if process.poll() is not None:
                raise ServiceDidNotStart(f"it ended with exit code {process.returncode}.")
            with contextlib.suppress(httpx2.TransportError):
                if client.get(f"{url}/readyz", timeout=1).status_code == 200:
                    return
            time.sleep(0.01)
    raise ServiceDidNotStart(f"no answer within {START_SECONDS:g} s.")


def load(served: Served, *, clients: int, queries: int, strategy: str, dry_run: bool = False) -> Load:
    """`queries` questions in all, asked by `clients` at once, each waiting for its answer before the next."""
    options = {"strategy": strategy, "dry_run": dry_run}
    waiting = iter([json.dumps({"query": QUESTIONS[n % len(QUESTIONS)], "options": options}) for n in range(queries)])
    began, processor = time.perf_counter(), processor_seconds(served.pid)
    with ThreadPoolExecutor(clients) as pool:
        asked = pool.map(lambda _: list(_client(served.url, waiting)), range(clients))
        answers = [answer for done in asked for answer in done]
    seconds, after = time.perf_counter() - began, processor_seconds(served.pid)
    spent = None if processor is None or after is None else (after - processor) * 1000 / len(answers)
    took = [milliseconds for milliseconds, _ in answers]
    wrong = sum(status != "completed" for _, status in answers)
    p99 = statistics.quantiles(took, n=100)[98]
    return Load(clients, strategy, len(took), statistics.median(took), p99, len(took) / seconds, spent, wrong)


def _client(url: str, waiting: Iterator[str]) -> Iterator[tuple[float, str]]:
    """Milliseconds and status of each answer. The standard library's client takes the least from what is measured."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    for body in waiting:
        began = time.perf_counter()
        connection.request("POST", "/query", body)
        answer = connection.getresponse().read()
        yield (time.perf_counter() - began) * 1000, json.loads(answer).get("status", "")
    connection.close()

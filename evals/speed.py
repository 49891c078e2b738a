"""How quick the service is: questions to the demo over HTTP, start-up, and memory with a large catalog."""

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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx2

from catalog.errors import SwitchboardError

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
    wrong: int
    """Answers that were not `completed`."""


@dataclass(frozen=True)
class Footprint:
    """What a service with one catalog took."""

    apis: int
    start_seconds: float
    queries: int
    """Questions it had answered when its memory was read."""
    resident_mb: float | None


@dataclass(frozen=True)
class Measured:
    """All figures of one run."""

    loads: tuple[Load, ...]
    demo: Footprint
    large: Footprint | None
    """None: no catalog was given."""


def measure(folder: Path, *, catalog: Path | None, queries: int, say: Callable[[str], None]) -> Measured:
    """The loads one after the other on the demo, then the large catalog. `say` tells what goes on."""
    with serving(folder / "demo", "--demo") as served:
        say("Warming up ...")
        load(served.url, clients=1, queries=40, strategy="auto")
        loads = []
        for clients, strategy in LOADS:
            say(f"{clients} clients, {strategy} ...")
            loads.append(load(served.url, clients=clients, queries=queries, strategy=strategy))
        demo = _footprint(served, queries * len(LOADS))
    return Measured(tuple(loads), demo, _large(folder / "large", catalog, queries, say) if catalog else None)


def _large(folder: Path, catalog: Path, queries: int, say: Callable[[str], None]) -> Footprint:
    """A service that starts on an imported catalog; its questions are rehearsed, so nothing is sent."""
    say(f"Importing {catalog.name} ...")
    _import(folder, catalog)
    with serving(folder) as served:
        say("Searching ...")
        load(served.url, clients=1, queries=queries, strategy="index", dry_run=True)
        return _footprint(served, queries)


def _import(folder: Path, catalog: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "catalog", "import", str(catalog)]
    done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ServiceDidNotStart(done.stderr.strip())


def _footprint(served: Served, queries: int) -> Footprint:
    apis = httpx2.get(f"{served.url}/catalog", trust_env=False).json()["apis"]
    return Footprint(apis, served.start_seconds, queries, resident_mb(served.pid))


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"SWITCHBOARD_DATA_DIR": str(folder)}


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Served]:
    """`switchboard serve` in a process of its own, with these settings and nothing of our environment."""
    port = _free_port()
    began = time.monotonic()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), *arguments]
    with tempfile.TemporaryFile() as log:
        environment = {**_environment(folder), **settings}
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


def load(url: str, *, clients: int, queries: int, strategy: str, dry_run: bool = False) -> Load:
    """`queries` questions in all, asked by `clients` at once, each waiting for its answer before the next."""
    options = {"strategy": strategy, "dry_run": dry_run}
    waiting = iter([json.dumps({"query": QUESTIONS[n % len(QUESTIONS)], "options": options}) for n in range(queries)])
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answers = [
            answer for done in pool.map(lambda _: list(_client(url, waiting)), range(clients)) for answer in done
        ]
    seconds = time.perf_counter() - began
    took = [milliseconds for milliseconds, _ in answers]
    wrong = sum(status != "completed" for _, status in answers)
    p99 = statistics.quantiles(took, n=100)[98]
    return Load(clients, strategy, len(took), statistics.median(took), p99, len(took) / seconds, wrong)


def _client(url: str, waiting: Iterator[str]) -> Iterator[tuple[float, str]]:
    """Milliseconds and status of each answer. The standard library's client takes the least from what is measured."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    for body in waiting:
        began = time.perf_counter()
        connection.request("POST", "/query", body)
        answer = connection.getresponse().read()
        yield (time.perf_counter() - began) * 1000, json.loads(answer).get("status", "")
    connection.close()


def resident_mb(pid: int) -> float | None:
    """Memory of a process in MB (10^6 bytes); None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

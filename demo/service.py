"""The service as the demo runs it: a child of its own, and the few things that the tour asks of it over HTTP."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import httpx2
from pydantic import JsonValue

from catalog.errors import SwitchboardError
from demo import child
from demo.reading import Answer, Entry, Trace

FOREIGN = ("OPENAI_", "SWITCHBOARD_", "LANGSMITH_", "LANGCHAIN_", "OTEL_")
FOREIGN_NAMES = frozenset({"HOST", "PORT", "LOG_LEVEL"})
START_SECONDS = 60.0
"""A cold start takes about three; slow disks and busy machines take more."""
ANSWER_SECONDS = 130.0
"""A query's own deadline is 120."""
POLL_SECONDS = 0.05


class ServiceFailed(SwitchboardError):
    """The service of the demo did not start, or did not answer as it should."""

    code: ClassVar[str] = "demo_failed"


@dataclass
class Service:
    """A running Switchboard, over HTTP."""

    url: str
    client: httpx2.Client
    log: Path | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def ask(self, query: str) -> Answer:
        return Answer.model_validate(self._json("POST", "/query", {"query": query}))

    def resume(self, answer: Answer, responses: list[JsonValue]) -> Answer:
        path = answer.resume_url or f"/query/{answer.thread_id}/resume"
        return Answer.model_validate(self._json("POST", path, {"responses": responses}))

    def trace(self, thread_id: str) -> Trace:
        return Trace.model_validate(self._json("GET", f"/threads/{thread_id}/trace"))

    def entry(self, api_id: str) -> Entry:
        if api_id not in self.entries:
            self.entries[api_id] = Entry.model_validate(self._json("GET", f"/catalog/apis/{quote(api_id, safe='/')}"))
        return self.entries[api_id]

    def counts(self) -> dict[str, JsonValue]:
        return self._json("GET", "/catalog")

    def said(self) -> str:
        """The last lines of its log; the log goes with the temporary folder."""
        return tail(self.log) if self.log else ""

    def _json(self, method: str, path: str, body: JsonValue = None) -> dict[str, JsonValue]:
        response = self.client.request(method, path, json=body)
        if not response.is_success:
            raise ServiceFailed(f"{method} {path} was answered with {response.status_code}: {response.text[:300]}")
        read: dict[str, JsonValue] = response.json()
        return read


@contextlib.contextmanager
def running() -> Iterator[Service]:
    """`switchboard serve --demo` on a free port with an empty data folder. Raises ServiceFailed."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["-m", "demo.child", "api.cli", "serve", "--demo", "--port", str(port)]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-demo-")))
        log = stack.enter_context((folder / "service.log").open("w+b"))
        # In the temporary folder no .env of the user is found.
        env = plain_environment(os.environ, folder / "data")
        process = stack.enter_context(child.running(command, env=env, cwd=folder, log=log))
        client = stack.enter_context(httpx2.Client(base_url=url, timeout=ANSWER_SECONDS, trust_env=False))
        wait_for(process, client, folder / "service.log")
        yield Service(url, client, folder / "service.log")


def plain_environment(env: Mapping[str, str], data: Path) -> dict[str, str]:
    """What the user has set for other runs, keys of models above all, is not for the demo."""
    kept = {n: v for n, v in env.items() if not n.upper().startswith(FOREIGN) and n.upper() not in FOREIGN_NAMES}
    return {**kept, "SWITCHBOARD_DATA_DIR": str(data)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(process: subprocess.Popen[bytes], client: httpx2.Client, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not ready(client):
        if process.poll() is not None:
            raise ServiceFailed(f"The service stopped at once, exit code {process.returncode}.\n{tail(log)}")
        if time.monotonic() > until:
            raise ServiceFailed(f"The service was not ready within {START_SECONDS:g} s.\n{tail(log)}")
        time.sleep(POLL_SECONDS)


def ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/readyz", timeout=2).is_success
    except httpx2.HTTPError:
        return False


def tail(log: Path, lines: int = 15) -> str:
    written = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(written[-lines:])

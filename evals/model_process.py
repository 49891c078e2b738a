"""A scripted model in a process of its own, so that what it costs is not charged to what is measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from catalog.errors import SwitchboardError
from evals.records import Record, read_records


class ModelDidNotStart(SwitchboardError):
    """The scripted model gave no address."""

    code = "model_did_not_start"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The scripted model did not start: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class ModelProcess:
    """Where it is, and what it was asked."""

    url: str
    _client: httpx2.Client = field(repr=False)

    def records(self) -> list[Record]:
        """Of all requests since the last `forget`."""
        return read_records(self._client.get(f"{self.url}/requests").raise_for_status().content)

    def forget(self) -> None:
        """As if nothing had been asked."""
        self._client.post(f"{self.url}/forget").raise_for_status()


@contextmanager
def model_process(oracle: Path, *, scenario: str, latency_seconds: float) -> Iterator[ModelProcess]:
    """An oracle that serves until the end of the context. Raises ModelDidNotStart."""
    given = ["--oracle", str(oracle), "--scenario", scenario, "--latency", str(latency_seconds)]
    command = [sys.executable, "-m", "evals.scripted_model", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            said = process.stdout.readline().strip() if process.stdout else ""
            name, _, url = said.partition("=")
            if name != "OPENAI_BASE_URL":
                raise ModelDidNotStart(process.stderr.read().strip() if process.stderr else said)
            with httpx2.Client(trust_env=False, timeout=60) as client:
                yield ModelProcess(url, client)
        finally:
            process.terminate()
            process.communicate()

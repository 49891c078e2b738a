"""Starts the stand-in world beside us, and makes sure that it is gone when we are."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import httpx2
from pydantic import JsonValue

from catalog.errors import SwitchboardError
from demo import child
from demo.document import PORT, document
from demo.keys import CREDENTIALS

__all__ = ["World", "WorldUnavailable", "document", "running"]

START_SECONDS = 30.0
"""A cold start takes about two; slow disks and busy machines take more."""
POLL_SECONDS = 0.02


class WorldUnavailable(SwitchboardError):
    """The demo's server cannot be started."""

    code: ClassVar[str] = "demo_unavailable"
    cure: ClassVar[str] = "Choose another port, or stop what listens there."

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"The demo's server at {url} {reason}.")
        self.url = url
        self.reason = reason


@dataclass(frozen=True)
class World:
    """The demo as it runs: where, and what of it exists."""

    url: str
    document: dict[str, JsonValue]
    """Its catalog, with the address put in."""
    credentials: Mapping[str, str]
    """The secrets of its APIs, by the name that the catalog gives them."""
    source: str = "demo"
    """The name under which the catalog is imported."""


@contextlib.contextmanager
def running(port: int | None = None) -> Iterator[World]:
    """The world, on `port`; None: its usual port, or a free one where that is taken. Raises WorldUnavailable."""
    chosen = usual_or_free() if port is None else port
    url = f"http://127.0.0.1:{chosen}"
    if not is_free(chosen):
        raise WorldUnavailable(url, "cannot start: the port is taken")
    with child.running(["-m", "demo.server", "--port", str(chosen), "--watch-parent"]) as process:
        wait_for(process, url)
        yield World(url=url, document=document(url), credentials=dict(CREDENTIALS))


def usual_or_free() -> int:
    if is_free(PORT):
        return PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    return free


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server binds: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    """Return when the server answers; raise WorldUnavailable when it will not."""
    until = time.monotonic() + START_SECONDS
    with httpx2.Client(trust_env=False) as client:
        while not answers(client, url):
            if process.poll() is not None:
                raise WorldUnavailable(url, f"stopped at once, with exit code {process.returncode}")
            if time.monotonic() > until:
                raise WorldUnavailable(url, f"gave no answer within {START_SECONDS:g} s")
            time.sleep(POLL_SECONDS)


def answers(client: httpx2.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/healthz", timeout=1).is_success
    except httpx2.HTTPError:
        return False

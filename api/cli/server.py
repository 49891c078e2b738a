"""The server itself: whom it bears with, where it says that it listens, and how a signal ends it."""

from __future__ import annotations

import asyncio
import math
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from api.cli.output import note
from api.connections import ConnectionLimits, bounded
from graph.manager import RunManager
from graph.settings import Settings

GRACE_SECONDS = 2  # for requests that are no runs; for those there is SWITCHBOARD_STOP_SECONDS
BACKLOG = 1_024


def server(app: ASGIApp, settings: Settings, runs: RunManager) -> Server:
    config = uvicorn.Config(
        app,
        http=bounded(ConnectionLimits(connections=settings.max_connections, seconds=settings.client_seconds)),
        lifespan="off",  # services are open already: what fails while opening is told plainly, before any server
        log_config=None,
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ws="none",
        backlog=BACKLOG,
        h11_max_incomplete_event_size=ConnectionLimits.header_bytes,
        timeout_keep_alive=math.ceil(settings.client_seconds),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, runs, settings.stop_seconds)


class Server(uvicorn.Server):
    """Says where it listens once it does, and takes a signal as the wish to end, not as a failure."""

    def __init__(self, config: uvicorn.Config, runs: RunManager, stop_seconds: float) -> None:
        super().__init__(config)
        self._runs = runs
        self._stop_seconds = stop_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: Future[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self.started and sockets:
            note(f"Switchboard is ready: {address(sockets[0])} (API documentation: /docs). Ctrl-C ends it.")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets accepted work end before the server does; another one is not so patient."""
        if self._stopping is None and self._loop is not None:
            self._stopping = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        else:
            super().handle_exit(sig, frame)

    async def _stop(self) -> None:
        await self._runs.close(grace_seconds=self._stop_seconds)
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def address(taken: socket.socket) -> str:
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

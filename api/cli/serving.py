"""The server process behind `switchboard serve`: its address, its world where it is the demo's, and its end."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import logging
import math
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue, SecretStr

from api.cli.output import note
from api.cli.outside import NotInstalled, load
from callers.credential_setting import CredentialSetting
from catalog.errors import SwitchboardError
from graph.settings import Settings

if TYPE_CHECKING:
    from graph.manager import RunManager

WORLDS = "switchboard.worlds"
DEMO = "demo"
GRACE_SECONDS = 2  # for requests that are no runs; for those there is SWITCHBOARD_STOP_SECONDS
BACKLOG = 1_024
YOUNG = 5_000  # objects between two looks for garbage: what a question makes goes with it, and looking costs 3 % of it
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class AddressRefused(SwitchboardError):
    """An address that others can reach, though nobody is asked who they are."""

    code = "address_refused"
    cure = "Leave --host out to serve on 127.0.0.1, or set SWITCHBOARD_ALLOW_OPEN=true if the network is trusted."

    def __init__(self, host: str) -> None:
        super().__init__(f"{host!r} is no loopback address, and callers are not asked who they are")


class AddressUnusable(SwitchboardError):
    """The port is taken, or the address is none of this machine's."""

    code = "address_unusable"
    cure = "Choose another port with --port, or `--port 0` for any free one."

    def __init__(self, host: str, port: int, error: OSError) -> None:
        taken = error.errno == errno.EADDRINUSE
        what = f"Port {port} of {host} is in use by another program" if taken else f"Cannot listen on {host}:{port}"
        super().__init__(f"{what} ({error.strerror or error}).")


class World(Protocol):
    """A stand-in for the APIs of a catalog, running on loopback."""

    @property
    def url(self) -> str:
        """Where it is: this run may contact it, and its secrets go nowhere else."""

    @property
    def document(self) -> JsonValue:
        """Its catalog."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """Its secrets, by the name that the catalog gives them."""

    @property
    def source(self) -> str:
        """The name under which the catalog is imported."""


def run(settings: Settings, *, demo: bool) -> None:
    """Serve until a signal. Raises AddressRefused, AddressUnusable, NotInstalled, StoreUnavailable."""
    refuse_open(settings)
    with ExitStack() as stack, ThreadPoolExecutor(1) as beside:
        taken = stack.enter_context(listening(settings.host, settings.port))
        # The demo's server and our own imports take a second each: side by side, they take one.
        starting = beside.submit(stack.enter_context, _demo_world()) if demo else None
        _load()
        world = starting.result() if starting else None
        logging.basicConfig(level=settings.log_level, format=LOG_FORMAT, force=True)
        complete = settings if world is None else _with_world(settings, world)
        # uvloop where it is installed: a tenth less time per query.
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(complete, taken, world))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    from uvicorn.loops.auto import auto_loop_factory

    return auto_loop_factory()


def _load() -> None:
    import api.app  # noqa: F401


def refuse_open(settings: Settings) -> None:
    if not settings.allow_open and not _is_loopback(settings.host):
        raise AddressRefused(settings.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Taken before anything heavy is loaded, so that a busy port is known at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; without, each answer waits 40 ms for an ACK.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, port))
        except OSError as error:
            raise AddressUnusable(host, port, error) from None
        yield taken


@contextmanager
def _demo_world() -> Iterator[World]:
    points = [point for point in entry_points(group=WORLDS) if point.name == DEMO]
    if not points:
        raise NotInstalled("The demo's world", f"nothing is registered as {DEMO!r} in {WORLDS}")
    running = load(points[0], "The demo's world")
    with running() as world:  # type: ignore[operator]  # an entry point is an object until it is called
        yield world


def _with_world(settings: Settings, world: World) -> Settings:
    """What the operator set wins over what the demo brings."""
    brought = {
        name: CredentialSetting(secret=SecretStr(reference), origins=(world.url,))
        for name, reference in world.credentials.items()
    }
    allowed = (*settings.allow_hosts, world.url.removeprefix("http://"))
    return settings.model_copy(update={"credentials": {**brought, **settings.credentials}, "allow_hosts": allowed})


async def _serve(settings: Settings, taken: socket.socket, world: World | None) -> None:
    from api.app import create_app
    from api.door import names_of
    from catalog.importing import import_document
    from graph.services import open_services

    async with open_services(settings, recover=True) as services:
        if world is not None:
            await import_document(services.catalog, world.document, format="switchboard", source=world.source)
        await services.index.sync()
        server = _server(create_app(services, names=names_of(settings)), settings, services.runs)
        gc.freeze()  # what is loaded by now stays; looking through it again would hold up a query for 80 ms
        gc.set_threshold(YOUNG)
        await server.serve([taken])


def _server(app: object, settings: Settings, runs: RunManager) -> Server:
    import uvicorn

    from api.connections import ConnectionLimits, bounded

    class Announcing(uvicorn.Server):
        """Says where it listens once it does, and takes a signal as the wish to end, not as a failure."""

        loop: asyncio.AbstractEventLoop | None = None
        stopping: Future[None] | None = None

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.loop = asyncio.get_running_loop()
            if self.started and sockets:
                note(f"Switchboard is ready: {address(sockets[0])} (API documentation: /docs). Ctrl-C ends it.")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """The first signal lets accepted work end before the server does; another one is not so patient."""
            if self.stopping is None and self.loop is not None:
                self.stopping = asyncio.run_coroutine_threadsafe(self._stop(), self.loop)
            else:
                super().handle_exit(sig, frame)

        async def _stop(self) -> None:
            await runs.close(grace_seconds=settings.stop_seconds)
            self.should_exit = True

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for each, handler in before.items():
                    signal.signal(each, handler)

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
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
    return Announcing(config)


class Server(Protocol):
    async def serve(self, sockets: list[socket.socket]) -> None: ...


def address(taken: socket.socket) -> str:
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

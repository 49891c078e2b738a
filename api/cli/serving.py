"""The server process behind `switchboard serve`: its address, its world where it is the demo's, and its end."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from typing import Protocol

from pydantic import JsonValue, SecretStr

from api.cli.outside import NotInstalled, load
from callers.credential_setting import CredentialSetting
from catalog.errors import SwitchboardError
from graph.settings import Settings

WORLDS = "switchboard.worlds"
DEMO = "demo"
YOUNG = 5_000  # objects between two looks for garbage: what a question makes goes with it, and looking costs 3 % of it
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class AddressRefused(SwitchboardError):
    """An address that others can reach, though nobody is asked who they are."""

    code = "address_refused"
    cure = "Leave --host out to serve on 127.0.0.1, or set SWITCHBOARD_ALLOW_OPEN=true if the network is trusted."

    def __init__(self, host: str) -> None:
        super().__init__(f"{host!r} is no loopback address, and callers are not asked who they are.")


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
    import api.app
    import api.cli.server  # noqa: F401


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
    from api.cli.server import server
    from api.door import names_of
    from catalog.importing import import_document
    from graph.services import open_services

    async with open_services(settings, recover=True) as services:
        if world is not None:
            await import_document(services.catalog, world.document, format="switchboard", source=world.source)
        await services.index.sync()
        serving = server(create_app(services, names=names_of(settings)), settings, services.runs)
        gc.freeze()  # what is loaded by now stays; looking through it again would hold up a query for 80 ms
        gc.set_threshold(YOUNG)
        await serving.serve([taken])

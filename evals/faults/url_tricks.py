"""Every trick with URLs, through every way out: nothing reaches what is not allowed, and what is allowed is reached."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from pydantic import JsonValue

from callers.egress import Egress
from catalog.errors import SwitchboardError
from catalog.importing import import_document
from catalog.sqlite import SqliteCatalog
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import Arrived, RawServer, raw_server
from evals.faults.tricks import GOOD, REBINDING, Trick, tricks
from evals.faults.watching import watched
from evals.faults.ways_out import MCP, SECONDS, WAYS_OUT, Entrance

SHORT = slice(None, None, 14)
FAILURES = (SwitchboardError, httpx2.HTTPError, httpx2.InvalidURL, ValueError)
"""How a way out may end where it leads nowhere. Anything else is a fault of its own."""


@dataclass(frozen=True)
class World:
    """A server that may be contacted, and one that may not, at every other address of this machine."""

    good: RawServer
    canaries: Sequence[RawServer]
    redirects: dict[str, str]
    """What the good server answers with a redirect, and where that leads."""

    @property
    def touched(self) -> int:
        return sum(canary.connections for canary in self.canaries)


async def run(wanted: Wanted) -> Outcome:
    async with _world() as world:
        every = list(tricks(world.canaries[0].port))
        chosen = every[SHORT] if wanted.short else every
        with _quietly():
            findings = [await _control(world)]
            with watched().listening():
                findings += [finding async for finding in _all(world, chosen, wanted.say)]
                findings += [finding async for finding in _rebinding(world)]
                findings.append(await _references(world, chosen, wanted.folder))
        figures = {"tricks": len(chosen), "ways out": len(WAYS_OUT), "tries": len(findings)}
        return Outcome(tuple(findings), {**figures, "connections at the canary": world.touched})


@contextmanager
def _quietly() -> Iterator[None]:
    """MCP's library logs every answer that is not in its own words, and here none is."""
    library = logging.getLogger("mcp")
    before = library.level
    library.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        library.setLevel(before)


@asynccontextmanager
async def _world() -> AsyncIterator[World]:
    redirects: dict[str, str] = {}

    async def redirecting(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        to = redirects.get(arrived.target.partition("?")[0])
        head = b"HTTP/1.1 200 OK\r\n" if to is None else b"HTTP/1.1 302 Found\r\nlocation: " + to.encode() + b"\r\n"
        writer.write(head + b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()

    async with raw_server(redirecting, host=GOOD) as good, _canaries() as canaries:
        yield World(good, canaries, redirects)


@asynccontextmanager
async def _canaries() -> AsyncIterator[list[RawServer]]:
    """At one port of this machine's addresses, of both kinds where there are both."""
    async with raw_server(host="127.0.0.1") as first:
        hosts = ("127.0.0.3", "127.127.127.127", "::1")
        opened = [first]
        servers = [raw_server(host=host, port=first.port) for host in hosts]
        try:
            for server in servers:
                with suppress(OSError):  # no IPv6 here, or a system with one loopback address
                    opened.append(await server.__aenter__())
            yield opened
        finally:
            for server, _ in zip(servers, opened[1:], strict=False):
                await server.__aexit__(None, None, None)


def _egress(world: World) -> Egress:
    return Egress.of(networks=[f"{GOOD}/32"])


async def _control(world: World) -> Finding:
    """The way is open: what is allowed is reached through every entrance, or the rest would show nothing."""
    before = world.good.connections
    failed = []
    for name, opened in WAYS_OUT.items():
        at_first = len(world.good.arrived)
        with suppress(*FAILURES):  # an MCP server would have to answer in its own words
            await opened(_egress(world))(f"{world.good.url}/")
        if len(world.good.arrived) == at_first:
            failed.append(name)
    detail = f"{world.good.connections - before} connections; none through: {', '.join(failed) or 'no way'}"
    return Finding("what is allowed is reached", not failed, detail)


async def _all(world: World, chosen: Iterable[Trick], say: Callable[[str], None]) -> AsyncIterator[Finding]:
    """Each trick as an address, and as where an allowed server redirects to."""
    egress = _egress(world)
    for name, opened in WAYS_OUT.items():
        say(f"{name} ...")
        entrance = opened(egress)
        for position, trick in enumerate(chosen):
            if name != MCP or trick.is_numeric:
                yield await _tried(world, f"{name}: {json.dumps(trick.url)}", entrance, trick.url)
            if "\r" in trick.url or "\n" in trick.url or "\x00" in trick.url:
                continue  # no header carries that
            path = f"/redirect/{position}"
            world.redirects[path] = trick.url
            url = f"{world.good.url}{path}"
            yield await _tried(world, f"{name}, redirected: {json.dumps(trick.url)}", entrance, url)


async def _rebinding(world: World) -> AsyncIterator[Finding]:
    """Names that lead elsewhere when they are looked up again: asked four times over each way out."""
    for name, opened in WAYS_OUT.items():
        if name == MCP:
            continue
        for host in REBINDING:
            entrance = opened(_egress(world))
            for turn in range(4):
                url = f"http://{host}:{world.good.port}/{turn}"
                yield await _tried(world, f"{name}: {host} for the {turn + 1}. time", entrance, url)


async def _references(world: World, chosen: Iterable[Trick], folder: Path) -> Finding:
    """A document whose parts refer to all these addresses: none is fetched."""
    paths: dict[str, JsonValue] = {
        f"/{position}": {
            "get": {
                "parameters": [
                    {"$ref": trick.url},
                    {"name": "n", "in": "query", "schema": {"$ref": f"{trick.url}#/x"}},
                ],
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"$ref": trick.url}}}}
                },
            }
        }
        for position, trick in enumerate(chosen)
    }
    before, strays = world.touched, len(watched().strays)
    document: JsonValue = {"openapi": "3.1.0", "info": {"title": "refers", "version": "1"}, "paths": paths}
    store = await asyncio.to_thread(SqliteCatalog.open, folder / "catalog.db")
    try:
        report = await import_document(store, document, format="openapi", source="refers")
    finally:
        await store.close()
    quiet = world.touched == before and len(watched().strays) == strays
    return Finding(
        "references in a document", quiet, f"{report.imported} APIs were read, {len(report.skipped)} left out"
    )


async def _tried(world: World, case: str, entrance: Entrance, url: str) -> Finding:
    before, ears = world.touched, watched()
    strays = len(ears.strays)
    told = "it was answered"
    try:
        async with asyncio.timeout(SECONDS + 1):
            await entrance(url)
    except FAILURES as error:
        told = f"{type(error).__name__}: {error}"[:200]
    except Exception as error:
        return Finding(case, False, f"not told as it should be: {type(error).__name__}: {error}"[:300])
    if world.touched > before:
        return Finding(case, False, f"the canary was contacted ({told})")
    if len(ears.strays) > strays:
        return Finding(case, False, f"a connection to {ears.strays[-1]} was begun ({told})")
    return Finding(case, True, told)


PROGRAM = Program(
    "url-tricks",
    "URLs in every encoding, IPv6 forms, metadata services, NAT64, names that change their address, redirects, user "
    "names and other schemes contact nothing that is not allowed, through any way out; what is allowed is reached",
    run,
)

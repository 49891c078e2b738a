"""Clients that hold connections, drip, flood or come from elsewhere: they lose, and everybody else is served."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.app import create_app
from api.connections import Bounded, Clients, ConnectionLimits
from api.door import names_of
from tests.api.conftest import Service, serving, settings_of

QUICK = ConnectionLimits(connections=6, client_connections=4, seconds=0.3, header_bytes=2_000)
LARGE = b"x" * 20_000_000


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    response: Response = PlainTextResponse("ok")
    if Request(scope).url.path == "/large":
        response = Response(LARGE)
    await response(scope, receive, send)


@dataclass(frozen=True)
class Bound:
    """A server that keeps the limits, and its count of connections."""

    address: tuple[str, int]
    clients: Clients


@pytest.fixture(params=[HttpToolsProtocol, H11Protocol], ids=["httptools", "h11"])
def bounded_server(request: pytest.FixtureRequest) -> Iterator[Bound]:
    clients = Clients(QUICK)
    with listening(type("Quick", (Bounded, request.param), {"clients": clients})) as address:
        yield Bound(address, clients)


@contextmanager
def listening(protocol: type[asyncio.Protocol]) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(
            plain, http=protocol, log_config=None, log_level="critical", ws="none",
            timeout_graceful_shutdown=1, timeout_keep_alive=1, lifespan="off",
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        try:
            yield bound.getsockname()[:2]
        finally:
            server.should_exit = True
            thread.join()


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    connection.settimeout(20)
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def test_a_connection_that_never_asks_is_closed(bounded_server: Bound) -> None:
    with socket.create_connection(bounded_server.address) as idle:
        assert received(idle) == b""


def test_headers_that_drip_are_cut_off(bounded_server: Bound) -> None:
    with socket.create_connection(bounded_server.address) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-one: ")
        said = received(slow)
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")


def test_headers_without_end_are_cut_off() -> None:
    protocol = type("Quick", (Bounded, HttpToolsProtocol), {"clients": Clients(QUICK)})
    with listening(protocol) as address, socket.create_connection(address) as huge:
        huge.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-one: " + b"a" * 3_000)
        assert received(huge).startswith(b"HTTP/1.1 431 ")


def test_one_address_may_hold_only_so_many_connections(bounded_server: Bound) -> None:
    held = [socket.create_connection(bounded_server.address) for _ in range(4)]
    for each in held:
        each.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert each.recv(1_000).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(bounded_server.address) as one_more:
        said = received(one_more)
    assert said.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in said
    for each in held:
        each.close()
    while True:  # until the server has seen that they are gone
        with socket.create_connection(bounded_server.address) as another:
            another.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            if received(another).startswith(b"HTTP/1.1 200 "):
                return


def test_an_answer_that_nobody_reads_is_given_up(bounded_server: Bound) -> None:
    with socket.create_connection(bounded_server.address) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.sendall(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        with socket.create_connection(bounded_server.address) as other:
            other.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert received(other)  # ends by the idle limit, which is longer than that of the stalled answer
        assert bounded_server.clients.held.total() <= 1


def test_a_connection_is_kept_for_the_next_question(bounded_server: Bound) -> None:
    polite = http.client.HTTPConnection(*bounded_server.address, timeout=20)
    polite.connect()
    connected = polite.sock
    for _ in range(3):
        polite.request("GET", "/")
        assert polite.getresponse().read() == b"ok"
    assert polite.sock is connected
    polite.close()


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that knows its names, as `switchboard serve` does."""
    settings = settings_of(tmp_path_factory.mktemp("named"), allowed_hosts=("Switchboard.internal",))
    with serving(create_app(settings, names=names_of(settings))) as url:
        yield url


STRANGE = ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example", "[::2]:80", "[", "0x7f.1"]


@pytest.mark.parametrize("host", STRANGE)
def test_another_sites_name_bound_to_this_address_is_not_answered(named: str, host: str) -> None:
    refused = httpx2.get(f"{named}/catalog", headers={"host": host})
    assert refused.status_code == 421
    assert refused.json()["code"] == "host_refused"


OWN = ["localhost", "LOCALHOST:1234", "127.0.0.1:9", "[::1]:8000", "localhost.", "switchboard.internal:80"]


@pytest.mark.parametrize("host", OWN)
def test_the_service_is_answered_by_all_its_names(named: str, host: str) -> None:
    assert httpx2.get(f"{named}/healthz", headers={"host": host}).status_code == 200


def test_a_service_that_is_open_to_others_answers_by_any_name_unless_they_are_named(tmp_path: Path) -> None:
    assert names_of(settings_of(tmp_path, allow_open=True)) is None
    assert "a.example" in (names_of(settings_of(tmp_path, allow_open=True, allowed_hosts=("a.example",))) or ())


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://[::1"])
def test_a_page_of_another_site_may_not_ask(service: Service, origin: str) -> None:
    refused = service.client.post("/query", json={"query": "When is loan 70001 due?"}, headers={"origin": origin})
    assert refused.status_code == 403
    assert refused.json()["code"] == "origin_refused"
    assert "access-control-allow-origin" not in refused.headers


def test_our_own_page_may_ask(service: Service) -> None:
    asked = service.client.post("/query", json={"query": "When is loan 70001 due?"}, headers={"origin": service.url})
    assert asked.status_code == 200


def test_a_page_that_the_operator_allows_may_ask_and_is_told_so(tmp_path: Path) -> None:
    app = create_app(settings_of(tmp_path, allowed_origins=("https://chat.example.com",)))
    with serving(app) as url:
        asks = {"origin": "https://chat.example.com", "access-control-request-method": "POST"}
        assert httpx2.options(f"{url}/query", headers=asks).headers["access-control-allow-origin"] == asks["origin"]
        asked = httpx2.post(f"{url}/query", json={"query": "Hello?"}, headers={"origin": asks["origin"]})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == asks["origin"]


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    app = create_app(settings_of(tmp_path, client_requests_per_minute=2))
    with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
        statuses = [client.post("/query", json={"query": "Hello?"}) for _ in range(3)]
        looked = client.get("/catalog")
    assert [each.status_code for each in statuses] == [200, 200, 429]
    assert statuses[-1].json()["code"] == "too_many_requests" and statuses[-1].headers["retry-after"] == "30"
    assert looked.status_code == 200


@pytest.mark.parametrize(("limit", "status"), [("client_runs", 429), ("max_runs", 503)])
def test_more_questions_than_the_service_takes_are_refused_at_once(tmp_path: Path, limit: str, status: int) -> None:
    app = create_app(settings_of(tmp_path, **{limit: 1}))
    with serving(app) as url, socket.create_connection(address_of(url)) as slow:
        slow.sendall(b"POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-length: 20\r\n\r\n{")
        while (refused := httpx2.post(f"{url}/query", json={"query": "Hello?"})).status_code == 200:
            pass  # until the first one has come in
        assert httpx2.get(f"{url}/healthz").status_code == 200
    assert refused.status_code == status
    assert refused.headers["retry-after"] == "1"


def address_of(url: str) -> tuple[str, int]:
    parsed = httpx2.URL(url)
    return parsed.host, parsed.port or 80

"""A little shop on loopback, its catalog, and the service around it: real store, index, caller, graph."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import JsonValue

from catalog.importing import import_document
from graph.services import Services, open_services
from graph.settings import Settings

ORDERS: dict[str, JsonValue] = {
    "123456": {
        "order_id": "123456",
        "customer_id": "cus-77",
        "status": "packed",
        "items": [{"name": "Herbal Handsoap", "quantity": 1}],
    },
    "55555": {
        "order_id": "55555",
        "customer_id": "cus-77",
        "status": "shipped",
        "items": [{"name": "Oak Tray", "quantity": 2}],
    },
}
Received = tuple[str, str, str]


@dataclass
class Upstream:
    """What answers, and what it was asked."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    """The `Idempotency-Key` of each request."""
    answers: dict[str, tuple[int, JsonValue]] = field(default_factory=dict)
    """By "METHOD /path": what to answer instead."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Cleared: requests wait until it is set."""

    def sent(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.received if verb == method]


def _answer(upstream: Upstream, method: str, path: str) -> tuple[int, JsonValue]:
    if (key := f"{method} {path}") in upstream.answers:
        return upstream.answers[key]
    parts = path.strip("/").split("/")
    if parts[0] == "orders" and len(parts) == 2 and parts[1] in ORDERS:
        order = ORDERS[parts[1]]
        return 200, order if method == "GET" else {**order, "status": "cancelled"}  # type: ignore[dict-item]
    if parts[0] == "customers":
        return 200, {"customer_id": parts[1], "name": "Ada Moss", "city": "Leeds"}
    if parts[0] == "weather":
        return 200, {"place": parts[1], "temperature": 12.5, "condition": "rain"}
    return 404, {"error": f"There is no {parts[0].removesuffix('s')} {parts[-1]}."}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    state = Upstream()
    state.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            path = self.path.split("?")[0]
            state.received.append((self.command, path, body))
            state.keys.append(self.headers.get("Idempotency-Key"))
            state.hold.wait(10)
            status, answer = _answer(state, self.command, path)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the caller may be dead by now: that is the test
                self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do_PUT = handle_any  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


def catalog(url: str) -> dict[str, JsonValue]:
    order_id: JsonValue = {
        "name": "order_id",
        "place": "path",
        "type": "string",
        "required": True,
        "title": "Order ID",
        "description": "Five or six digits.",
        "pattern": "^[0-9]{5,6}$",
    }
    customer_id: JsonValue = {
        "name": "customer_id",
        "place": "path",
        "type": "string",
        "required": True,
        "title": "Customer ID",
        "description": "The customer's number, like cus-12.",
        "pattern": "^cus-[0-9]+$",
    }
    return {
        "format": "switchboard",
        "version": 1,
        "categories": [
            {"name": "Shop", "description": "Orders and customers"},
            {"name": "Weather", "description": "Weather"},
        ],
        "auth": {"vault_key": {"kind": "api_key", "parameter": "X-Vault-Key"}},
        "tools": [
            {
                "name": "Orders",
                "category": "Shop",
                "description": "Orders of the shop",
                "url": url,
                "apis": [
                    {
                        "name": "get_order",
                        "title": "Get order",
                        "method": "GET",
                        "path": "/orders/{order_id}",
                        "description": "Status and items of an order.",
                        "parameters": [order_id],
                        "examples": [
                            "Where is my order?",
                            "Which item was ordered for 55555?",
                            "Has order 55555 shipped?",
                        ],
                        "response_shape": {
                            "order_id": "str",
                            "customer_id": "str",
                            "status": "str",
                            "items": [{"name": "str"}],
                        },
                    },
                    {
                        "name": "cancel_order",
                        "title": "Cancel order",
                        "method": "DELETE",
                        "path": "/orders/{order_id}",
                        "description": "Cancel an order that has not shipped yet.",
                        "parameters": [order_id],
                        "examples": ["Cancel order 55555", "Please cancel my order"],
                    },
                ],
            },
            {
                "name": "Customers",
                "category": "Shop",
                "description": "Customers of the shop",
                "url": url,
                "apis": [
                    {
                        "name": "get_customer",
                        "title": "Get customer",
                        "method": "GET",
                        "path": "/customers/{customer_id}",
                        "description": "Name and city of a customer.",
                        "parameters": [customer_id],
                        "examples": ["What is the name of customer cus-12?"],
                    },
                    {
                        "name": "open_vault",
                        "title": "Open the vault",
                        "method": "GET",
                        "path": "/vault",
                        "description": "Contents of the vault.",
                        "auth": "vault_key",
                        "examples": ["What is in the vault?"],
                    },
                ],
            },
            {
                "name": "Meteo",
                "category": "Weather",
                "description": "Weather reports",
                "url": url,
                "apis": [
                    {
                        "name": "current",
                        "title": "Current weather",
                        "method": "GET",
                        "path": "/weather/{place}",
                        "description": "The weather at a place right now.",
                        "parameters": [
                            {
                                "name": "place",
                                "place": "path",
                                "required": True,
                                "title": "Place",
                                "description": "A city or region.",
                            }
                        ],
                        "examples": ["How is the weather in Paris right now?", "Is it raining in Oslo?"],
                    }
                ],
            },
        ],
    }


Start = Callable[..., AbstractAsyncContextManager[Services]]


@pytest.fixture
def start(tmp_path: Path, upstream: Upstream) -> Start:
    """Opens the service on the shop's catalog; keywords are settings."""

    @asynccontextmanager
    async def opened(*, recover: bool = False, imported: bool = True, **settings: object) -> AsyncIterator[Services]:
        given = {"data_dir": tmp_path / "data", "reasoner": "offline", **settings}
        async with open_services(Settings(_env_file=None, **given), recover=recover) as services:  # type: ignore[arg-type]
            if imported:
                await import_document(services.catalog, catalog(upstream.url), format="switchboard", source="shop")
            await services.index.sync()
            yield services

    return opened


@pytest.fixture
async def services(start: Start) -> AsyncIterator[Services]:
    async with start() as opened:
        yield opened

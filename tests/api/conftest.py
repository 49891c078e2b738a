"""A small library on loopback, its catalog, and the real service around it on a real port."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
import uvicorn
from pydantic import JsonValue
from starlette.types import ASGIApp

from api.app import create_app
from graph.settings import Settings

LOANS = {"70001": {"loan_id": "70001", "title": "The Quiet Harbour", "due_on": "2031-04-09", "status": "open"}}
CATEGORY = "Books / Lending"


@dataclass
class Upstream:
    """What answers, what it was asked, and documents that it offers for import."""

    url: str = ""
    received: list[str] = field(default_factory=list)
    documents: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """By path: status, headers, body."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Cleared: requests wait until it is set."""


@contextmanager
def running_upstream() -> Iterator[Upstream]:
    state = Upstream()
    state.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            state.received.append(f"{self.command} {self.path}")
            state.hold.wait(10)
            loan = LOANS.get(self.path.rpartition("/")[2])
            found = (200, {}, json.dumps(loan).encode()) if loan else (404, {}, b'{"error": "no such loan"}')
            status, headers, body = state.documents.get(self.path, found)
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def document(url: str) -> dict[str, JsonValue]:
    loan_id: JsonValue = {
        "name": "loan_id",
        "place": "path",
        "type": "string",
        "required": True,
        "title": "Loan number",
        "description": "The five digits on the slip.",
        "pattern": "^[0-9]{5}$",
    }
    return {
        "format": "switchboard",
        "version": 1,
        "categories": [{"name": CATEGORY, "description": "Loans of the library"}],
        "tools": [
            {
                "id": "books/desk",
                "name": "Lending desk",
                "category": CATEGORY,
                "description": "Loans of the library",
                "url": url,
                "apis": [
                    {
                        "id": "books/desk/get_loan",
                        "name": "get_loan",
                        "title": "Get loan",
                        "path": "/loans/{loan_id}",
                        "description": "Title and due date of a loan.",
                        "parameters": [loan_id],
                        "examples": ["When is loan 70002 due?", "When is my loan due?"],
                    },
                    {
                        "id": "books/desk/end_loan",
                        "name": "end_loan",
                        "title": "End loan",
                        "method": "DELETE",
                        "path": "/loans/{loan_id}",
                        "description": "End a loan before it is due.",
                        "parameters": [loan_id],
                        "examples": ["End loan 70002", "Please end my loan early"],
                    },
                ],
            }
        ],
    }


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The app on a free port of loopback; yields its address."""
    # As in `switchboard serve`: with the protocol named, answers are not held back for an ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, log_level="critical", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        assert server.started
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def settings_of(folder: Path, **given: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, reasoner="offline", **given)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Service:
    """The service as a client sees it, and the upstream behind it."""

    url: str
    client: httpx2.Client
    upstream: Upstream


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of a module, with the library's catalog."""
    with running_upstream() as upstream:
        allowed = (upstream.url.removeprefix("http://"),)
        app = create_app(settings_of(tmp_path_factory.mktemp("data"), import_hosts=allowed))
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            taken = client.post("/catalog/import", json={"document": document(upstream.url), "name": "library"})
            assert taken.status_code == 200, taken.text
            yield Service(url, client, upstream)

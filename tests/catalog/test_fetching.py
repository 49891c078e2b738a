"""Documents from the web: only from hosts that are allowed, never endlessly, and never for what is none."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from callers.egress_transport import GuardedTransport
from catalog import fetching
from catalog.addresses import is_address, source_of
from catalog.errors import SourceRefused, SourceUnavailable, UnreadableDocument
from catalog.fetching import Limits, fetched
from evals.faults.raw_server import LOOPBACK

SMALL = Limits(size_bytes=50_000, seconds=20)


@dataclass
class Web:
    """A server on loopback, what it has, and what it was asked for."""

    host: str = ""
    has: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def running() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.received.append(self.path)
            if self.path == "/never":
                web.stop.wait(30)
                return
            status, headers, body = web.has.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        web.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web() -> Iterator[Web]:
    with running() as state:
        yield state


def sender() -> GuardedTransport:
    return GuardedTransport(LOOPBACK)


async def read(web: Web, path: str, limits: Limits = SMALL, hosts: list[str] | None = None) -> tuple[bytes, str, str]:
    """What was fetched, the file's name, and where it came from."""
    allowed = [web.host] if hosts is None else hosts
    async with fetched(f"{web.url}{path}", hosts=allowed, way_out=sender(), limits=limits) as found:
        return found.path.read_bytes(), found.path.name, found.url


async def test_a_document_lies_on_disk_while_it_is_read_and_no_longer(web: Web) -> None:
    web.has["/v1/shop.yaml?x=1"] = (200, {}, b"openapi: 3.1.0")
    told: list[tuple[int, int | None]] = []
    async with fetched(
        f"{web.url}/v1/shop.yaml?x=1",
        hosts=[web.host],
        way_out=sender(),
        limits=SMALL,
        progress=lambda done, total: told.append((done, total)),
    ) as found:
        assert (found.path.name, found.path.read_bytes()) == ("shop.yaml", b"openapi: 3.1.0")
    assert not found.path.exists()
    assert told == [(14, None)]


async def test_no_host_is_contacted_that_is_not_allowed(web: Web) -> None:
    for hosts in ([], ["127.0.0.1.example"], ["127.0.0.1:1"]):
        with pytest.raises(SourceRefused) as caught:
            await read(web, "/c.json", hosts=hosts)
        assert caught.value.host == web.host
    assert web.received == []


async def test_a_redirect_to_another_host_is_refused(web: Web) -> None:
    with running() as other:
        web.has["/c"] = (302, {"location": f"{other.url}/c"}, b"")
        with pytest.raises(SourceRefused) as caught:
            await read(web, "/c")
        assert (caught.value.host, other.received) == (other.host, [])


async def test_a_redirect_is_followed_where_its_host_is_allowed_and_the_last_url_counts(web: Web) -> None:
    web.has["/old"] = (301, {"location": "/new/c.json"}, b"")
    web.has["/new/c.json"] = (200, {}, b"[]")
    assert await read(web, "/old") == (b"[]", "old", f"{web.url}/new/c.json")


async def test_redirects_do_not_go_on_for_ever(web: Web) -> None:
    web.has["/round"] = (302, {"location": "/round"}, b"")
    with pytest.raises(SourceUnavailable, match="redirects"):
        await read(web, "/round")
    assert len(web.received) < 10


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/c"])
async def test_a_redirect_out_of_the_web_is_refused(web: Web, location: str) -> None:
    web.has["/c"] = (302, {"location": location}, b"")
    with pytest.raises((SourceRefused, SourceUnavailable)):
        await read(web, "/c")


def test_a_redirect_from_a_safe_to_an_open_connection_is_refused() -> None:
    with pytest.raises(SourceUnavailable, match="https"):
        fetching._refuse_downgrade(httpx2.URL("https://a.example/c"), httpx2.URL("http://a.example/c"))


@pytest.mark.parametrize("headers", [{}, {"content-length": "100000"}])
async def test_a_document_over_the_limit_is_cut_off(web: Web, headers: dict[str, str]) -> None:
    web.has["/large"] = (200, headers, b"x" * 100_000)
    with pytest.raises(SourceUnavailable, match="larger than 50,000 bytes"):
        await read(web, "/large")


async def test_what_is_compressed_on_the_way_counts_as_what_it_becomes(web: Web) -> None:
    web.has["/bomb"] = (200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 1_000_000))
    with pytest.raises(SourceUnavailable, match="larger than 50,000 bytes"):
        await read(web, "/bomb")


async def test_a_gzip_file_without_end_is_refused(web: Web) -> None:
    limits = Limits(unpacked_bytes=500_000)
    web.has["/bomb.json.gz"] = (200, {}, gzip.compress(b"x" * 3_000_000))
    with pytest.raises(SourceUnavailable, match="unpacked"):
        await read(web, "/bomb.json.gz", limits)
    web.has["/fine.json.gz"] = (200, {}, gzip.compress(b"[]"))
    assert (await read(web, "/fine.json.gz", limits))[1] == "fine.json.gz"
    web.has["/damaged.json.gz"] = (200, {}, gzip.compress(b"[]" * 500)[:20])
    assert (await read(web, "/damaged.json.gz", limits))[1] == "damaged.json.gz"


async def test_a_server_that_never_answers_is_given_up(web: Web) -> None:
    with pytest.raises(SourceUnavailable):
        await read(web, "/never", Limits(seconds=0.1))


@pytest.mark.parametrize("media_type", ["text/html; charset=utf-8", "image/png", "application/pdf"])
async def test_what_can_be_no_document_is_told(web: Web, media_type: str) -> None:
    web.has["/login"] = (200, {"content-type": media_type}, b"<html>")
    with pytest.raises(SourceUnavailable, match="no catalog document"):
        await read(web, "/login")


@pytest.mark.parametrize("status", [404, 500, 204 + 100])
async def test_a_status_that_is_no_success_is_told(web: Web, status: int) -> None:
    web.has["/c"] = (status, {}, b"{}")
    with pytest.raises(SourceUnavailable, match=str(status)):
        await read(web, "/c")


async def test_a_host_that_does_not_answer_is_told() -> None:
    with pytest.raises(SourceUnavailable):
        async with fetched("http://127.0.0.1:1/c", hosts=None, way_out=sender(), limits=SMALL):
            pass


@pytest.mark.parametrize("source", ["", "c.json", "file:///etc/passwd", "http://", "https://[::1", "data:,{}"])
async def test_what_is_no_web_address_is_refused(source: str) -> None:
    with pytest.raises(SourceUnavailable):
        async with fetched(source, hosts=None, way_out=sender(), limits=SMALL):
            pass


async def test_what_is_wrong_with_the_document_is_told_by_its_url(web: Web) -> None:
    web.has["/c.json"] = (200, {}, b"{}")
    with pytest.raises(UnreadableDocument) as caught:
        async with fetched(f"{web.url}/c.json", hosts=None, way_out=sender(), limits=SMALL) as found:
            raise UnreadableDocument(str(found.path), "is empty")
    assert caught.value.where == f"{web.url}/c.json"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://shop.example/v1/openapi.json?x=1#y", "shop.example/v1/openapi"),
        ("http://me:pw@shop.example:8080/openapi.yaml", "shop.example:8080/openapi"),
        ("https://shop.example/", "shop.example"),
    ],
)
def test_a_source_is_named_after_its_url(url: str, name: str) -> None:
    assert (is_address(url), source_of(url)) == (True, name)


@pytest.mark.parametrize("path", ["catalog.json", "/https/x", "mcp:https://x", "python:os", ""])
def test_a_path_is_no_url(path: str) -> None:
    assert not is_address(path)


async def test_a_password_in_a_url_is_sent_and_stands_in_no_message(web: Web) -> None:
    web.has["/c.json"] = (500, {}, b"")
    with pytest.raises(SourceUnavailable) as caught:
        async with fetched(f"http://me:s3cr3t@{web.host}/c.json", hosts=[web.host], way_out=sender(), limits=SMALL):
            pass
    assert (caught.value.source, web.received) == (f"{web.url}/c.json", ["/c.json"])
    assert "s3cr3t" not in str(caught.value)

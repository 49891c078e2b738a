"""Importing from a URL: only from hosts that the operator allows, never endlessly."""

from __future__ import annotations

import json

import pytest

from api.failures import InvalidRequest, SourceRefused, SourceUnavailable
from api.source import fetch
from tests.api.conftest import Service, Upstream, document, running_upstream


def hosts(upstream: Upstream) -> list[str]:
    return [upstream.url.removeprefix("http://")]


def test_a_catalog_is_imported_from_an_allowed_host(service: Service) -> None:
    text = json.dumps(document(service.upstream.url)).encode()
    service.upstream.documents["/catalog.json"] = (200, {}, text)
    wanted = {"source": f"{service.upstream.url}/catalog.json", "name": "library"}
    report = service.client.post("/catalog/import", json=wanted)
    assert (report.status_code, report.json()["imported"]) == (200, 2)


def test_another_host_is_refused_and_the_problem_names_the_setting(service: Service) -> None:
    refused = service.client.post("/catalog/import", json={"source": "http://catalogs.example/c.json"})
    assert refused.status_code == 403
    assert "SWITCHBOARD_IMPORT_HOSTS" in refused.json()["detail"]


async def test_no_host_is_allowed_unless_the_operator_says_so() -> None:
    with running_upstream() as upstream:
        with pytest.raises(SourceRefused):
            await fetch(f"{upstream.url}/catalog.json", hosts=())
        assert upstream.received == []


async def test_a_redirect_to_another_host_is_refused() -> None:
    with running_upstream() as upstream, running_upstream() as other:
        upstream.documents["/c"] = (302, {"location": f"{other.url}/c"}, b"")
        with pytest.raises(SourceRefused) as caught:
            await fetch(f"{upstream.url}/c", hosts=hosts(upstream))
        assert caught.value.host == other.url.removeprefix("http://")
        assert other.received == []


async def test_a_redirect_on_the_same_host_is_followed() -> None:
    with running_upstream() as upstream:
        upstream.documents["/old"] = (301, {"location": "/new"}, b"")
        upstream.documents["/new"] = (200, {}, b"\xef\xbb\xbf[]")
        assert await fetch(f"{upstream.url}/old", hosts=hosts(upstream)) == "[]"


async def test_redirects_do_not_go_on_for_ever() -> None:
    with running_upstream() as upstream:
        upstream.documents["/round"] = (302, {"location": "/round"}, b"")
        with pytest.raises(SourceUnavailable):
            await fetch(f"{upstream.url}/round", hosts=hosts(upstream))
        assert len(upstream.received) < 10


async def test_a_document_over_the_limit_is_cut_off() -> None:
    with running_upstream() as upstream:
        upstream.documents["/large"] = (200, {}, b"x" * 100_000)
        with pytest.raises(SourceUnavailable, match="larger than 50,000 bytes"):
            await fetch(f"{upstream.url}/large", hosts=hosts(upstream), limit_bytes=50_000)


@pytest.mark.parametrize(("status", "body"), [(404, b"{}"), (500, b""), (200, b"\xff\xfe")])
async def test_what_is_no_document_is_told(status: int, body: bytes) -> None:
    with running_upstream() as upstream:
        upstream.documents["/c"] = (status, {}, body)
        with pytest.raises(SourceUnavailable):
            await fetch(f"{upstream.url}/c", hosts=hosts(upstream))


async def test_a_host_that_does_not_answer_is_told() -> None:
    with pytest.raises(SourceUnavailable):
        await fetch("http://127.0.0.1:1/c", hosts=["127.0.0.1"])


@pytest.mark.parametrize("source", ["", "c.json", "file:///etc/passwd", "http://", "https://[::1", "data:,{}"])
async def test_what_is_no_web_address_is_refused(source: str) -> None:
    with pytest.raises(InvalidRequest):
        await fetch(source, hosts=["127.0.0.1"])

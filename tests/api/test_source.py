"""Importing from a URL: only from hosts that the operator allows, never endlessly."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable

import pytest

from tests.api.conftest import Service, document


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


def packed(text: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("catalog/library.json", text)
    return archive.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("library.json.gz", gzip.compress), ("library.zip", packed)])
def test_what_is_packed_is_unpacked(service: Service, name: str, pack: Callable[[bytes], bytes]) -> None:
    service.upstream.documents[f"/{name}"] = (200, {}, pack(json.dumps(document(service.upstream.url)).encode()))
    wanted = {"source": f"{service.upstream.url}/{name}", "name": "library"}
    report = service.client.post("/catalog/import", json=wanted)
    assert (report.status_code, report.json()["imported"]) == (200, 2)


@pytest.mark.parametrize("source", ["", "c.json", "file:///etc/passwd", "http://", "https://[::1", "data:,{}"])
def test_what_is_no_web_address_is_refused(service: Service, source: str) -> None:
    refused = service.client.post("/catalog/import", json={"source": source})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/source")


def test_a_document_that_cannot_be_read_is_told_by_its_url(service: Service) -> None:
    service.upstream.documents["/broken.zip"] = (200, {}, packed(b"{}")[:60])
    refused = service.client.post("/catalog/import", json={"source": f"{service.upstream.url}/broken.zip"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_document")
    assert tempfile.gettempdir() not in refused.text


def test_a_document_from_elsewhere_does_not_say_what_runs_here(service: Service) -> None:
    listing = {"format": "python", "version": 1, "module": "os", "functions": []}
    service.upstream.documents["/live.json"] = (200, {}, json.dumps(listing).encode())
    wanted = {"source": f"{service.upstream.url}/live.json", "format": "python"}
    refused = service.client.post("/catalog/import", json=wanted)
    assert (refused.status_code, "this machine" in refused.json()["detail"]) == (422, True)

"""What may not be contacted is refused at every door, and the answer says what the operator would set."""

from __future__ import annotations

from pathlib import Path

import httpx2

from api.app import create_app
from tests.api.conftest import document, running_upstream, serving, settings_of


def test_a_call_and_an_import_from_an_address_that_is_not_public_are_refused(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        host = upstream.url.removeprefix("http://")
        app = create_app(settings_of(tmp_path, allow_networks=(), import_hosts=(host,)))
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            client.post("/catalog/import", json={"document": document(upstream.url), "name": "library"})
            asked = client.post("/catalog/apis/books/desk/get_loan/try", json={"params": {"loan_id": "70002"}}).json()
            imported = client.post("/catalog/import", json={"source": f"{upstream.url}/catalog.json", "name": "x"})

    assert upstream.received == []
    assert f"SWITCHBOARD_ALLOW_HOSTS='[\"{host}\"]'" in asked["answer"]
    assert (imported.status_code, imported.json()["code"]) == (403, "egress_denied")
    assert f"SWITCHBOARD_ALLOW_HOSTS='[\"{host}\"]'" in imported.json()["detail"]


def test_a_host_that_the_operator_allows_is_called(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        host = upstream.url.removeprefix("http://")
        app = create_app(settings_of(tmp_path, allow_networks=(), allow_hosts=(host,)))
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            client.post("/catalog/import", json={"document": document(upstream.url), "name": "library"})
            asked = client.post("/catalog/apis/books/desk/get_loan/try", json={"params": {"loan_id": "70002"}}).json()

    assert asked["status"] == "completed"

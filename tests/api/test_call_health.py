"""What calls told of their APIs is shown, and puts those that fail behind others."""

from __future__ import annotations

from pathlib import Path

import httpx2

from api.app import create_app
from tests.api.conftest import document, running_upstream, serving, settings_of


def test_what_fails_is_shown_first_and_a_closed_upstream_is_named(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        app = create_app(settings_of(tmp_path, circuit_failures=2, call_retries=0))
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            assert client.get("/catalog/health").json() == {"apis": [], "upstreams": []}
            client.post("/catalog/import", json={"document": document("http://127.0.0.1:1"), "name": "gone"})
            for _ in range(4):
                asked = client.post("/catalog/apis/books/desk/get_loan/try", json={"params": {"loan_id": "70002"}})
                assert asked.status_code == 200
            told = client.get("/catalog/health").json()
            client.post("/catalog/import", json={"document": document(upstream.url), "name": "gone"})
            client.post("/catalog/apis/books/desk/get_loan/try", json={"params": {"loan_id": "70002"}})
            again = client.get("/catalog/health").json()

    [api] = told["apis"]
    assert (api["api_id"], api["calls"], api["failed"], api["standing"]) == ("books/desk/get_loan", 2, 2, 1.0)
    assert [(one["name"], one["open"]) for one in told["upstreams"]] == [("http://127.0.0.1:1", True)]
    assert [(one["calls"], one["failed"]) for one in again["apis"]] == [(3, 2)]

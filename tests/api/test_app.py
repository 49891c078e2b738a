"""The app as others embed it: mounted below a path, opened and closed by its lifespan, and failing politely."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

import api.body
from api.app import create_app
from catalog.errors import ModelUnavailable, StoreUnavailable
from graph.services import open_services
from tests.api.conftest import document, running_upstream, serving, settings_of


def mounted(app: FastAPI) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette):
        async with app.router.lifespan_context(app):
            yield

    return Starlette(routes=[Mount("/switchboard", app=app)], lifespan=lifespan)


def test_below_a_path_all_links_lead_below_it(tmp_path: Path) -> None:
    app = mounted(create_app(settings_of(tmp_path)))
    with running_upstream() as upstream, serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
        client.post("/switchboard/catalog/import", json={"document": document(upstream.url)})
        asked = client.post("/switchboard/query", json={"query": "When is my loan due?"}).json()
        assert asked["resume_url"] == f"/switchboard/query/{asked['thread_id']}/resume"
        resumed = client.post(asked["resume_url"], json={"params": {"loan_id": "70001"}})
        assert resumed.json()["status"] == "completed"
        assert client.get("/switchboard/", follow_redirects=True).url.path == "/switchboard/docs"
        assert "/switchboard/openapi.json" in client.get("/switchboard/docs").text
        assert client.get("/threads").status_code == 404


def test_importing_the_studio_entrance_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "untouched"
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(folder))
    import api.studio

    assert [route.path for route in api.studio.app.routes] == ["/switchboard"]
    assert not folder.exists()


async def test_services_that_are_open_already_are_used_and_left_open(tmp_path: Path) -> None:
    async with open_services(settings_of(tmp_path)) as services:
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            assert (await client.get("/readyz")).status_code == 200
        assert (await services.catalog.stats()).apis == 0


async def test_before_the_services_are_open_the_door_says_so(tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(create_app(settings_of(tmp_path)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
        early = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert (early.status_code, early.json()["code"]) == (503, "not_ready")
    assert int(early.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnavailable("catalog.db", "disk full"), "store_unavailable"),
        (ModelUnavailable("down"), "model_unavailable"),
    ],
)
async def test_what_may_pass_is_a_503_that_says_when_to_try_again(tmp_path: Path, error: Exception, code: str) -> None:
    answer = await _failing(tmp_path, error)
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) > 0


async def test_a_mistake_of_ours_tells_the_client_nothing_of_our_inside(tmp_path: Path) -> None:
    answer = await _failing(tmp_path, RuntimeError("the secret is 1234"))
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "1234" not in answer.text
    assert "Traceback" not in answer.text


async def _failing(folder: Path, error: Exception) -> httpx2.Response:
    app = create_app(settings_of(folder))

    @app.get("/fail", response_model=None)
    async def fail() -> NoReturn:
        raise error

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
        return await client.get("/fail")


async def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.body, "DEADLINE_SECONDS", 0.01)

    async def never() -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, never)
    with pytest.raises(api.body.BodyTooSlow):
        await api.body.read(request, limit_bytes=10)


async def test_a_client_that_hangs_up_in_its_body_is_no_failure_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[object] = []

    async def gone() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def keep(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/query", "headers": [], "query_string": b"", "app": None}
    async with open_services(settings_of(tmp_path)) as services:
        with caplog.at_level(logging.WARNING):
            await create_app(services)(scope, gone, keep)
    assert caplog.records == []

"""Signing in on the whole path: the answer gives a link, the provider sends the browser back, the call goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from api.app import create_app
from callers.vault import PassingVault
from catalog.errors import SettingsError
from graph.keys import open_keys
from graph.requests import QueryRequest, ResumeRequest
from graph.settings import Settings

if TYPE_CHECKING:
    from conftest import Start, Upstream

ASK = QueryRequest(query="What is in the vault?")


def credential(upstream: Upstream) -> dict[str, Any]:
    login = "https://login.example.com/authorize"
    grant = {"grant": "authorization_code", "authorize_url": login, "token_url": f"{upstream.url}/token"}
    return {"vault_key": {"secret": "id:s3cret-of-client", **grant}}


async def test_a_person_signs_in_and_accepts(start: Start, upstream: Upstream) -> None:
    upstream.answers["POST /token"] = (200, {"access_token": "t0ken-of-ada", "token_type": "bearer"})
    upstream.answers["GET /vault"] = (200, {"gold": 7})
    async with start(credentials=credential(upstream)) as services:
        asked = await services.runs.ask(ASK, tenant="default")
        [request] = asked["input_requests"]
        state = parse_qs(urlsplit(request["url"]).query)["state"][0]
        transport = httpx2.ASGITransport(create_app(services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as browser:
            refused = await browser.get("/oauth/callback", params={"state": "<b>forged</b>", "code": "c"})
            taken = await browser.get("/oauth/callback", params={"state": state, "code": "the-code"})
            again = await browser.get("/oauth/callback", params={"state": state, "code": "the-code"})
        given = ResumeRequest.model_validate({"responses": [{"id": request["id"], "action": "accept"}]})
        done = await services.runs.resume(asked["thread_id"], given, tenant="default")
    assert (request["reason"], asked["status"]) == ("credentials_required", "input_required")
    assert (refused.status_code, taken.status_code, again.status_code) == (400, 200, 400)
    assert "<b>" not in refused.text and "no-store" in taken.headers["cache-control"]
    assert done["status"] == "completed" and upstream.sent("GET") == ["/vault"]
    assert "t0ken" not in json.dumps([asked, done]) + taken.text


def test_replicas_that_share_tokens_need_a_key_of_the_operator(upstream: Upstream) -> None:
    given: Any = {"credentials": credential(upstream), "database_url": "postgresql://nobody@localhost/none"}
    with pytest.raises(SettingsError, match="SWITCHBOARD_SECRET_KEY"):
        open_keys(Settings.model_validate(given), PassingVault(), lambda: httpx2.AsyncHTTPTransport(trust_env=False))

"""Every way out of the service over HTTP, opened as the service opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec

import httpx2

from callers.credential_setting import CredentialSetting
from callers.credentials import Credentials
from callers.egress import Egress
from callers.egress_transport import GuardedTransport
from callers.http import HttpCaller
from callers.mcp_caller import McpCaller
from callers.mcp_sessions import McpSessions
from callers.oauth_requests import TokenEndpoint
from catalog.fetching import Limits, fetched
from catalog.models import Api
from evals.faults.watching import Resolver

SECONDS = 10.0
MCP = "an MCP server"

Entrance = Callable[[str], Awaitable[object]]


def _client(egress: Egress) -> httpx2.AsyncClient:
    """As tokens, models and documents are asked for; and one that would follow anywhere."""
    transport = GuardedTransport(egress, resolver=Resolver())
    return httpx2.AsyncClient(transport=transport, trust_env=False, timeout=SECONDS, follow_redirects=True)


def _caller(egress: Egress) -> HttpCaller:
    return HttpCaller(
        pooled=GuardedTransport(egress, resolver=Resolver()),
        single=GuardedTransport(egress, resolver=Resolver(), max_kept=0),
        credentials=Credentials(),
        limit_bytes=1_000_000,
        timeouts=httpx2.Timeout(SECONDS),
        user_agent="faults",
    )


def _api(url: str, *, method: str = "GET", kind: str = "http") -> Api:
    return Api.model_validate(
        {
            "id": "faults/urls/api",
            "name": "api",
            "category": "faults",
            "tool_id": "faults/urls",
            "tool_name": "urls",
            "method": method,
            "url": url if kind == "http" else "",
            "target": f"{url} tool" if kind == "mcp" else "",
            "kind": kind,
            "risk": "safe" if method == "GET" else "mutating",
        }
    )


def _call(method: str) -> Callable[[Egress], Entrance]:
    def opened(egress: Egress) -> Entrance:
        async def send(url: str) -> object:
            caller = _caller(egress)
            try:
                return await caller.send(_api(url, method=method), {}, timeout_seconds=SECONDS)
            finally:
                await caller.close()

        return send

    return opened


def _document(egress: Egress) -> Entrance:
    async def fetch(url: str) -> object:
        sender = GuardedTransport(egress, resolver=Resolver())
        async with fetched(url, hosts=None, way_out=sender, limits=Limits(seconds=SECONDS)) as found:
            return found.url

    return fetch


def _any(egress: Egress) -> Entrance:
    async def get(url: str) -> object:
        async with _client(egress) as client:
            return await client.get(url)

    return get


def _mcp(egress: Egress) -> Entrance:
    async def send(url: str) -> object:
        sessions = McpSessions({}, allow_stdio=False, egress=egress)
        try:
            return await McpCaller(sessions).send(_api(url, kind="mcp", method="GET"), {}, timeout_seconds=SECONDS)
        finally:
            await sessions.close()

    return send


def _token(egress: Egress) -> Entrance:
    async def ask(url: str) -> object:
        transport = GuardedTransport(egress, resolver=Resolver())
        # Unchecked: the setting itself refuses most of these, and here it is the connection that shall.
        setting = CredentialSetting.model_construct(grant="client_credentials", token_url=url)
        try:
            return await TokenEndpoint(transport).ask("login", setting, "id:secret", {})
        finally:
            await transport.aclose()

    return ask


WAYS_OUT: Mapping[str, Callable[[Egress], Entrance]] = {
    "a call": _call("GET"),
    "a call that changes something": _call("POST"),
    "a document": _document,
    "a token": _token,
    "any client": _any,
    **({MCP: _mcp} if find_spec("mcp") else {}),
}

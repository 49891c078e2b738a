"""Who may come in, and how many at once: refused before a body is read, so that a refusal costs nothing."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from aiolimiter import AsyncLimiter
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from graph.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WORK = re.compile(r"/query(/.*)?|/catalog/apis/.+/try|/catalog/import")
"""What makes the service work, rather than look something up."""
REMEMBERED = 10_000
RETRY_AFTER_SECONDS = 1
MINUTE = 60.0


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in."""

    status: HTTPStatus
    code: str
    detail: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Visits:
    """Requests under way and the rate of each client. Only clients with requests under way take room."""

    settings: Settings
    under_way: Counter[str] = field(default_factory=Counter)
    rates: LRUCache[str, AsyncLimiter] = field(default_factory=lambda: LRUCache(REMEMBERED))

    def refuse(self, client: str, runs: int) -> Refusal | None:
        if runs >= self.settings.max_runs or self.under_way.total() >= self.settings.max_runs:
            said = f"{self.settings.max_runs} questions are under way, and no more are taken. Try again in a moment."
            return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", said, RETRY_AFTER_SECONDS)
        if self.under_way[client] >= self.settings.client_runs:
            said = f"{self.settings.client_runs} of your questions are under way. Wait for one of them."
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", said, RETRY_AFTER_SECONDS)
        return self._too_often(client)

    def _too_often(self, client: str) -> Refusal | None:
        most = self.settings.client_requests_per_minute
        if most is None:
            return None
        rate = self.rates.setdefault(client, AsyncLimiter(most, MINUTE))
        if not rate.has_capacity():
            said = f"More than {most} requests a minute."
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", said, -(-60 // most))
        return None

    async def begin(self, client: str) -> None:
        self.under_way[client] += 1
        if client in self.rates:
            await self.rates[client].acquire()  # there was room a moment ago, so this does not wait

    def end(self, client: str) -> None:
        self.under_way[client] -= 1
        if self.under_way[client] <= 0:
            del self.under_way[client]


class Door:
    """Middleware.

    `runs` says how many questions are under way, those included that no client waits for; `names` are those under
    which the service may be asked, None: any.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, runs: Callable[[], int], names: frozenset[str] | None
    ) -> None:
        self.app = app
        self._settings = settings
        self._runs = runs
        self._visits = Visits(settings)
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers, client = Headers(scope=scope), (scope.get("client") or ("",))[0]
        if refusal := self._stranger(scope, headers):
            return await _refused(refusal)(scope, receive, send)
        if not _works(scope):
            return await self.app(scope, receive, send)
        if refusal := self._visits.refuse(client, self._runs()):
            return await _refused(refusal)(scope, receive, send)
        await self._visits.begin(client)
        try:
            return await self.app(scope, receive, send)
        finally:
            self._visits.end(client)

    def _stranger(self, scope: Scope, headers: Headers) -> Refusal | None:
        """A page of another site that makes a browser write here, or a name that was bound to this address."""
        host = headers.get("host", "")
        if self._names is not None and _name(host) not in self._names:
            said = f"This service does not answer as {_name(host)[:100]!r}. The operator allows names by"
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "host_refused", f"{said} SWITCHBOARD_ALLOWED_HOSTS.")
        origin = headers.get("origin")
        if scope["method"] in UNSAFE and origin is not None and not self._known(origin, host):
            said = f"Pages of {origin[:100]!r} may not use this service. The operator allows them by"
            return Refusal(HTTPStatus.FORBIDDEN, "origin_refused", f"{said} SWITCHBOARD_ALLOWED_ORIGINS.")
        return None

    def _known(self, origin: str, host: str) -> bool:
        return origin in self._settings.allowed_origins or _place(origin) == host


def _works(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return scope["method"] == "POST" and WORK.fullmatch(path) is not None


def names_of(settings: Settings) -> frozenset[str] | None:
    """The names of a service at the settings' address. One that is open to others is asked by whatever names they
    have for it, unless the operator says which."""
    if settings.allow_open and not settings.allowed_hosts:
        return None
    return LOOPBACK | {_name(settings.host), *(name.lower() for name in settings.allowed_hosts)}


def _place(origin: str) -> str | None:
    """Host and port of an origin; None: it is no URL."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name(host: str) -> str:
    """A Host header without its port, as names are compared."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.rstrip(".")


def _refused(refusal: Refusal) -> ASGIApp:
    response = problem(refusal.status, code=refusal.code, detail=refusal.detail)
    if refusal.retry_after is not None:
        response.headers["retry-after"] = str(refusal.retry_after)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, _closing(send))

    return app


def _closing(send: Send) -> Send:
    """The body was not read, so nothing else can come on this connection."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closing

"""Calls APIs over HTTP: within a deadline and a size, and never at another origin than the catalog's."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from urllib.parse import urlsplit

import httpx2
from pydantic import JsonValue

from callers import curl, encoding, response
from callers.addition import Addition
from callers.address import MAX_URL
from callers.credentials import Credentials
from callers.egress import Egress
from callers.egress_transport import GuardedTransport
from callers.exchange import Answer, Progress, exchange
from callers.limits import retry_after
from callers.protocol import Missing, Once, Preview, Reply, Who
from callers.request import Request, build
from catalog import echoes
from catalog.errors import (
    BrokenResponse,
    CallError,
    CallTimeout,
    CallUnreachable,
    EgressDenied,
    InvalidArguments,
    OutcomeUnknown,
)
from catalog.models import Api

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_HOPS = 3
KEPT_CHARACTERS = 100_000
"""Of values whose request is kept until the next one."""
UNAUTHORIZED = 401


class HttpCaller:
    """Keeps `Caller`. One pool of connections for everybody, and nothing else that is shared."""

    def __init__(
        self,
        *,
        pooled: httpx2.AsyncBaseTransport,
        single: httpx2.AsyncBaseTransport,
        credentials: Credentials,
        limit_bytes: int,
        timeouts: httpx2.Timeout,
        user_agent: str,
    ) -> None:
        self._pooled = pooled
        self._single = single
        self._credentials = credentials
        self._limit_bytes = limit_bytes
        self._timeouts = timeouts
        self._user_agent = user_agent
        self._shown: tuple[Api, str, Request] | None = None
        """What was shown last, which is mostly what is sent next. Only what is shown is kept: it has no secret."""

    @classmethod
    def open(
        cls,
        *,
        credentials: Credentials | None = None,
        egress: Egress = Egress(),  # noqa: B008 - frozen: what is public, and nothing else
        limit_bytes: int = 2_000_000,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        user_agent: str = "",
    ) -> HttpCaller:
        """Ready to send. Proxies and `.netrc` of the environment are not used."""
        return cls(
            pooled=GuardedTransport(egress),
            # A kept connection may die just as it is used, and then nobody knows whether the call arrived.
            # So a call that changes something gets a connection of its own.
            single=GuardedTransport(egress, max_kept=0),
            credentials=credentials or Credentials(),
            limit_bytes=limit_bytes,
            timeouts=httpx2.Timeout(read_seconds, connect=connect_seconds),
            user_agent=user_agent or f"switchboard/{_version()}",
        )

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        masked = self._masked(api, values)
        wanted = _exact(values)
        self._shown = (api, wanted, masked) if 0 < len(wanted) <= KEPT_CHARACTERS else None
        request = _keyed(api, masked, key)
        return Preview(
            method=request.method,
            url=request.url,
            headers=dict(request.headers),
            body=request.shown,
            curl=curl.command(request),
        )

    def acting_for(self, who: Who) -> HttpCaller:
        bound = copy.copy(self)
        bound._credentials = self._credentials.acting_for(who)
        bound._shown = None
        return bound

    def _masked(self, api: Api, values: Mapping[str, JsonValue]) -> Request:
        """The request as people may see it: not built again where it was just shown. Raises InvalidArguments."""
        if self._shown is not None and self._shown[0] is api and self._shown[1] == _exact(values):
            return self._shown[2]
        return build(api, values, self._credentials.masked(api))

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return await self._credentials.missing(api, thread_id=thread_id)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        shown = self._masked(api, values)  # bad values are told before a secret is read
        started = time.perf_counter()
        added = await self._credentials.additions(api)
        request = build(api, values, added) if api.auth else shown  # what is masked is never sent
        answer = await self._sent(api, request, added, timeout_seconds, once)
        if answer.status == UNAUTHORIZED and (renewed := await self._credentials.renewed(api, added)):
            left = timeout_seconds - (time.perf_counter() - started)
            added, request = renewed, build(api, values, renewed)
            answer = await self._sent(api, request, added, left, once)  # 401: it was not done
        body = response.read(answer.content, answer.headers.get("content-type", ""), secrets=_traces(added))
        elapsed_ms = (time.perf_counter() - started) * 1000
        pause = retry_after(answer.headers.get("retry-after", ""), time.time())
        return Reply(answer.status, body, elapsed_ms, answer.lost is not None, pause)

    async def _sent(
        self,
        api: Api,
        request: Request,
        added: tuple[Addition, ...],
        seconds: float,
        once: Once | None,
    ) -> Answer:
        """The answer to one request. What goes wrong is told without the secrets, which upstreams may repeat."""
        try:
            return await self._within(api, _keyed(api, request, once.key if once else ""), added, seconds, once)
        except CallError as error:
            echoes.unsay(error, _traces(added))
            raise

    async def close(self) -> None:
        await self._pooled.aclose()
        await self._single.aclose()

    async def _within(
        self, api: Api, request: Request, added: tuple[Addition, ...], seconds: float, once: Once | None
    ) -> Answer:
        """The answer within a total deadline: timeouts of sockets do not end an answer that drips."""
        progress = Progress(once=once)
        host = urlsplit(request.url).hostname or ""
        try:
            async with asyncio.timeout(seconds):
                if api.risk == "safe":
                    return await self._follow(request, added, progress)
                return await self._exchange(self._single, request, progress)
        except TimeoutError:
            failure: CallError = CallTimeout(host, seconds)
        except (httpx2.ReadTimeout, httpx2.WriteTimeout):
            failure = CallTimeout(host, self._timeouts.read or seconds)
        except httpx2.TransportError as error:
            failure = CallUnreachable(host, _reason(error))
        except (UnicodeError, OverflowError):
            failure = CallUnreachable(host, "its name is no host name")
        if api.risk == "mutating" and progress.sent:
            raise OutcomeUnknown(api.id, f"the request was sent, and then: {failure}")
        raise failure

    async def _follow(self, request: Request, added: tuple[Addition, ...], progress: Progress) -> Answer:
        """A safe call, with redirects inside its own origin."""
        for _ in range(MAX_HOPS + 1):
            answer = await self._exchange(self._pooled, request, progress)
            if answer.status not in REDIRECTS or request.method not in ("GET", "HEAD"):
                break
            location = answer.headers.get("location", "")
            if not location:
                break
            request = replace(request, url=_next(request.url, location, added))
        else:
            raise BrokenResponse(urlsplit(request.url).hostname or "", f"it redirects more than {MAX_HOPS} times")
        if answer.lost is not None:
            raise answer.lost
        return answer

    async def _exchange(self, transport: httpx2.AsyncBaseTransport, request: Request, progress: Progress) -> Answer:
        return await exchange(
            transport,
            request,
            user_agent=self._user_agent,
            timeouts=self._timeouts,
            limit_bytes=self._limit_bytes,
            progress=progress,
        )


def _exact(values: Mapping[str, JsonValue]) -> str:
    """The values as text, which tells 1 from true; empty where there is none."""
    try:
        return json.dumps(values)
    except (ValueError, TypeError, RecursionError):
        return ""


def _keyed(api: Api, request: Request, key: str) -> Request:
    """With the key by which the upstream knows a call that it did before, where it knows keys."""
    if not key or api.idempotency_header is None:
        return request
    try:
        pair = encoding.header(api.idempotency_header, key)
    except encoding.UnwritableError as error:
        raise InvalidArguments(api.id, [(api.idempotency_header, str(error))]) from None
    return replace(request, headers=(*request.headers, pair))


def _traces(added: tuple[Addition, ...]) -> frozenset[str]:
    return frozenset(form for addition in added for form in addition.traces())


def _next(url: str, location: str, added: tuple[Addition, ...]) -> str:
    """Where a redirect leads. Raises EgressDenied unless that is in the same origin."""
    here = httpx2.URL(url)
    try:
        there = here.join(location).copy_with(fragment=None)
        lacking = [a for a in added if a.place == "query" and a.name not in there.params]
    except (httpx2.InvalidURL, ValueError):
        raise BrokenResponse(here.host, "it redirects to something that is no URL") from None
    if there.userinfo or (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        raise EgressDenied(there.host, f"{here.host} redirects there, and a call never leaves its own origin")
    if len(str(there)) > MAX_URL:
        raise BrokenResponse(here.host, f"it redirects to an address of more than {MAX_URL} characters")
    pairs = ["=".join(encoding.escaped(a.name, a.value)) for a in lacking]
    query = "&".join([there.query.decode("ascii")] * bool(there.query) + pairs)
    return str(there.copy_with(query=query.encode("ascii") or None))


def _reason(error: httpx2.TransportError) -> str:
    """In words of our own: a library's message may quote the request."""
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return "no connection in time"
    if isinstance(error, httpx2.ConnectError):
        return f"no connection ({_cause(error)})"
    return "the connection broke before the whole answer came"


def _cause(error: httpx2.ConnectError) -> str:
    """The system's word for why there is no connection: refused, name unknown, certificate not valid."""
    return str(error)[:200] or "no address answered"


def _version() -> str:
    try:
        return metadata.version("switchboard")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "0"

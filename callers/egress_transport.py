"""The one way out over HTTP: whatever is sent by it goes only where the operator allows.

Every client of the service is built on it: calls, documents, tokens, MCP servers, models. Proxies and `.netrc` of the
environment play no part.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType

import httpcore2
import httpx2

from callers.egress import Egress
from callers.egress_connect import GuardedBackend, Resolver, system_resolver
from catalog.errors import EgressDenied

KEPT_SECONDS = 5.0
CONNECTIONS = 100
_SOURCES = (
    *(httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError),
    *(httpcore2.ProxyError, httpcore2.UnsupportedProtocol),
)
_FAILURES: Mapping[str, type[httpx2.TransportError]] = MappingProxyType(
    {
        name: kind
        for name, kind in vars(httpx2).items()
        if isinstance(kind, type) and issubclass(kind, httpx2.TransportError)
    }
)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """A pool of connections, each opened by `GuardedBackend`. Raises EgressDenied beside a transport's own errors."""

    def __init__(
        self,
        egress: Egress,
        *,
        max_connections: int = CONNECTIONS,
        max_kept: int = CONNECTIONS,
        kept_seconds: float = KEPT_SECONDS,
        resolver: Resolver = system_resolver,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`context`: whom to trust; None: whom the system trusts."""
        self._egress = egress
        self._pool = _pool(
            GuardedBackend(egress.also(egress.proxy) if egress.proxy else egress, resolver),
            context=context or trust(),
            proxy=egress.proxy,
            max_connections=max_connections,
            max_kept=max_kept,
            kept_seconds=kept_seconds,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not isinstance(request.stream, httpx2.AsyncByteStream):
            raise TypeError("a request of an asynchronous client is expected")
        if self._egress.proxy:
            self._refuse_numbers(request.url)
        with _as_httpx2():
            answer = await self._pool.handle_async_request(_outgoing(request, request.stream))
        if not isinstance(answer.stream, AsyncIterable):
            raise TypeError("an asynchronous answer is expected")
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()

    def _refuse_numbers(self, url: httpx2.URL) -> None:
        """The proxy looks names up; what is plainly an address, or this machine, need not be asked for there."""
        host = url.raw_host.decode("ascii")
        address = _number(host)
        if address is None:
            return
        refusal = self._egress.refusal(host, url.port or (443 if url.scheme == "https" else 80), address)
        if refusal:
            raise EgressDenied(host, refusal)


def _pool(
    backend: GuardedBackend,
    *,
    context: ssl.SSLContext,
    proxy: str | None,
    max_connections: int,
    max_kept: int,
    kept_seconds: float,
) -> httpcore2.AsyncConnectionPool:
    if proxy is None:
        return httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=max_connections,
            max_keepalive_connections=max_kept,
            keepalive_expiry=kept_seconds,
            network_backend=backend,
        )
    named = httpx2.Proxy(proxy)
    return httpcore2.AsyncHTTPProxy(
        proxy_url=httpcore2.URL(
            scheme=named.url.raw_scheme, host=named.url.raw_host, port=named.url.port, target=named.url.raw_path
        ),
        proxy_auth=named.raw_auth,
        ssl_context=context,
        max_connections=max_connections,
        max_keepalive_connections=max_kept,
        keepalive_expiry=kept_seconds,
        network_backend=backend,
    )


def _outgoing(request: httpx2.Request, content: httpx2.AsyncByteStream) -> httpcore2.Request:
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=content,
        extensions=request.extensions,
    )


class _Body(httpx2.AsyncByteStream):
    def __init__(self, wrapped: AsyncIterable[bytes]) -> None:
        self._wrapped = wrapped

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx2():
            async for part in self._wrapped:
                yield part

    async def aclose(self) -> None:
        close = getattr(self._wrapped, "aclose", None)  # the library types it as an iterable alone
        if close is not None:
            await close()


@contextmanager
def _as_httpx2() -> Iterator[None]:
    """The errors of the library below, under the names by which its client has them."""
    try:
        yield
    except _SOURCES as error:
        names = (kind.__name__ for kind in type(error).__mro__)
        known = next((_FAILURES[name] for name in names if name in _FAILURES), httpx2.TransportError)
        raise known(str(error)) from error


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, in any form that systems take: 127.1, 0x7f000001, 2130706433; None: it is a name."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return ipaddress.IPv4Address("127.0.0.1")
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError):
        return None


@cache
def trust() -> ssl.SSLContext:
    """The system's certificates; to read them takes 30 ms, so once is enough."""
    return httpcore2.default_ssl_context()

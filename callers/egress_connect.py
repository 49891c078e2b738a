"""Every connection is opened here: a name is looked up, each address decided on, and that very address connected to.

It wraps what opens sockets, so that no request, redirect or library can go around it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

import httpcore2

from callers.egress import Egress
from catalog.errors import EgressDenied

CONNECT_SECONDS = 5.0  # where a client names no time of its own


class Resolver(Protocol):
    """Looks names up."""

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Addresses of a name, best first. Raises OSError; ValueError for what is no name."""


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """As the machine is set up: hosts file, DNS, and whatever else. It reads numbers in all their old forms, too."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects only where the rule allows it."""

    def __init__(self, egress: Egress, resolver: Resolver = system_resolver) -> None:
        self._egress = egress
        self._resolver = resolver
        self._wrapped = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises EgressDenied, and what the library raises."""
        until = time.monotonic() + (CONNECT_SECONDS if timeout is None else timeout)
        addresses = self._allowed(host, port, await self._resolved(host, port, until))
        failure: Exception = httpcore2.ConnectError(f"{host!r} has no address")
        for position, address in enumerate(addresses):
            share = (until - time.monotonic()) / (
                len(addresses) - position
            )  # one that is silent leaves the next its time
            try:
                return await self._wrapped.connect_tcp(
                    address, port, timeout=max(share, 0), local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, path: str, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        raise EgressDenied(path, "it is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._wrapped.sleep(seconds)

    async def _resolved(self, host: str, port: int, until: float) -> Sequence[str]:
        literal = _literal(host)
        if literal:
            return [literal]
        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await self._resolver(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout(f"the name {host!r} was not found in time") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no host name"
            raise httpcore2.ConnectError(f"{host!r}: {reason or 'name not known'}") from None

    def _allowed(self, host: str, port: int, addresses: Sequence[str]) -> list[str]:
        """Those that may be contacted; where none may, why. An address that is none may not."""
        judged = [(address, self._refusal(host, port, address)) for address in addresses]
        allowed = [address for address, refusal in judged if not refusal]
        if judged and not allowed:
            raise EgressDenied(host, judged[0][1])
        return allowed

    def _refusal(self, host: str, port: int, address: str) -> str:
        try:
            return self._egress.refusal(host, port, ipaddress.ip_address(address))
        except ValueError:
            return "what it leads to is no address"


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""

"""Connections that nobody may hold for nothing: limits on their number, on slow headers, and on answers nobody reads.

uvicorn bounds only the idle time after an answer; what a client does before its first request, and with an answer
that it does not read, has no end there.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

REFUSALS = {
    408: ("Request Timeout", "The request's headers did not arrive in time."),
    431: ("Request Header Fields Too Large", "The request's headers are too large."),
    503: ("Service Unavailable", "There are too many connections. Try again in a moment."),
}
RETRY_AFTER_SECONDS = 1
SEND_BUFFER_BYTES = 262_144
"""Of the system, for one connection: it would hold megabytes for a client that reads nothing."""


@dataclass(frozen=True)
class ConnectionLimits:
    """What one connection, one client and all of them may take."""

    connections: int = 2_000
    client_connections: int = 1_000
    """Of one address."""
    seconds: float = 15.0
    """From the connection, or the first byte of another request, to the end of its headers; and how long an answer
    waits for a client that does not read it."""
    header_bytes: int = 65_536


@dataclass
class Clients:
    """How many connections each address holds, over all of a server."""

    limits: ConnectionLimits
    held: Counter[str] = field(default_factory=Counter)

    def admit(self, client: str) -> bool:
        """Count one more; False: that is too many."""
        self.held[client] += 1
        return self.held[client] <= self.limits.client_connections and self.held.total() <= self.limits.connections

    def leave(self, client: str) -> None:
        self.held[client] -= 1
        if self.held[client] <= 0:
            del self.held[client]


if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
else:
    Base = object


class Bounded(Base):
    """Mixed into uvicorn's protocol, whichever parser it uses."""

    clients: Clients

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        if (connected := transport.get_extra_info("socket")) is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._heading = False
        self._heading_bytes = 0
        self._stalled: asyncio.TimerHandle | None = None
        self._late: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if self.clients.admit(self._address):
            self._await_headers()
        else:
            self._refuse(503)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._under_way():
            self._in_time()
            return
        self._heading_bytes = self._heading_bytes + len(data) if self._heading else 0
        if self._heading_bytes > self.clients.limits.header_bytes:
            self._refuse(431)
        elif self._late is None:
            self._await_headers()

    def on_message_begin(self) -> None:
        """Only one of the two parsers says so; the other bounds the size of headers by itself."""
        self._heading = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._heading, self._heading_bytes = False, 0
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self._after(self.clients.limits.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        _stop(self._stalled)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # closing would wait for a reader who does not come
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        _stop(self._stalled)
        self.clients.leave(self._address)
        super().connection_lost(exc)

    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_headers(self) -> None:
        self._late = self._after(self.clients.limits.seconds, self._too_late)

    def _in_time(self) -> None:
        _stop(self._late)
        self._late = None

    def _too_late(self) -> None:
        self._late = None
        if self._heading:
            self._refuse(408)
        else:
            self.transport.close()  # it never asked for anything

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        phrase, said = REFUSALS[status]
        retry = f"retry-after: {RETRY_AFTER_SECONDS}\r\n" if status == 503 else ""
        head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n{retry}connection: close\r\n"
        self.transport.write(f"{head}content-length: {len(said)}\r\n\r\n{said}".encode("ascii"))
        self.transport.close()

    def _after(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, act)


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def bounded(limits: ConnectionLimits) -> type[Any]:  # Any: which parser there is, only uvicorn knows
    """The protocol for `uvicorn.Config(http=...)`."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    return type("BoundedConnection", (Bounded, AutoHTTPProtocol), {"clients": Clients(limits)})

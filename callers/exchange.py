"""One request out, one answer in, within limits.

Speaks to the transport itself: a client object would keep cookies between people, and log whole URLs.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from callers.protocol import Once
from callers.request import Request
from callers.unpacking import Unpacking
from catalog.errors import BrokenResponse, CallError, ResponseTooLarge

ENCODING = "gzip"  # the one compression we ask for and read; stacked ones multiply what a few bytes can hold


@dataclass(frozen=True)
class Answer:
    """What arrived, as bytes."""

    status: int
    headers: httpx2.Headers
    content: bytes = b""
    lost: CallError | None = None
    """Why the body could not be taken; then `content` is empty, but the status did arrive."""


@dataclass
class Progress:
    """How far a call got: what decides whether a failed one may have taken effect."""

    sent: bool = False
    answered: bool = False
    once: Once | None = None
    """What permits the request to leave; None: nothing needs to."""

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Called by the transport; the request line leaves us right after this event."""
        if event.endswith("send_request_headers.started"):
            if self.once is not None:
                self.once.permit()
            self.sent = True
        elif event.endswith("receive_response_headers.complete"):
            self.answered = True


async def exchange(
    transport: httpx2.AsyncBaseTransport,
    request: Request,
    *,
    user_agent: str,
    timeouts: httpx2.Timeout,
    limit_bytes: int,
    progress: Progress,
) -> Answer:
    """Send once and read the answer. Raises httpx2.TransportError; a body that cannot be taken is `lost`."""
    outgoing = _outgoing(request, user_agent, timeouts, progress)
    response = await transport.handle_async_request(outgoing)
    try:
        content = await _read(response, outgoing, limit_bytes)
    except (ResponseTooLarge, BrokenResponse) as error:
        return Answer(response.status_code, response.headers, lost=error)
    finally:
        await response.aclose()
    return Answer(response.status_code, response.headers, content)


def _outgoing(request: Request, user_agent: str, timeouts: httpx2.Timeout, progress: Progress) -> httpx2.Request:
    ours = {"User-Agent": user_agent, "Accept": "application/json, */*;q=0.5", "Accept-Encoding": ENCODING}
    taken = {name.lower() for name, _ in request.headers}
    headers = [*request.headers, *((name, text) for name, text in ours.items() if name.lower() not in taken)]
    return httpx2.Request(
        request.method,
        request.url,
        headers=[(name.encode("ascii"), text.encode("latin-1")) for name, text in headers],
        content=request.body,
        extensions={"timeout": timeouts.as_dict(), "trace": progress.trace},
    )


async def _read(response: httpx2.Response, outgoing: httpx2.Request, limit_bytes: int) -> bytes:
    """The body, unpacked; both what arrives and what comes of it are cut at the limit while they stream."""
    host = outgoing.url.host
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", ENCODING, f"x-{ENCODING}"):
        raise BrokenResponse(host, "it is encoded in a way that was not asked for")
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        raise BrokenResponse(host, "it is no stream")
    packed = encoding not in ("", "identity")
    unpacking = Unpacking(limit_bytes)
    received, content = 0, bytearray()
    async for part in response.stream:
        received += len(part)  # a packed body may be read to no end, and give nothing
        if received > limit_bytes:
            raise ResponseTooLarge(host, limit_bytes)
        if not packed:
            content += part
        elif not _unpacked(unpacking, part, host, encoding):
            raise ResponseTooLarge(host, limit_bytes)
    if packed and received and not unpacking.is_whole:
        raise BrokenResponse(host, f"what it packed as {encoding!r} ends too early")
    return bytes(unpacking.content if packed else content)


def _unpacked(unpacking: Unpacking, part: bytes, host: str, encoding: str) -> bool:
    try:
        return unpacking.take(part)
    except zlib.error:
        raise BrokenResponse(host, f"it says that it is encoded as {encoding!r}, and is not") from None

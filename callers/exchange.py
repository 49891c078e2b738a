"""One request out, one answer in, within limits.

Speaks to the transport itself: a client object would keep cookies between people, and log whole URLs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx2

from callers.protocol import Once
from callers.request import Request
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


class _Counted(httpx2.AsyncByteStream):
    """The raw bytes of a body, cut at the limit: a decoder may swallow any number and give nothing."""

    def __init__(self, wrapped: httpx2.AsyncByteStream, host: str, limit_bytes: int) -> None:
        self._wrapped = wrapped
        self._host = host
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for part in self._wrapped:
            received += len(part)
            if received > self._limit_bytes:
                raise ResponseTooLarge(self._host, self._limit_bytes)
            yield part

    async def aclose(self) -> None:
        await self._wrapped.aclose()


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
    host = outgoing.url.host
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", ENCODING, f"x-{ENCODING}"):
        raise BrokenResponse(host, f"it is encoded as {encoding[:40]!r}, which was not asked for")
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        raise BrokenResponse(host, "it is no stream")
    counted = httpx2.Response(
        response.status_code,
        headers=response.headers,
        stream=_Counted(response.stream, host, limit_bytes),
        request=outgoing,
    )
    content = bytearray()
    try:
        async for part in counted.aiter_bytes():
            content += part
            if len(content) > limit_bytes:
                raise ResponseTooLarge(host, limit_bytes)
    except httpx2.DecodingError:
        raise BrokenResponse(host, f"it says that it is encoded as {encoding!r}, and is not") from None
    return bytes(content)

"""A server that repeats the key in its answer: it is blotted out before anything of the answer is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass

import httpx2

from catalog.echoes import MASK


def without(secrets: Collection[str]) -> Callable[[httpx2.Response], Awaitable[None]]:
    """A response hook. It comes after what puts streams together: a key may be cut in two there."""
    forms = sorted((form.encode() for form in secrets), key=len, reverse=True)

    async def scrub(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Scrubbed(response.stream, forms)

    return scrub


@dataclass
class _Scrubbed(httpx2.AsyncByteStream):
    wrapped: httpx2.AsyncByteStream
    forms: list[bytes]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = b"".join([part async for part in self.wrapped])
        for form in self.forms:
            body = body.replace(form, MASK.encode())
        yield body

    async def aclose(self) -> None:
        await self.wrapped.aclose()

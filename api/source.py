"""Fetching a catalog document from a URL, only from hosts that the operator allows."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import httpx2

from api.body import IMPORT_LIMIT_BYTES
from api.failures import InvalidRequest, SourceRefused, SourceUnavailable

DEADLINE_SECONDS = 60.0
REDIRECTS = 5


async def fetch(source: str, *, hosts: Collection[str], limit_bytes: int = IMPORT_LIMIT_BYTES) -> str:
    """The document's text. `hosts` are names, or `name:port`.

    Raises InvalidRequest, SourceRefused (also for a redirect to elsewhere), SourceUnavailable.
    """
    url = _url(source)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(REDIRECTS + 1):
                _refuse_others(url, hosts)
                async with client.stream("GET", url) as response:
                    if response.next_request is None:
                        return await _text(source, response, limit_bytes)
                    url = response.next_request.url
    except TimeoutError:
        raise SourceUnavailable(source, f"no complete answer within {DEADLINE_SECONDS:g} s") from None
    except httpx2.HTTPError as error:
        raise SourceUnavailable(source, str(error) or type(error).__name__) from None
    raise SourceUnavailable(source, f"more than {REDIRECTS} redirects")


def _url(source: str) -> httpx2.URL:
    try:
        url = httpx2.URL(source)
    except httpx2.InvalidURL as error:
        raise InvalidRequest([("/source", f"is not a URL: {error}")]) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidRequest([("/source", "must be an http or https URL; send a file's content as `document`")])
    return url


def _refuse_others(url: httpx2.URL, hosts: Collection[str]) -> None:
    allowed = {host.lower() for host in hosts}
    if not allowed & {url.host.lower(), url.netloc.decode("ascii").lower()}:
        raise SourceRefused(url.netloc.decode("ascii"))


async def _text(source: str, response: httpx2.Response, limit_bytes: int) -> str:
    if not response.is_success:
        raise SourceUnavailable(source, f"HTTP status {response.status_code}")
    gathered = bytearray()
    async for chunk in response.aiter_bytes():
        gathered += chunk
        if len(gathered) > limit_bytes:
            raise SourceUnavailable(source, f"the document is larger than {limit_bytes:,} bytes")
    try:
        return gathered.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceUnavailable(source, "the document is not UTF-8 text") from None

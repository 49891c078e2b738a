"""Catalog documents from the web, into a file of their own: bounded in size and time, each redirect decided anew."""

from __future__ import annotations

import asyncio
import gzip
import re
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from catalog.addresses import without_secrets
from catalog.errors import SourceRefused, SourceUnavailable, UnreadableDocument

REDIRECTS = 5
CHUNK_BYTES = 1024 * 1024
GZIP = b"\x1f\x8b"
NO_DOCUMENT = ("text/html", "application/xhtml", "text/css", "application/pdf", "image/", "video/", "audio/", "font/")
"""What a server sends in place of a document: a login page, a viewer, a picture."""

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Limits:
    """Of one fetch, redirects included."""

    size_bytes: int = 256 * 1024 * 1024
    seconds: float = 300.0
    """For the whole of it: a server that drips holds nobody longer."""
    unpacked_bytes: int = 512 * 1024 * 1024
    """Of a gzip file, as of archives: a few kilobytes could otherwise fill the memory."""


@dataclass(frozen=True)
class Fetched:
    """A document that lies on disk for as long as it is read."""

    path: Path
    """Named as in its URL, so that its suffix can be seen."""
    url: str
    """Where it came from in the end: relative addresses in it start here."""


@asynccontextmanager
async def fetched(
    source: str,
    *,
    hosts: Collection[str] | None,
    way_out: httpx2.AsyncBaseTransport,
    limits: Limits,
    progress: Progress | None = None,
) -> AsyncIterator[Fetched]:
    """The document at a URL. `hosts` (names, or `name:port`) are those that may be asked for it; None: any.

    Sent by `way_out`, which decides on addresses, and which is closed afterwards. Raises SourceRefused (also for a
    redirect), SourceUnavailable, EgressDenied. Of `progress` as in `catalog/reading.py`.
    """
    told = without_secrets(source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(source)
        try:
            async with asyncio.timeout(limits.seconds):
                url = await _download(source, told, path, hosts, way_out, limits, progress)
                await asyncio.to_thread(_refuse_bomb, told, path, limits.unpacked_bytes)
        except TimeoutError:
            raise SourceUnavailable(told, f"no complete answer within {limits.seconds:g} s") from None
        except httpx2.HTTPError as error:
            raise SourceUnavailable(told, str(error) or type(error).__name__) from None
        try:
            yield Fetched(path, url)
        except UnreadableDocument as error:  # whoever asked knows the URL, not our file
            raise UnreadableDocument(error.where.replace(str(path), told), error.reason) from error


def _file_name(source: str) -> str:
    last = re.split(r"[?#]", source, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.-]", "_", last)[-100:].strip(".") or "document"


async def _download(
    source: str,
    told: str,
    path: Path,
    hosts: Collection[str] | None,
    way_out: httpx2.AsyncBaseTransport,
    limits: Limits,
    progress: Progress | None,
) -> str:
    """Into the file; returns the URL that gave it in the end."""
    url = _url(source)
    async with httpx2.AsyncClient(transport=way_out, trust_env=False, timeout=limits.seconds) as client:
        for _ in range(REDIRECTS + 1):
            _refuse_others(url, hosts)
            async with client.stream("GET", url) as response:
                if response.next_request is None:
                    await _save(told, response, path, limits, progress)
                    return str(url)
                _refuse_downgrade(url, response.next_request.url)
                url = response.next_request.url
    raise SourceUnavailable(told, f"more than {REDIRECTS} redirects")


def _url(source: str) -> httpx2.URL:
    try:
        url = httpx2.URL(source)
    except httpx2.InvalidURL as error:
        raise SourceUnavailable(without_secrets(source), f"it is not a URL ({error})") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceUnavailable(without_secrets(source), "it must be an http or https URL")
    return url


def _refuse_others(url: httpx2.URL, hosts: Collection[str] | None) -> None:
    if url.scheme not in ("http", "https"):
        raise SourceRefused(f"{url.scheme}:")
    if hosts is None:
        return
    allowed = {host.lower() for host in hosts}
    if not allowed & {url.host.lower(), url.netloc.decode("ascii").lower()}:
        raise SourceRefused(url.netloc.decode("ascii"))


def _refuse_downgrade(url: httpx2.URL, following: httpx2.URL) -> None:
    """What was asked for over TLS is not taken from a plain connection that anyone can write into."""
    if url.scheme == "https" and following.scheme == "http":
        raise SourceUnavailable(without_secrets(str(url)), f"it redirects from https to {following.host!r} over http")


async def _save(source: str, response: httpx2.Response, path: Path, limits: Limits, progress: Progress | None) -> None:
    if not response.is_success:
        raise SourceUnavailable(source, f"HTTP status {response.status_code}")
    media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type.startswith(NO_DOCUMENT):
        raise SourceUnavailable(source, f"it gives {media_type}, which is no catalog document")
    stated = response.headers.get("content-length", "")
    total = int(stated) if stated.isdecimal() else None
    if total is not None and total > limits.size_bytes:
        raise SourceUnavailable(source, f"the document is larger than {limits.size_bytes:,} bytes")
    with path.open("wb") as file:
        taken = 0
        async for chunk in response.aiter_bytes(CHUNK_BYTES):
            taken += len(chunk)
            if taken > limits.size_bytes:
                raise SourceUnavailable(source, f"the document is larger than {limits.size_bytes:,} bytes")
            await asyncio.to_thread(file.write, chunk)
            if progress:
                progress(taken, total)


def _refuse_bomb(source: str, path: Path, limit_bytes: int) -> None:
    """A gzip file is looked through once, so that nobody reads into memory what has no end."""
    with path.open("rb") as raw:
        if raw.read(2) != GZIP:
            return
    unpacked = 0
    try:
        with gzip.open(path) as content:
            while unpacked <= limit_bytes and (chunk := content.read(CHUNK_BYTES)):
                unpacked += len(chunk)
    except (EOFError, OSError, zlib.error):
        return  # damaged: told when it is read, where it is damaged
    if unpacked > limit_bytes:
        raise SourceUnavailable(source, f"unpacked, the document is larger than {limit_bytes:,} bytes")

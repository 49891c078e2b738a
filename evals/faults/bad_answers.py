"""Answers that no client deserves: every way in which an upstream can fail one that asks it something."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evals.faults.raw_server import Arrived, Script

MIB = 2**20
DEPTH = 100_000
STATUSES = (
    *(
        100,
        102,
        200,
        201,
        202,
        204,
        205,
        206,
        207,
        226,
        300,
        301,
        302,
        303,
        304,
        305,
        307,
        308,
        400,
        401,
        402,
        403,
        404,
    ),
    *(
        405,
        406,
        407,
        408,
        409,
        410,
        411,
        412,
        413,
        414,
        415,
        416,
        417,
        418,
        421,
        422,
        423,
        424,
        425,
        426,
        428,
        429,
        431,
    ),
    *(451, 499, 500, 501, 502, 503, 504, 505, 507, 508, 510, 511, 520, 599, 600, 700, 999),
)


@dataclass(frozen=True)
class Bad:
    """One bad answer, by a name that is also its path."""

    name: str
    script: Script


def bad_answers() -> Iterator[Bad]:
    for status in STATUSES:
        yield Bad(f"status-{status}", _whole(b'{"status": 1}', status=status))
    for name, body in _BODIES.items():
        yield Bad(name, _whole(body))
    for name, (body, headers) in _ENCODED.items():
        yield Bad(name, _whole(body, headers=headers))
    for name, raw in _RAW.items():
        yield Bad(name, _raw(raw))
    for name, location in _REDIRECTS.items():
        yield Bad(name, _whole(b"", status=302, headers={"location": location}))
    yield from (Bad(name, script) for name, script in _SCRIPTS.items())


def _whole(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Script:
    lines = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    return _raw(head.encode() + body, close=False)


def _raw(content: bytes, *, close: bool = True) -> Script:
    async def script(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        if close:
            writer.close()

    return script


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_BODIES: Mapping[str, bytes] = {
    "no-body": b"",
    "half-json": b'{"a": [1, 2, {"b": ',
    "json-and-more": b'{"a": 1} {"b": 2}',
    "single-quotes": b"{'a': 1}",
    "not-json": b"<html><body>Sorry</body></html>",
    "only-spaces": b" " * 10_000,
    "only-nulls": b"\x00" * 10_000,
    "byte-order-mark": b'\xef\xbb\xbf{"a": 1}',
    "utf-16": '{"a": "ü"}'.encode("utf-16"),
    "utf-32": '{"a": "ü"}'.encode("utf-32"),
    "broken-utf-8": b'{"a": "\xff\xfe\xc3\x28"}',
    "lone-surrogate": b'{"a": "\\ud800", "\\udfff": 1}',
    "nan": b'{"a": NaN, "b": Infinity, "c": -Infinity}',
    "huge-float": b'{"a": 1e999999, "b": -1e999999, "c": 1e-999999}',
    "huge-integer": b'{"a": ' + b"9" * 100_000 + b"}",
    "many-huge-integers": b"[" + b",".join([b"9" * 4_000] * 400) + b"]",
    "deep-lists": b"[" * DEPTH + b"]" * DEPTH,
    "deep-lists-open": b"[" * DEPTH,
    "deep-objects": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "wide-list": b"[" + b"1," * 900_000 + b"1]",
    "many-empty-lists": b"[" + b"[]," * 600_000 + b"[]]",
    "wide-object": b"{" + b",".join(b'"%d":1' % n for n in range(150_000)) + b"}",
    "same-names": b"{" + b'"a":1,' * 100_000 + b'"a":2}',
    "long-text": b'"' + b"x" * 1_900_000 + b'"',
    "escapes": b'"' + b"\\u0041" * 300_000 + b'"',
    "a-number": b"42",
    "a-text": b'"42"',
    "null": b"null",
    "true": b"true",
}
_ZEROS = b"\0" * MIB


def _bomb(mebibytes: int) -> bytes:
    """Gzip of so many MiB of zeros: one packed MiB again and again, which is as good as the whole packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(_ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"", mtime=0)[:10] + packed * mebibytes


_ENCODED: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "gzip-bomb": (_bomb(1_024), {"content-encoding": "gzip"}),
    "gzip-bomb-in-gzip": (gzip.compress(_bomb(1_024)), {"content-encoding": "gzip, gzip"}),
    "deflate-bomb": (zlib.compress(_ZEROS * 8), {"content-encoding": "deflate"}),
    "gzip-of-nothing": (gzip.compress(b""), {"content-encoding": "gzip"}),
    "gzip-cut-off": (gzip.compress(json.dumps(list(range(9_999))).encode())[:-9], {"content-encoding": "gzip"}),
    "gzip-that-is-none": (b'{"a": 1}', {"content-encoding": "gzip"}),
    "gzip-and-rubbish": (gzip.compress(b'{"a": 1}') + b"\0" * 5_000_000, {"content-encoding": "gzip"}),
    "many-gzip-members": (gzip.compress(b"") * 60_000, {"content-encoding": "gzip"}),
    "brotli-that-is-none": (b"\x8b\x02\x80", {"content-encoding": "br"}),
    "zstd-that-is-none": (b"\x28\xb5\x2f\xfd", {"content-encoding": "zstd"}),
    "no-such-encoding": (b"{}", {"content-encoding": "rot13"}),
    "utf-7": (b'{"a": "+AGE-"}', {"content-type": "application/json; charset=utf-7"}),
    "no-such-charset": (b'{"a": 1}', {"content-type": "application/json; charset=klingon"}),
    "an-image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, {"content-type": "image/png"}),
    "a-page": (b"<html></html>", {"content-type": "text/html"}),
    "no-type": (b'{"a": 1}', {"content-type": ""}),
    "a-long-pause": (b"{}", {"retry-after": "999999999999"}),
    "a-pause-that-is-none": (b"{}", {"retry-after": "soon"}),
}
_RAW: Mapping[str, bytes] = {
    "closed-at-once": b"",
    "no-http": b"220 mail.test ESMTP\r\n",
    "http-0.9": b'{"a": 1}',
    "http-9": b"HTTP/9.9 200 OK\r\n\r\n{}",
    "no-reason": b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}",
    "no-status": b"HTTP/1.1 OK\r\n\r\n",
    "negative-status": b"HTTP/1.1 -200 OK\r\n\r\n",
    "half-head": b"HTTP/1.1 200 OK\r\ncontent-ty",
    "half-body": _HEAD + b"content-length: 100\r\n\r\nhalf",
    "negative-length": _HEAD + b"content-length: -5\r\n\r\n{}",
    "two-lengths": _HEAD + b"content-length: 2\r\ncontent-length: 20\r\n\r\n{}",
    "length-and-chunks": _HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "too-much-body": _HEAD + b"content-length: 2\r\n\r\n{}" + b"x" * 100_000,
    "bad-chunk": _HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "huge-chunk": _HEAD + b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n",
    "no-last-chunk": _HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "null-in-header": _HEAD + b"x: a\x00b\r\ncontent-length: 2\r\n\r\n{}",
    "folded-header": _HEAD + b"x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
    "header-without-colon": _HEAD + b"what is this\r\ncontent-length: 2\r\n\r\n{}",
    "long-header": _HEAD + b"x: " + b"y" * 300_000 + b"\r\ncontent-length: 2\r\n\r\n{}",
    "many-headers": _HEAD + b"x: y\r\n" * 50_000 + b"content-length: 2\r\n\r\n{}",
    "continued-for-ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n\x81\x05Hello",
}
_REDIRECTS: Mapping[str, str] = {
    "redirect-to-itself": "/redirect-to-itself",
    "redirect-there": "/redirect-back",
    "redirect-back": "/redirect-there",
    "redirect-away": "http://127.0.0.3:9/",
    "redirect-to-metadata": "http://169.254.169.254/latest/meta-data/",
    "redirect-to-file": "file:///etc/passwd",
    "redirect-nowhere": "http://[",
    "redirect-to-nothing": "",
    "redirect-far": "/" + "x" * 90_000,
}


async def _hang(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _hang_after_head(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"content-length: 100\r\n\r\n")
    await writer.drain()
    await asyncio.Event().wait()


async def _drip(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"\r\n")
    await _slowly(writer, b" ")


async def _drip_headers(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD)
    await _slowly(writer, b"x: y\r\n")


async def _drip_status(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    await _slowly(writer, b"H")


async def _drip_chunks(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"transfer-encoding: chunked\r\n\r\n")
    await _slowly(writer, b"1\r\n \r\n")


async def _slowly(writer: asyncio.StreamWriter, part: bytes) -> None:
    while True:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)


async def _two_gibibytes(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"content-length: 2147483648\r\n\r\n")
    for _ in range(2_048):
        writer.write(_ZEROS)
        await writer.drain()


async def _endless_chunks(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"transfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"100000\r\n" + _ZEROS + b"\r\n")
        await writer.drain()


async def _endless_headers(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD)
    while True:
        writer.write(b"x: y\r\n" * 10_000)
        await writer.drain()


async def _reset(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


_SCRIPTS: Mapping[str, Script] = {
    "hang": _hang,
    "hang-after-head": _hang_after_head,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "drip-status": _drip_status,
    "drip-chunks": _drip_chunks,
    "two-gibibytes": _two_gibibytes,
    "endless-chunks": _endless_chunks,
    "endless-headers": _endless_headers,
    "reset": _reset,
}

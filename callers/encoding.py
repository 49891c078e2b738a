"""How a value is written in each place of a request, so that it arrives whole and never leaves its place."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

from pydantic import JsonValue

Pair = tuple[str, str]

OWNED_HEADERS = frozenset(
    {
        "accept-encoding", "connection", "content-encoding", "content-length", "cookie", "expect", "host",
        "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "x-http-method", "x-http-method-override", "x-method-override",
    }
)  # fmt: skip
"""Headers that decide where a request goes, what it does or how it is framed."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110
_COOKIE_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"  # RFC 6265 cookie octets, less our own percent sign
_QUERY_SAFE = "*"  # harmless there, and a masked secret stays readable


class UnwritableError(ValueError):
    """A value that has no form in its place. The message continues a sentence that begins with its name."""


def plain(value: JsonValue) -> str:
    """A value as text: words as they are, `true`, digits without locale, and compact JSON for the rest."""
    if isinstance(value, str):
        return value
    if value is None:
        raise UnwritableError("is null, which can stand only in a JSON body")
    return compact(value)


def compact(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def segment(value: JsonValue) -> str:
    """A value inside a path: lists joined by commas (RFC 6570 simple expansion), everything else escaped."""
    written = ",".join(quote(plain(item), safe="") for item in _items(value))
    if not written:
        raise UnwritableError("is empty, and an empty value would change the path")
    return written


def leaves_its_segment(written: str) -> bool:
    """Whether a server that decodes a path before it splits it would see a dot segment (`;` ends one)."""
    return any(part.split(";")[0] in (".", "..") for part in re.split(r"[/\\]", unquote(written)))


def query(name: str, value: JsonValue) -> list[Pair]:
    """Escaped pairs for a query string or a form body; a list repeats the name."""
    return [(quote(name, safe=_QUERY_SAFE), quote(plain(item), safe=_QUERY_SAFE)) for item in _items(value)]


def header(name: str, value: JsonValue) -> Pair:
    """A header line; lists joined by commas. There is no escaping here, so what does not fit is refused."""
    if not _TOKEN.fullmatch(name):
        raise UnwritableError("has a name that no HTTP header can have")
    if name.lower() in OWNED_HEADERS:
        raise UnwritableError("is a header that only the client itself may set")
    text = _joined(value)
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise UnwritableError("holds a control character, which no HTTP header can carry")
    if text != text.strip():
        raise UnwritableError("begins or ends with white space, which an HTTP header would lose")
    if not text.isascii() and not _is_latin1(text):
        raise UnwritableError("holds characters that no HTTP header can carry (outside Latin-1)")
    return name, text


def cookie(name: str, value: JsonValue) -> Pair:
    """A cookie; what is no cookie octet is percent-encoded (OpenAPI's form style)."""
    if not _TOKEN.fullmatch(name):
        raise UnwritableError("has a name that no cookie can have")
    return name, quote(_joined(value), safe=_COOKIE_SAFE)


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _joined(value: JsonValue) -> str:
    """One line for a value; a list whose items hold commas could not be told apart again."""
    parts = [plain(item) for item in _items(value)]
    if isinstance(value, list) and any("," in part for part in parts):
        raise UnwritableError("is a list joined by commas, so no item of it may hold one")
    return ",".join(parts)


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return not any(128 <= ord(character) < 160 for character in text)

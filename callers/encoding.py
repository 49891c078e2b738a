"""How a value is written in each place of a request, so that it arrives whole and never leaves its place."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

from pydantic import JsonValue

from catalog.models import Parameter

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

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        """The name, where whoever catches this does not know it."""


def plain(value: JsonValue) -> str:
    """A value as text: words as they are, `true`, digits without locale, and compact JSON for the rest."""
    if isinstance(value, str):
        return value
    if value is None:
        raise UnwritableError("is null, which can stand only in JSON")
    return compact(value)


def compact(value: JsonValue, *, ascii_only: bool = False) -> str:
    return json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))


def leaves_its_segment(written: str) -> bool:
    """Whether a server that decodes a path before it splits it would see a dot segment (`;` ends one)."""
    return any(part.split(";")[0] in (".", "..") for part in re.split(r"[/\\]", unquote(written)))


def wired(parameter: Parameter) -> Parameter:
    """The parameter under the name that it has in the request."""
    return parameter.model_copy(update={"name": parameter.wire_name}) if parameter.wire_name else parameter


def escaped(name: str, text: str) -> Pair:
    """A pair of a query string or a form."""
    return quote(name, safe=_QUERY_SAFE), quote(text, safe=_QUERY_SAFE)


def header(name: str, text: str) -> Pair:
    """A header line. There is no escaping here, so what does not fit is refused."""
    if not _TOKEN.fullmatch(name):
        raise UnwritableError("has a name that no HTTP header can have")
    if name.lower() in OWNED_HEADERS:
        raise UnwritableError("is a header that only the client itself may set")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise UnwritableError("holds a control character, which no HTTP header can carry")
    if text != text.strip():
        raise UnwritableError("begins or ends with white space, which an HTTP header would lose")
    if not text.isascii() and not _is_latin1(text):
        raise UnwritableError("holds characters that no HTTP header can carry (outside Latin-1)")
    return name, text


def cookie(name: str, *texts: str) -> Pair:
    """A cookie, its parts joined by commas; what is no cookie octet is percent-encoded (OpenAPI's form style)."""
    if not _TOKEN.fullmatch(name):
        raise UnwritableError("has a name that no cookie can have")
    return name, ",".join(quote(text, safe=_COOKIE_SAFE) for text in texts)


def bare_cookie(name: str, *texts: str) -> Pair:
    """A cookie as it is (OpenAPI's cookie style): what is no cookie octet is refused."""
    if any(text != quote(text, safe=_COOKIE_SAFE + "%") for text in texts):
        raise UnwritableError("holds characters that no cookie can carry as they are")
    return cookie(name)[0], ",".join(texts)


def _is_latin1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return not any(128 <= ord(character) < 160 for character in text)

"""The URL of a request: the catalog's template with values in it. Host and path are the catalog's alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote

import httpx2
from pydantic import JsonValue

from callers.arguments import Problem
from callers.encoding import Pair, UnwritableError, leaves_its_segment, plain

MAX_URL = 32_768  # servers refuse longer ones, most at 8 kB; httpx2 at 64 kB

_URL = re.compile(r"(https?://[^/?#\\]+)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LITERAL = "%/:@!$&'()*+,;=?[]"  # what the catalog wrote stays as it is, escapes included


@dataclass(frozen=True)
class Address:
    """A URL template in its parts."""

    origin: str
    path: str
    query: str

    @cached_property
    def placeholders(self) -> frozenset[str]:
        return frozenset(_PLACEHOLDER.findall(self.path + "?" + self.query))

    def fill(
        self, values: Mapping[str, JsonValue], pairs: list[Pair], *, write: Callable[[str, JsonValue], str]
    ) -> tuple[str, list[Problem]]:
        """The whole URL with further query `pairs`, and what stands against it. `write`: a value inside the path."""
        path, wrong_path = _expand_path(self.path, values, write)
        literal, wrong_query = _expand(self.query, values, lambda _, value: quote(plain(value), safe="*"))
        query = "&".join([literal] * bool(literal) + [f"{name}={value}" for name, value in pairs])
        url = self.origin + (path or "/") + ("?" + query if query else "")
        return url, wrong_path + wrong_query or _rewritten(self.origin, url)


@lru_cache(maxsize=1_024)
def parse(url: str) -> Address:
    """Split a template. Raises UnwritableError when nothing can be sent there."""
    if not url:
        raise UnwritableError("the catalog knows no address for this API, so it cannot be called")
    parts = _URL.fullmatch(url.strip())
    if parts is None:
        raise UnwritableError("the catalog's address is no http or https URL")
    if set(parts[1]) & set("{}@ "):
        raise UnwritableError("the host of the catalog's address holds a placeholder, a user name or a space")
    return Address(origin=parts[1], path=parts[2], query=parts[3] or "")


def _expand_path(
    template: str, values: Mapping[str, JsonValue], write: Callable[[str, JsonValue], str]
) -> tuple[str, list[Problem]]:
    """Fill segment by segment, so that no value can make a segment mean another one."""
    written, found = [], []
    for part in template.split("/"):
        filled, wrong = _expand(part, values, write)
        names = _PLACEHOLDER.findall(part)
        if names and not wrong and leaves_its_segment(filled):
            wrong = [(name, "would make the path lead elsewhere ('.' or '..')") for name in names]
        written.append(filled)
        found += wrong
    return "/".join(written), found


def _expand(
    template: str, values: Mapping[str, JsonValue], write: Callable[[str, JsonValue], str]
) -> tuple[str, list[Problem]]:
    """Literal text and written values in turn (`split` with a group gives text, name, text, name, ...)."""
    written: list[str] = []
    found: list[Problem] = []
    for position, piece in enumerate(_PLACEHOLDER.split(template)):
        if position % 2 == 0:
            written.append(quote(piece, safe=_LITERAL))
        elif piece not in values:
            found.append((piece, "is needed for the address, and has no value"))
        else:
            try:
                written.append(write(piece, values[piece]))
            except UnwritableError as error:
                found.append((piece, str(error)))
    return "".join(written), found


def _rewritten(origin: str, url: str) -> list[Problem]:
    """Why the client would not send exactly this URL; empty when it will."""
    if len(url) > MAX_URL:
        return [("url", f"the address would be longer than {MAX_URL} characters")]
    try:
        parsed = httpx2.URL(url)
        parsed.host.encode("idna")
    except (httpx2.InvalidURL, UnicodeError) as error:
        return [("url", f"the catalog's address is no valid URL ({type(error).__name__})")]
    if parsed.port is not None and not 0 < parsed.port < 65536:
        return [("url", "the catalog's address has an impossible port")]
    if parsed.raw_path.decode("ascii") != url[len(origin) :]:
        return [("url", "the catalog's address cannot be sent as it is written ('.' or '..' in its path?)")]
    return []

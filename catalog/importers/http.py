"""What a method and a URL say of an API."""

from __future__ import annotations

import re

from catalog.models import Place

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
PLACEHOLDER = re.compile(r"\{([^{}/?#]+)\}")
USABLE_HOST = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d+)?", re.ASCII)


def placeholders(url: str) -> list[str]:
    """The names in braces that a URL wants filled, each once."""
    return list(dict.fromkeys(PLACEHOLDER.findall(url)))


def place_by_method(method: str) -> Place:
    """Where a parameter goes of which nothing is said."""
    return "query" if method in BODILESS else "body"


def usable_url(url: str) -> str:
    """An absolute URL, or nothing where it cannot be called: no host, or one that a value could change."""
    scheme, separator, rest = url.strip().partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    usable = separator and scheme.lower() in ("http", "https") and USABLE_HOST.fullmatch(authority)
    return url.strip() if usable else ""

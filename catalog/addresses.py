"""What a URL is told by, and what a source is called that comes from one."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def is_address(text: str) -> bool:
    return ADDRESS.match(text) is not None


def source_of(url: str) -> str:
    """Without scheme, user, query and suffix, so that it stays the same: `shop.example/v1/openapi`."""
    place = re.split(r"[?#]", ADDRESS.sub("", url), maxsplit=1)[0].strip("/")
    host, _, path = place.rpartition("@")[2].partition("/")
    folder, _, name = path.rpartition("/")
    return "/".join(part for part in (host, folder, name.split(".")[0]) if part)


def without_secrets(url: str) -> str:
    """For people: a user and password in it are left out."""
    return re.sub(r"(?<=://)[^/?#]*@", "", url)

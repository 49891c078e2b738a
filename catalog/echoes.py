"""The forms in which a secret that was sent may come back, so that it can be blotted out of all that is kept."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 6  # shorter ones would blot out half of every answer


def forms(texts: Iterable[str]) -> frozenset[str]:
    """Each text as it is, and as others write it: escaped, in base64 (also inside of something longer), in hex."""
    said = {text for text in texts if len(text) >= SHORTEST}
    return frozenset(form for text in said for form in _forms(text) if len(form) >= SHORTEST)


def masked(text: str, secrets: Collection[str]) -> str:
    """The text without them, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def cut_off(text: str, secrets: Collection[str]) -> str:
    """The text without the beginning of one at its end: an answer may have been cut off in the middle of it."""
    longest = max((_overlap(text, secret) for secret in secrets), default=0)
    return text[: len(text) - longest] + MASK if longest else text


def _overlap(text: str, secret: str) -> int:
    """How many characters at the end of the text begin the secret; 0 where they are too few to tell."""
    return next((n for n in range(len(secret) - 1, SHORTEST - 1, -1) if text.endswith(secret[:n])), 0)


def unsay(error: Exception, secrets: Collection[str]) -> None:
    """Take them out of an error's message and facts, which may repeat what an upstream said."""
    error.args = tuple(masked(each, secrets) if isinstance(each, str) else each for each in error.args)
    for name, fact in vars(error).items():
        if isinstance(fact, str):
            setattr(error, name, masked(fact, secrets))


def _forms(text: str) -> Iterator[str]:
    raw = text.encode()
    escaped = json.dumps(text)[1:-1]
    yield from (text.lower(), html.escape(text), escaped.replace("/", "\\/"))  # a host's name comes back in lower case
    yield from (_percent(raw.hex()), _percent(raw.hex().upper()))
    for written in {text, quote(text, safe=""), quote(text), quote_plus(text), escaped}:
        yield written
        yield from _packed(written.encode())


def _packed(raw: bytes) -> Iterator[str]:
    """As whoever repeats a whole request may write what stands in it."""
    yield from (raw.hex(), raw.hex().upper())
    for before in range(3):
        inner = _inside(raw, before)
        yield from (inner, inner.replace("+", "-").replace("/", "_"), quote(inner, safe=""))


def _percent(digits: str) -> str:
    return "".join(f"%{digits[place : place + 2]}" for place in range(0, len(digits), 2))


def _inside(raw: bytes, before: int) -> str:
    """What of its base64 stays the same, whatever stands around it: with so many bytes before it, modulo 3."""
    written = base64.b64encode(b"\0" * before + raw).decode()
    shared = -(-before * 8 // 6)  # characters that the bytes before have a part in
    whole = (before + len(raw)) * 8 // 6  # and those behind have none in
    return written[shared:whole]

"""Secrets that can be told from all other text, of every kind that the service knows, and the search for them."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

LETTERS = string.ascii_letters + string.digits
KINDS: Sequence[tuple[str, dict[str, Any]]] = (
    ("header", {"kind": "api_key", "parameter": "X-Key"}),
    ("query", {"kind": "api_key", "place": "query", "parameter": "key"}),
    ("cookie", {"kind": "api_key", "place": "cookie", "parameter": "session"}),
    ("bearer", {"kind": "bearer"}),
    ("basic", {"kind": "basic"}),
    ("whole", {"kind": "api_key", "parameter": "Authorization"}),
)
SOURCES = ("written", "env", "file", "tenant")


@dataclass(frozen=True)
class Marked:
    """One secret, and where the service finds it."""

    name: str
    value: str
    scheme: dict[str, Any]
    source: str

    @property
    def setting(self) -> str:
        return f"user:{self.value}" if self.scheme.get("kind") == "basic" else self.value

    def reference(self, folder: Path, environment: dict[str, str]) -> JsonValue:
        """Puts it where the service looks, and says where that is."""
        if self.source == "env":
            environment[f"MARKED_{self.name.upper()}"] = self.setting
            return f"env:MARKED_{self.name.upper()}"
        if self.source == "file":
            path = folder / f"{self.name}.secret"
            path.write_text(self.setting + "\n")
            return f"file:{path}"
        return {"tenants": {"default": self.setting}} if self.source == "tenant" else self.setting


def marked_secrets(chance: random.Random) -> list[Marked]:
    """For every kind of credential and every source one, with characters that have to be escaped."""
    found = [(f"{kind}_{source}", scheme, source) for kind, scheme in KINDS for source in SOURCES]
    return [Marked(name, fresh(chance), scheme, source) for name, scheme, source in found]


def fresh(chance: random.Random) -> str:
    drawn = "".join(chance.choices(LETTERS, k=24))
    return f"mk{drawn[:12]}/+={drawn[12:]}"


def written(value: str) -> Iterator[tuple[str, bytes]]:
    """A secret in the forms in which somebody would look for it."""
    raw = value.encode()
    yield "plain", raw
    for text in (raw, quote_plus(value).encode()):  # the latter as queries and clients of OAuth hold it
        for before in range(3):
            yield "base64", (inner := _inside(text, before))
            yield "base64 for URLs", inner.translate(bytes.maketrans(b"+/", b"-_"))
        yield "hex", text.hex().encode()
        yield "HEX", text.hex().upper().encode()
    yield "URL", quote(value, safe="").encode()
    yield "form", quote_plus(value).encode()
    yield "its half", value[2:14].encode()  # the letters between, which no escape changes


def _inside(raw: bytes, before: int) -> bytes:
    """The characters of base64 that only this decides, where so many bytes stand before it, as in `user:secret`."""
    whole = base64.b64encode(bytes(before) + raw[: len(raw) - (len(raw) + before) % 3])
    return whole[4 if before else 0 :]


def found_in(content: bytes, secrets: dict[str, str]) -> Iterator[str]:
    for name, value in secrets.items():
        for form, text in written(value):
            if text in content:
                yield f"{name} ({form})"

"""Which secret goes where in a request. Secrets go by name here, and are looked up when a request is sent."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from pydantic import SecretStr

from catalog.errors import MissingCredential, UnusableCredential
from catalog.models import Api, AuthKind, AuthPlace, AuthScheme

MASK = "***"
MAX_SECRET = 8_192  # longer than any token; a reference to a wrong file is noticed here


@dataclass(frozen=True)
class Addition:
    """What a credential adds to a request. Its `repr` shows nothing secret."""

    place: AuthPlace
    name: str
    value: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def traces(self) -> frozenset[str]:
        """The forms in which the secret might come back; very short ones would blot out everything."""
        parts = {self.secret, self.value, self.value.rpartition(" ")[2], self.secret.rpartition(":")[2]}
        parts |= {base64.b64encode(part.encode()).decode() for part in parts}
        parts |= {quote(part, safe="") for part in parts}
        return frozenset(part for part in parts if len(part) >= 6)


class Kind(Protocol):
    """How one kind of credential is written."""

    def add(self, scheme: AuthScheme, secret: str) -> Addition:
        """Where the secret goes. With `MASK` as the secret it gives what people may see."""


class ApiKey:
    def add(self, scheme: AuthScheme, secret: str) -> Addition:
        return Addition(scheme.place, scheme.parameter, secret, secret)


class Bearer:
    def add(self, scheme: AuthScheme, secret: str) -> Addition:
        return Addition("header", "Authorization", f"Bearer {secret}", secret)


class Basic:
    def add(self, scheme: AuthScheme, secret: str) -> Addition:
        if secret == MASK:
            return Addition("header", "Authorization", f"Basic {MASK}", secret)
        if ":" not in secret:
            raise UnusableCredential(scheme.name, "basic authentication needs it in the form user:password")
        return Addition("header", "Authorization", f"Basic {base64.b64encode(secret.encode()).decode()}", secret)


KINDS: Mapping[AuthKind, Kind] = {"api_key": ApiKey(), "bearer": Bearer(), "basic": Basic()}


class Credentials:
    """Secrets by name. A reference is `env:NAME`, `file:PATH`, or the secret itself."""

    def __init__(self, references: Mapping[str, str | SecretStr] | None = None) -> None:
        self._references = {
            name: reference if isinstance(reference, SecretStr) else SecretStr(reference)
            for name, reference in (references or {}).items()
        }

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._references))})"

    def has(self, name: str) -> bool:
        """Whether there is a secret of this name, without reading it where that can be avoided."""
        source, rest = self._reference(name)
        if source == "env":
            return bool(os.environ.get(rest))
        return Path(rest).is_file() if source == "file" else bool(rest)

    def missing(self, api: Api) -> str | None:
        """The first credential that is not set of the alternative that would be used; None: all are there."""
        return next((scheme.name for scheme in self._alternative(api) if not self.has(scheme.name)), None)

    def masked(self, api: Api) -> tuple[Addition, ...]:
        """What would be added, with `***` in place of every secret."""
        return tuple(KINDS[scheme.kind].add(scheme, MASK) for scheme in self._alternative(api))

    async def additions(self, api: Api) -> tuple[Addition, ...]:
        """What is added to a request that is sent now. Raises MissingCredential and UnusableCredential."""
        return tuple([KINDS[s.kind].add(s, await self._secret(s.name)) for s in self._alternative(api)])

    async def secret(self, name: str) -> str:
        """One secret, for something that is sent now. Raises MissingCredential and UnusableCredential."""
        return await self._secret(name)

    def _alternative(self, api: Api) -> tuple[AuthScheme, ...]:
        """The first alternative that is wholly set, else the first."""
        complete = (schemes for schemes in api.auth if all(self.has(scheme.name) for scheme in schemes))
        return next(complete, api.auth[0] if api.auth else ())

    def _reference(self, name: str) -> tuple[str, str]:
        reference = self._references.get(name, SecretStr("")).get_secret_value()
        source, colon, rest = reference.partition(":")
        return (source, rest) if colon and source in ("env", "file") else ("", reference)

    async def _secret(self, name: str) -> str:
        source, rest = self._reference(name)
        if source == "env":
            return _usable(name, os.environ.get(rest, ""))
        if source == "file":
            return _usable(name, await asyncio.to_thread(_read, name, Path(rest)))
        return _usable(name, rest)


def _read(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_SECRET + 2).removesuffix("\n").removesuffix("\r")  # editors end files so
    except FileNotFoundError:
        raise MissingCredential(name) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableCredential(name, f"its file cannot be read ({type(error).__name__})") from None


def _usable(name: str, secret: str) -> str:
    if not secret:
        raise MissingCredential(name)
    if len(secret) > MAX_SECRET:
        raise UnusableCredential(name, f"it is longer than {MAX_SECRET} characters")
    if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
        raise UnusableCredential(name, "it holds line breaks, outer spaces, or characters that are not ASCII")
    return secret

"""Where a secret is: in a variable, a file, the system's keyring, or written out. It is read when it is sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from pydantic import SecretStr

from catalog.errors import MissingCredential, UnusableCredential

MAX_SECRET = 8_192  # longer than any token; a reference to a wrong file is noticed here
SOURCES = ("env", "file", "keyring")
"""Of a reference `SOURCE:WHERE`; anything else is the secret itself."""


def parted(reference: SecretStr | None) -> tuple[str, str]:
    """Source and place of a reference; an empty source where it is the secret itself."""
    text = reference.get_secret_value() if reference is not None else ""
    source, colon, rest = text.partition(":")
    return (source, rest) if colon and source in SOURCES else ("", text)


def is_set(reference: SecretStr | None) -> bool:
    """Whether something stands there, without reading it. A keyring is not asked: it may want a person."""
    source, rest = parted(reference)
    if source == "env":
        return bool(os.environ.get(rest))
    return Path(rest).expanduser().is_file() if source == "file" else bool(rest)


def absence(reference: SecretStr | None) -> str:
    """What is not there, to go on behind the name of the credential. Where a file is, nobody is told."""
    source, rest = parted(reference)
    if source == "env":
        return f"refers to the variable {rest}, which is not set: the operator sets it for the service"
    return "refers to a file that is not there: the operator puts it there" if source == "file" else ""


async def read(name: str, reference: SecretStr | None) -> str:
    """The secret itself. Raises MissingCredential and UnusableCredential, which never show it."""
    waits = parted(reference)[0] in ("file", "keyring")
    return await asyncio.to_thread(read_now, name, reference) if waits else read_now(name, reference)


def read_now(name: str, reference: SecretStr | None) -> str:
    """The same; waits for a file or a keyring."""
    source, rest = parted(reference)
    if source == "env":
        return _usable(name, os.environ.get(rest, ""))
    if source == "file":
        return _usable(name, _in_file(name, Path(rest).expanduser()))
    return _usable(name, _in_keyring(name, rest) if source == "keyring" else rest)


def _in_file(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_SECRET + 2).removesuffix("\n").removesuffix("\r")  # editors end files so
    except FileNotFoundError:
        raise MissingCredential(name) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableCredential(name, f"its file cannot be read ({type(error).__name__})") from None


def _in_keyring(name: str, place: str) -> str:
    """`SERVICE/NAME`, as `keyring set SERVICE NAME` writes it."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise UnusableCredential(name, "keyrings need `pip install 'switchboard[keyring]'`") from None
    service, slash, user = place.rpartition("/")
    if not slash:
        raise UnusableCredential(name, "a keyring is named as `keyring:SERVICE/NAME`")
    try:
        return keyring.get_password(service, user) or ""
    except (KeyringError, OSError) as error:
        raise UnusableCredential(name, f"the keyring cannot be read ({type(error).__name__})") from None


def _usable(name: str, secret: str) -> str:
    if not secret:
        raise MissingCredential(name)
    if len(secret) > MAX_SECRET:
        raise UnusableCredential(name, f"it is longer than {MAX_SECRET} characters")
    if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
        raise UnusableCredential(name, "it holds line breaks, outer spaces, or characters that are not ASCII")
    return secret

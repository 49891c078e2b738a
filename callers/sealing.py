"""Writes a secret so that only who has the key can read it: a copy of the database alone tells nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from catalog.errors import SettingsError

if TYPE_CHECKING:  # an extra
    from cryptography.fernet import Fernet

SETTING = "SWITCHBOARD_SECRET_KEY"


class Sealed(Protocol):
    """Both directions, and marks that only we can make."""

    def sealed(self, text: str) -> str: ...

    def opened(self, sealed: str) -> str | None:
        """None: it was sealed with another key."""

    def mark(self, text: str) -> str:
        """A signature; the same for the same text and key."""


class Seal:
    """Keeps `Sealed`."""

    def __init__(self, key: bytes) -> None:
        self._secret = hashlib.sha256(b"switchboard seal" + key).digest()

    def sealed(self, text: str) -> str:
        return self._fernet().encrypt(text.encode()).decode()

    def opened(self, sealed: str) -> str | None:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def mark(self, text: str) -> str:
        digest = hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _fernet(self) -> Fernet:
        try:
            from cryptography.fernet import Fernet
        except ImportError:
            raise SettingsError(
                "SWITCHBOARD_CREDENTIALS", "signing in needs `pip install 'switchboard[oauth]'`"
            ) from None
        return Fernet(base64.urlsafe_b64encode(self._secret))


def key_file(path: Path) -> bytes:
    """A key of this machine, made at first use, that only its owner can read."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(32)))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(SETTING, f"is not set, and {path} cannot be written ({error.strerror})") from None
    return path.read_bytes()

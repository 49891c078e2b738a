"""Opens what knows secrets: the operator's credentials, and the tokens of those who signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from callers import secrets
from callers.credential_setting import CredentialSetting
from callers.credentials import Credentials
from callers.oauth_requests import TokenEndpoint
from callers.oauth_sign_in import CodeSignIn
from callers.oauth_tokens import Tokens
from callers.sealing import SETTING, Seal, key_file
from callers.sign_ins import SignIns
from callers.vault import Vault
from catalog.errors import MissingCredential, SettingsError
from graph.settings import Settings

CALLBACK = "/oauth/callback"


@dataclass(frozen=True)
class Keys:
    """Secrets by name, and how people grant more of them."""

    credentials: Credentials
    vault: Vault
    sign_ins: SignIns | None = None
    """None: no credential wants anybody to sign in."""
    transport: httpx2.AsyncBaseTransport | None = None

    async def close(self) -> None:
        if self.transport is not None:
            await self.transport.aclose()
        await self.vault.close()


def open_keys(settings: Settings, vault: Vault, transport: Callable[[], httpx2.AsyncBaseTransport]) -> Keys:
    """`transport`: the guarded way out to token endpoints, opened only where there are some. Raises SettingsError."""
    grants = {s.grant for s in settings.credentials.values() if isinstance(s, CredentialSetting) and s.grant}
    if not grants:
        return Keys(Credentials(settings.credentials, vault=vault), vault)
    way_out = transport()
    personal = "authorization_code" in grants
    seal = Seal(_key(settings) if personal else b"")
    if personal:
        seal.sealed("")  # what is missing for it is told now
    links = CodeSignIn(seal, f"{_public_url(settings)}{CALLBACK}")
    tokens = Tokens(TokenEndpoint(way_out), vault, seal, links)
    sign_ins = SignIns(settings.credentials, tokens, links, vault) if personal else None
    return Keys(Credentials(settings.credentials, vault=vault, tokens=tokens), vault, sign_ins, way_out)


def _public_url(settings: Settings) -> str:
    return (settings.public_url or f"http://127.0.0.1:{settings.port}").rstrip("/")


def _key(settings: Settings) -> bytes:
    if settings.secret_key is None and settings.database_url is not None:
        raise SettingsError(SETTING, "is not set, and all replicas need the same key for the tokens that they share")
    if settings.secret_key is None:
        return key_file(settings.folder / "secret.key")
    try:
        return secrets.read_now("secret_key", settings.secret_key).encode()
    except MissingCredential:
        raise SettingsError(SETTING, "refers to something that is not set, or is empty") from None

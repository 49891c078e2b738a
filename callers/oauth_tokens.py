"""Tokens of OAuth: had when one is needed, kept while they last, renewed when they end or are refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Protocol

from pydantic import SecretStr

from callers import secrets
from callers.credential_setting import CredentialSetting
from callers.oauth_requests import Token, TokenEndpoint, TokenRefused
from callers.protocol import Who
from callers.sealing import Sealed
from callers.vault import Vault
from catalog.errors import MissingCredential

Key = tuple[str, str, str]


class SignIn(Protocol):
    """How a person comes to grant a token."""

    def url(self, name: str, setting: CredentialSetting, client: str, who: Who, thread_id: str) -> str:
        """Where the person signs in, for this thread. Holds no secret."""


class Tokens:
    """Those of clients are kept in memory only; those that a person granted in the vault, sealed."""

    def __init__(self, endpoint: TokenEndpoint, vault: Vault, seal: Sealed, sign_in: SignIn) -> None:
        self._endpoint = endpoint
        self._vault = vault
        self._seal = seal
        self._sign_in = sign_in
        self._held: dict[Key, Token] = {}
        self._locks: dict[Key, asyncio.Lock] = {}

    async def token(self, name: str, setting: CredentialSetting, who: Who, client: SecretStr | None) -> str:
        """One that lasts; of many that want it at once, one asks. Raises MissingCredential, UnusableCredential."""
        key = (name, who.tenant, who.user)
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._held.get(key)
            if held is None or not held.lasts():
                identity = await secrets.read(name, client)
                personal = setting.grant == "authorization_code"
                new = (
                    self._granted(name, setting, who, identity)
                    if personal
                    else self._of_client(name, setting, identity)
                )
                held = self._held[key] = await new
            return held.access

    async def discard(self, name: str, setting: CredentialSetting, who: Who, refused: Collection[str]) -> None:
        """Forget a token that the upstream refused; one that was renewed meanwhile stays."""
        key = (name, who.tenant, who.user)
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._held.get(key)
            if held is None or held.access not in refused:
                return
            del self._held[key]
            kept = await self._kept(name, who) if setting.grant == "authorization_code" else None
            if kept is not None and kept.access in refused:
                await self._keep(name, who, Token("", 0.0, kept.refresh))

    async def signed_in(self, name: str, who: Who) -> bool:
        return await self._kept(name, who) is not None

    async def sign_in(
        self, name: str, setting: CredentialSetting, who: Who, client: SecretStr | None, thread_id: str
    ) -> str:
        return self._sign_in.url(name, setting, await secrets.read(name, client), who, thread_id)

    async def take(
        self, name: str, setting: CredentialSetting, who: Who, client: SecretStr | None, fields: Mapping[str, str]
    ) -> None:
        """Trade what a person's signing in brought for a token, and keep it. Raises UnusableCredential."""
        token = await self._endpoint.ask(name, setting, await secrets.read(name, client), fields)
        self._held[(name, who.tenant, who.user)] = token
        await self._keep(name, who, token)

    async def _of_client(self, name: str, setting: CredentialSetting, identity: str) -> Token:
        scope = {"scope": " ".join(setting.scopes)} if setting.scopes else {}
        return await self._endpoint.ask(name, setting, identity, {"grant_type": "client_credentials", **scope})

    async def _granted(self, name: str, setting: CredentialSetting, who: Who, identity: str) -> Token:
        """The one in the vault, renewed if it has ended. One that cannot be renewed is forgotten."""
        kept = await self._kept(name, who)
        if kept is None:
            raise MissingCredential(name)
        if kept.access and kept.lasts():
            return kept
        fields = {"grant_type": "refresh_token", "refresh_token": kept.refresh}
        try:
            if not kept.refresh:
                raise TokenRefused(name, "it has ended, and somebody has to sign in again")
            new = await self._endpoint.ask(name, setting, identity, fields)
        except TokenRefused:
            now = await self._kept(name, who)
            if now is not None and now != kept:
                return now  # another process renewed it at the same time
            await self._keep(name, who, None)
            raise
        await self._keep(name, who, new)
        return new

    async def _kept(self, name: str, who: Who) -> Token | None:
        sealed = await self._vault.get(_place(name, who))
        opened = self._seal.opened(sealed) if sealed else None
        return None if opened is None else Token(**json.loads(opened))

    async def _keep(self, name: str, who: Who, token: Token | None) -> None:
        if token is None:
            self._held.pop((name, who.tenant, who.user), None)
            await self._vault.forget(_place(name, who))
        else:
            await self._vault.put(_place(name, who), self._seal.sealed(json.dumps(vars(token))))


def _place(name: str, who: Who) -> str:
    return json.dumps(["token", name, who.tenant, who.user])

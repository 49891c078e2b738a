"""Takes what comes back from a provider: trades the code for a token, once, for whom and what the link was made."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from callers.credential_setting import CredentialSetting
from callers.oauth_sign_in import Asked, CodeSignIn
from callers.oauth_tokens import Tokens
from callers.vault import Vault
from catalog.errors import SignInRefused


@dataclass(frozen=True)
class SignIns:
    """What waits for people who signed in."""

    settings: Mapping[str, SecretStr | CredentialSetting]
    tokens: Tokens
    links: CodeSignIn
    vault: Vault

    async def complete(self, state: str, code: str) -> Asked:
        """Keeps the token. Raises SignInRefused, UnusableCredential."""
        asked = self.links.asked(state)
        if asked is None:
            raise SignInRefused("the link is too old, or none of this service")
        setting = self.settings.get(asked.name)
        if not isinstance(setting, CredentialSetting) or setting.grant != "authorization_code":
            raise SignInRefused(f"nobody signs in for {asked.name!r} any more")
        mine = uuid.uuid4().hex
        if await self.vault.first(f"state {hashlib.sha256(state.encode()).hexdigest()}", mine) != mine:
            raise SignInRefused("the link was used before")
        client = setting.reference(asked.who.tenant, asked.who.user)
        await self.tokens.take(asked.name, setting, asked.who, client, self.links.fields(state, code))
        return asked

"""Which secret goes where in a request. Secrets go by name here, and are looked up when a request is sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr

from callers import secrets
from callers.addition import Addition
from callers.credential_setting import CredentialSetting, origin_of
from callers.oauth_tokens import Tokens
from callers.protocol import EVERYBODY, Missing, Who
from callers.vault import PassingVault, Vault
from catalog import echoes
from catalog.errors import MissingCredential, UnusableCredential
from catalog.models import Api, AuthKind, AuthScheme

MASK = echoes.MASK
SETTING = "SWITCHBOARD_CREDENTIALS"


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
    """Secrets by name, each for the origins that it belongs to."""

    def __init__(
        self,
        settings: Mapping[str, str | SecretStr | CredentialSetting] | None = None,
        *,
        vault: Vault | None = None,
        tokens: Tokens | None = None,
        who: Who | None = None,
        bound: dict[str, str] | None = None,
    ) -> None:
        self._settings = {name: _setting(said) for name, said in (settings or {}).items()}
        self._vault: Vault = vault or PassingVault()
        self._tokens = tokens
        self._who = who or EVERYBODY
        self._known = {} if bound is None else bound
        """What was read of the vault: an origin that a secret is bound to stays."""

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._settings))})"

    def acting_for(self, who: Who) -> Credentials:
        """The same for somebody: what is set for a tenant or a user goes before what is set for all."""
        return Credentials(self._settings, vault=self._vault, tokens=self._tokens, who=who, bound=self._known)

    def has(self, name: str) -> bool:
        """Whether there is a secret of this name, without reading it where that can be avoided."""
        setting = self._settings.get(name)
        return setting is not None and secrets.is_set(self._reference(setting))

    async def missing(self, api: Api, *, thread_id: str = "") -> Missing | None:
        """The first credential that cannot be had of the alternative that would be used; None: all are there."""
        for scheme in self._alternative(api):
            if found := await self._missing(scheme.name, api, thread_id):
                return found
        return None

    def masked(self, api: Api) -> tuple[Addition, ...]:
        """What would be added, with `***` in place of every secret."""
        return tuple(KINDS[scheme.kind].add(scheme, MASK) for scheme in self._alternative(api))

    async def additions(self, api: Api) -> tuple[Addition, ...]:
        """What is added to a request that is sent now. Raises MissingCredential and UnusableCredential."""
        added = []
        for scheme in self._alternative(api):
            await self._bind(scheme.name, api)
            added.append(KINDS[scheme.kind].add(scheme, await self.secret(scheme.name)))
        return tuple(added)

    async def renewed(self, api: Api, refused: tuple[Addition, ...]) -> tuple[Addition, ...] | None:
        """The same with new tokens, where the upstream refused the old ones; None: there is nothing new to try."""
        old = {addition.secret for addition in refused}
        tokens = [(s.name, self._settings[s.name]) for s in self._alternative(api) if s.name in self._settings]
        if self._tokens is None or not any(setting.grant for _, setting in tokens):
            return None
        for name, setting in tokens:
            if setting.grant:
                await self._tokens.discard(name, setting, self._who, old)
        return await self.additions(api)

    async def secret(self, name: str) -> str:
        """One secret, for something that is sent now. Raises MissingCredential and UnusableCredential."""
        setting = self._settings.get(name)
        if setting is None:
            raise MissingCredential(name)
        reference = self._reference(setting)
        if setting.grant is None:
            return await secrets.read(name, reference)
        return await self._token_source(name).token(name, setting, self._who, reference)

    def _reference(self, setting: CredentialSetting) -> SecretStr | None:
        return setting.reference(self._who.tenant, self._who.user)

    def _token_source(self, name: str) -> Tokens:
        if self._tokens is None:
            raise UnusableCredential(name, "tokens cannot be had here")
        return self._tokens

    def _alternative(self, api: Api) -> tuple[AuthScheme, ...]:
        """The first alternative that is wholly set, those for which nobody has to sign in before others."""
        complete = [schemes for schemes in api.auth if all(self.has(scheme.name) for scheme in schemes)]
        silent = (schemes for schemes in complete if not any(self._asks_person(s.name) for s in schemes))
        return next(silent, complete[0] if complete else api.auth[0] if api.auth else ())

    def _asks_person(self, name: str) -> bool:
        return self._settings[name].grant == "authorization_code"

    async def _missing(self, name: str, api: Api, thread_id: str) -> Missing | None:
        if not self.has(name):
            return Missing(name, self._absence(name))
        setting = self._settings[name]
        bound = setting.origins or await self._bound(name)
        if bound and origin_of(api.url) not in bound:
            return Missing(name, _elsewhere(name, api, bound))
        if setting.grant == "authorization_code" and not await self._token_source(name).signed_in(name, self._who):
            reference = self._reference(setting)
            url = await self._token_source(name).sign_in(name, setting, self._who, reference, thread_id)
            return Missing(name, "wants somebody to sign in first", url)
        return None

    def _absence(self, name: str) -> str:
        setting = self._settings.get(name)
        told = secrets.absence(self._reference(setting)) if setting else ""
        return told or f'is not set: the operator sets it in {SETTING}, as {{"{name}": "env:NAME_OF_A_VARIABLE"}}'

    async def _bound(self, name: str) -> tuple[str, ...]:
        if name not in self._known and (origin := await self._vault.get(_key(name))):
            self._known[name] = origin
        return (self._known[name],) if name in self._known else ()

    async def _bind(self, name: str, api: Api) -> None:
        """A secret goes to the origins that the operator names, else to the first one and never to another."""
        setting, here = self._settings.get(name), origin_of(api.url)
        if setting is None:
            return  # it is missing, which is told of where it is read
        bound = setting.origins or await self._bound(name)
        if not bound:
            bound = (self._known.setdefault(name, await self._vault.first(_key(name), here)),)
        if here not in bound:
            raise UnusableCredential(name, _elsewhere(name, api, bound))


def _key(name: str) -> str:
    return f"origin {name}"


def _elsewhere(name: str, api: Api, bound: tuple[str, ...]) -> str:
    here = origin_of(api.url) or "nowhere"
    cure = f'{{"{name}": {{"secret": "env:NAME_OF_A_VARIABLE", "origins": ["{here}"]}}}}'
    lead = f"belongs to {', '.join(bound)}, and this API is at {here}"
    return f"{lead}: where that is right, the operator sets {SETTING} to {cure}"


def _setting(said: str | SecretStr | CredentialSetting) -> CredentialSetting:
    if isinstance(said, CredentialSetting):
        return said
    return CredentialSetting(secret=said if isinstance(said, SecretStr) else SecretStr(said))

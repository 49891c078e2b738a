"""A credential as the operator sets it: the secret by reference, whose it is, where it may go, how a token is had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Grant = Literal["client_credentials", "authorization_code"]
PORTS = {"http": 80, "https": 443}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class CredentialSetting(BaseModel):
    """One entry of `SWITCHBOARD_CREDENTIALS` that says more than where the secret is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr | None = None
    """`env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`, or the secret itself. Of an OAuth client: `id:secret`."""
    tenants: Mapping[str, SecretStr] = Field(default_factory=dict)
    """By tenant, in place of `secret`."""
    users: Mapping[str, SecretStr] = Field(default_factory=dict)
    """By `TENANT/USER`, in place of both."""
    origins: tuple[str, ...] = ()
    """Where it may be sent. Empty: to the origin to which it is sent first, and to no other."""
    grant: Grant | None = None
    """OAuth 2: a token is sent, had for the `secret` of a client, or from a person who signs in."""
    token_url: str = ""
    authorize_url: str = ""
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, str] = Field(default_factory=dict)
    """Further fields of the token request, such as `audience`. No secrets."""
    client_in_body: bool = False
    """The client is named in the body of a token request, not by basic authentication."""

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked_origin(each) for each in origins)

    @model_validator(mode="after")
    def _fits_together(self) -> CredentialSetting:
        if self.secret is None and not self.tenants and not self.users:
            raise ValueError("names no secret")
        if any("/" not in user for user in self.users):
            raise ValueError("users are named as TENANT/USER")
        if self.grant is None and (self.token_url or self.authorize_url or self.scopes or self.extra):
            raise ValueError("token_url, authorize_url, scopes and extra belong to a grant")
        if self.grant is not None:
            _check_address("token_url", self.token_url)
        if self.grant == "authorization_code":
            _check_address("authorize_url", self.authorize_url)
        return self

    @property
    def references(self) -> tuple[SecretStr, ...]:
        """All secrets that it names."""
        own = () if self.secret is None else (self.secret,)
        return (*own, *self.tenants.values(), *self.users.values())

    def reference(self, tenant: str, user: str) -> SecretStr | None:
        """The nearest secret for somebody."""
        own = self.users.get(f"{tenant}/{user}", self.tenants.get(tenant))
        return self.secret if own is None else own


def origin_of(url: str) -> str:
    """Scheme, host and port, as a browser compares them; empty where the URL has none."""
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if scheme not in PORTS or not host:
        return ""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + ("" if port in (None, PORTS[scheme]) else f":{port}")


def _checked_origin(said: str) -> str:
    if not re.fullmatch(r"https?://[^/?#@\s*]+/?", said, re.IGNORECASE) or not (found := origin_of(said)):
        raise ValueError(f"{said!r} is no origin: it is like https://api.example.com, without a path")
    return found


def _check_address(field: str, url: str) -> None:
    """Secrets and tokens go there: in the clear on loopback only."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise ValueError(f"{field} must be an https URL")

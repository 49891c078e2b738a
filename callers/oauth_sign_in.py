"""Signing in at a provider (RFC 6749, 4.1, with PKCE): the link that a person is given, and what comes back from it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from callers.credential_setting import CredentialSetting
from callers.oauth_requests import parted
from callers.protocol import Who
from callers.sealing import Sealed

LINK_SECONDS = 3_600
"""How long a link is good for: a person reads mail, looks for a password, and signs in."""


@dataclass(frozen=True)
class Asked:
    """For what a person was sent to the provider."""

    name: str
    who: Who
    thread_id: str
    until: int


@dataclass(frozen=True)
class CodeSignIn:
    """Keeps `SignIn`. Nothing is stored: the state says all and bears our mark, and the verifier follows from it."""

    seal: Sealed
    redirect_url: str
    link_seconds: int = LINK_SECONDS

    def url(self, name: str, setting: CredentialSetting, client: str, who: Who, thread_id: str) -> str:
        state = self.state(Asked(name, who, thread_id, int(time.time()) + self.link_seconds))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier(state).encode()).digest()).decode()
        fields = {
            "response_type": "code",
            "client_id": parted(client)[0],
            "redirect_uri": self.redirect_url,
            "state": state,
            "code_challenge": challenge.rstrip("="),
            "code_challenge_method": "S256",
            **({"scope": " ".join(setting.scopes)} if setting.scopes else {}),
        }
        separator = "&" if "?" in setting.authorize_url else "?"
        return f"{setting.authorize_url}{separator}{urlencode(fields)}"

    def state(self, asked: Asked) -> str:
        facts = json.dumps([asked.name, asked.who.tenant, asked.who.user, asked.thread_id, asked.until])
        written = base64.urlsafe_b64encode(facts.encode()).decode().rstrip("=")
        return f"{written}.{self.seal.mark(f'state {written}')}"

    def asked(self, state: str) -> Asked | None:
        """What a state says; None: it is not ours, or too old."""
        written, _, mark = state.partition(".")
        if not hmac.compare_digest(mark.encode(), self.seal.mark(f"state {written}").encode()):
            return None
        try:
            facts = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        except (binascii.Error, ValueError):
            return None
        name, tenant, user, thread_id, until = facts
        return Asked(name, Who(tenant, user), thread_id, until) if time.time() < until else None

    def verifier(self, state: str) -> str:
        """Only we can know it: who sees the link cannot trade the code."""
        return self.seal.mark(f"verifier {state}")

    def fields(self, state: str, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_url,
            "code_verifier": self.verifier(state),
        }

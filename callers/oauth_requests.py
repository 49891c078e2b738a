"""Asks a token endpoint for a token (RFC 6749), and says in plain words why there is none. Never quotes a secret."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2
from pydantic import JsonValue

from callers.credential_setting import CredentialSetting
from callers.exchange import Answer, Progress, exchange
from callers.request import Request
from catalog.errors import CallError, UnusableCredential

LIMIT_BYTES = 65_536  # tokens have a few hundred characters; some carry claims
SECONDS = 20.0
MARGIN_SECONDS = 30.0
"""A token that ends sooner is not sent any more: the call takes its time, and clocks differ."""
_ERROR = re.compile(r"[a-z_]{1,40}")  # the codes of RFC 6749; anything longer might repeat what was sent


@dataclass(frozen=True)
class Token:
    """What an endpoint gave. Its `repr` shows nothing secret."""

    access: str = field(repr=False)
    ends_at: float | None = None
    """By the clock; None: the endpoint did not say, so it is used until it is refused."""
    refresh: str = field(default="", repr=False)

    def lasts(self) -> bool:
        return self.ends_at is None or time.time() < self.ends_at


class TokenRefused(UnusableCredential):
    """The endpoint says no to what it was given: asking again with the same helps nothing."""

    code = "token_refused"


@dataclass(frozen=True)
class TokenEndpoint:
    """Requests go through the transport that guards all that goes out; no redirect is followed."""

    transport: httpx2.AsyncBaseTransport
    user_agent: str = "switchboard"

    async def ask(self, name: str, setting: CredentialSetting, client: str, fields: Mapping[str, str]) -> Token:
        """Raises TokenRefused, UnusableCredential."""
        host = urlsplit(setting.token_url).hostname or ""
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._exchange(_request(setting, client, fields))
        except TimeoutError:
            raise UnusableCredential(name, f"{host} gave no token within {SECONDS:g} s") from None
        except CallError as error:
            raise UnusableCredential(name, f"no token could be had: {error.code} at {host}") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise UnusableCredential(name, f"{host} cannot be reached ({type(error).__name__})") from None
        return _token(name, host, answer, fields.get("refresh_token", ""))

    async def _exchange(self, request: Request) -> Answer:
        return await exchange(
            self.transport,
            request,
            user_agent=self.user_agent,
            timeouts=httpx2.Timeout(SECONDS, connect=5.0),
            limit_bytes=LIMIT_BYTES,
            progress=Progress(),
        )


def parted(client: str) -> tuple[str, str]:
    """Id and secret of a client. A public one has no secret."""
    identity, _, secret = client.partition(":")
    return identity, secret


def _request(setting: CredentialSetting, client: str, fields: Mapping[str, str]) -> Request:
    identity, secret = parted(client)
    form = {**setting.extra, **fields}
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    if secret and not setting.client_in_body:
        pair = f"{quote_plus(identity)}:{quote_plus(secret)}"  # RFC 6749, 2.3.1
        headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    else:
        form |= {"client_id": identity} | ({"client_secret": secret} if secret else {})
    return Request("POST", setting.token_url, tuple(headers), urlencode(form).encode())


def _token(name: str, host: str, answer: Answer, refresh: str) -> Token:
    if answer.lost is not None:
        raise UnusableCredential(name, f"what {host} answered is no token ({answer.lost.code})")
    said = _object(answer.content)
    if answer.status in (400, 401, 403):
        code = said.get("error")
        told = code if isinstance(code, str) and _ERROR.fullmatch(code) else "no reason that can be shown"
        raise TokenRefused(name, f"{host} gives no token: HTTP {answer.status}, {told}")
    access, kind = said.get("access_token"), said.get("token_type", "bearer")
    if answer.status != 200 or not isinstance(access, str) or not access:
        raise UnusableCredential(name, f"{host} answered HTTP {answer.status} without a token")
    if str(kind).lower() != "bearer":
        raise UnusableCredential(name, f"{host} gave a token of a kind that is not bearer")
    if not (access.isascii() and access.isprintable()) or " " in access:
        raise UnusableCredential(name, f"{host} gave a token that no header can carry")
    again = said.get("refresh_token")
    return Token(access, _end(said.get("expires_in")), again if isinstance(again, str) and again else refresh)


def _end(seconds: JsonValue) -> float | None:
    """A short life loses a tenth of it, so that a token is used at all."""
    try:
        life = float(str(seconds))
    except ValueError:
        return None
    return time.time() + life - min(MARGIN_SECONDS, life / 10) if 0 < life < 1e9 else None


def _object(content: bytes) -> dict[str, JsonValue]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}

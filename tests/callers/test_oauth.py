"""Tokens of OAuth: had once for many, renewed when they end or are refused, sealed where they are kept."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from callers.credential_setting import CredentialSetting
from callers.credentials import Credentials
from callers.egress_transport import GuardedTransport
from callers.http import HttpCaller
from callers.oauth_requests import TokenEndpoint
from callers.oauth_sign_in import CodeSignIn
from callers.oauth_tokens import Tokens
from callers.protocol import Who
from callers.sealing import Seal, key_file
from callers.sign_ins import SignIns
from callers.vault import SqliteVault
from catalog.errors import MissingCredential, SignInRefused, UnusableCredential
from catalog.models import AuthScheme
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Script, Upstream

TOKEN = AuthScheme(name="t", kind="bearer")
CALLBACK = "http://127.0.0.1:8000/oauth/callback"


class World:
    """A provider and an API on one server, and all that speaks to them."""

    def __init__(self, upstream: Upstream, folder: Path, **said: object) -> None:
        given = {
            "secret": "client:cl1ent-s3cret",
            "grant": "client_credentials",
            "token_url": f"{upstream.url}/token",
            **said,
        }
        self.upstream = upstream
        self.setting = CredentialSetting.model_validate(given)
        self.vault = SqliteVault(folder / "credentials.db")
        self.seal = Seal(key_file(folder / "secret.key"))
        self.links = CodeSignIn(self.seal, CALLBACK)
        self.transport = GuardedTransport(LOOPBACK)
        tokens = Tokens(TokenEndpoint(self.transport), self.vault, self.seal, self.links)
        self.sign_ins = SignIns({"t": self.setting}, tokens, self.links, self.vault)
        self.credentials = Credentials({"t": self.setting}, vault=self.vault, tokens=tokens)
        self.caller = HttpCaller.open(egress=LOOPBACK, credentials=self.credentials)
        self.api = upstream.api("/data", auth=((TOKEN,),))

    async def close(self) -> None:
        await self.caller.close()
        await self.transport.aclose()
        await self.vault.close()

    def forms(self) -> list[dict[str, list[str]]]:
        return [parse_qs(a.body.decode()) for a in self.upstream.arrived if a.target == "/token"]

    def bearers(self) -> list[str]:
        return [a.header("authorization")[0] for a in self.upstream.arrived if a.target == "/data"]


def token(upstream: Upstream, access: str, **more: object) -> Script:
    return upstream.answer({"access_token": access, "token_type": "Bearer", **more})  # type: ignore[dict-item]


async def test_many_calls_at_once_take_one_token(upstream: Upstream, tmp_path: Path) -> None:
    world = World(upstream, tmp_path, scopes=["read", "write"], extra={"audience": "shop"})
    upstream.then(token(upstream, "t0ken-one", expires_in=3600), upstream.answer({"ok": True}))
    await asyncio.gather(*(world.caller.send(world.api, {}, timeout_seconds=5) for _ in range(5)))
    await world.close()
    assert world.forms() == [{"grant_type": ["client_credentials"], "scope": ["read write"], "audience": ["shop"]}]
    asked = next(a for a in upstream.arrived if a.target == "/token")
    pair = base64.b64encode(b"client:cl1ent-s3cret").decode()
    assert asked.header("authorization") == [f"Basic {pair}"]
    assert world.bearers() == ["Bearer t0ken-one"] * 5


async def test_a_token_that_has_ended_is_renewed_before_it_is_sent(upstream: Upstream, tmp_path: Path) -> None:
    world = World(upstream, tmp_path, client_in_body=True)
    ok = upstream.answer({"ok": True})
    upstream.then(token(upstream, "t0ken-one", expires_in=0.00001), ok, token(upstream, "t0ken-two"), ok)
    for _ in range(2):
        await world.caller.send(world.api, {}, timeout_seconds=5)
    await world.close()
    assert world.bearers() == ["Bearer t0ken-one", "Bearer t0ken-two"]
    assert world.forms()[0]["client_secret"] == ["cl1ent-s3cret"]


async def test_a_refused_token_is_renewed_once(upstream: Upstream, tmp_path: Path) -> None:
    world = World(upstream, tmp_path)
    no, ok = upstream.answer({"error": "expired"}, status=401), upstream.answer({"ok": True})
    upstream.then(token(upstream, "t0ken-one"), no, token(upstream, "t0ken-two"), ok)
    first = await world.caller.send(world.api, {}, timeout_seconds=5)
    upstream.then(no, token(upstream, "t0ken-three"), no)
    second = await world.caller.send(world.api, {}, timeout_seconds=5)
    await world.close()
    assert (first.status, second.status) == (200, 401)
    assert world.bearers() == [f"Bearer t0ken-{n}" for n in ("one", "two", "two", "three")]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (({"error": "invalid_client", "error_description": "cl1ent-s3cret"}, 401), "invalid_client"),
        (({"error": "cl1ent-s3cret is wrong"}, 400), "no reason that can be shown"),
        (({"access_token": "a\nb"}, 200), "no header can carry"),
        (({"access_token": "abc", "token_type": "mac"}, 200), "not bearer"),
        (("<html>", 500), "HTTP 500 without a token"),
        (([1], 200), "HTTP 200 without a token"),
    ],
)
async def test_where_no_token_comes_the_reason_is_told_and_nothing_is_sent(
    upstream: Upstream, tmp_path: Path, answer: tuple[object, int], told: str
) -> None:
    world = World(upstream, tmp_path)
    upstream.then(upstream.answer(answer[0], status=answer[1]))  # type: ignore[arg-type]
    with pytest.raises(UnusableCredential, match=told) as caught:
        await world.caller.send(world.api, {}, timeout_seconds=5)
    await world.close()
    assert "cl1ent" not in str(caught.value) and world.bearers() == []


async def signed_in(world: World, *, thread_id: str = "thread-1") -> tuple[str, dict[str, list[str]]]:
    """Where a person is sent, and the state and challenge that stand in it."""
    missing = await world.caller.missing_credential(world.api, thread_id=thread_id)
    assert missing is not None and missing.url is not None
    return missing.url, parse_qs(urlsplit(missing.url).query)


def personal(upstream: Upstream, folder: Path) -> World:
    authorize = "https://login.example.com/authorize?tenant=x"
    return World(upstream, folder, grant="authorization_code", authorize_url=authorize, scopes=["mail"])


async def test_a_person_signs_in_and_the_call_goes_on(upstream: Upstream, tmp_path: Path) -> None:
    world = personal(upstream, tmp_path)
    url, query = await signed_in(world)
    with pytest.raises(MissingCredential):
        await world.caller.send(world.api, {}, timeout_seconds=5)
    upstream.then(token(upstream, "t0ken-ada", refresh_token="r3fresh"), upstream.answer({"ok": True}))
    asked = await world.sign_ins.complete(query["state"][0], "the-code")
    await world.caller.send(world.api, {}, timeout_seconds=5)
    missing = await world.caller.missing_credential(world.api)
    other = await world.caller.acting_for(Who("acme")).missing_credential(world.api)
    await world.close()
    assert url.startswith("https://login.example.com/authorize?tenant=x&response_type=code&client_id=client&")
    assert (asked.thread_id, asked.name, asked.who) == ("thread-1", "t", Who())
    [form] = world.forms()
    digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
    assert query["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert (form["code"], form["redirect_uri"]) == (["the-code"], [CALLBACK])
    assert world.bearers() == ["Bearer t0ken-ada"]
    assert missing is None and other is not None
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("credentials"))
    assert b"t0ken-ada" not in kept and b"r3fresh" not in kept and b"cl1ent" not in url.encode()


async def test_a_link_is_good_once_for_whom_it_was_made_and_while_it_is_young(
    upstream: Upstream, tmp_path: Path
) -> None:
    world = personal(upstream, tmp_path)
    _, query = await signed_in(world)
    [state] = query["state"]
    upstream.then(token(upstream, "t0ken-ada"))
    await world.sign_ins.complete(state, "code")
    written, mark = state.split(".")
    forged = base64.urlsafe_b64encode(b'["t", "acme", "default", "thread-1", 99999999999]').decode().rstrip("=")
    stale = CodeSignIn(world.seal, CALLBACK, link_seconds=-1)
    old = parse_qs(urlsplit(stale.url("t", world.setting, "client", Who(), "x")).query)["state"][0]
    for wrong in (state, f"{forged}.{mark}", f"{written}.", "", "ä.ö", old):
        with pytest.raises(SignInRefused):
            await world.sign_ins.complete(wrong, "code")
    await world.close()
    assert len(world.forms()) == 1


async def test_a_grant_is_refreshed_across_starts_and_forgotten_when_it_was_taken_back(
    upstream: Upstream, tmp_path: Path
) -> None:
    world = personal(upstream, tmp_path)
    upstream.then(token(upstream, "t0ken-one", refresh_token="r3fresh", expires_in=0.00001))
    await world.sign_ins.complete((await signed_in(world))[1]["state"][0], "code")
    await world.close()
    later = personal(upstream, tmp_path)
    upstream.then(token(upstream, "t0ken-two"), upstream.answer({"ok": True}))
    await later.caller.send(later.api, {}, timeout_seconds=5)
    no = upstream.answer({"error": "invalid_grant"}, status=400)
    upstream.then(upstream.answer({}, status=401), no)
    with pytest.raises(UnusableCredential, match="invalid_grant"):
        await later.caller.send(later.api, {}, timeout_seconds=5)
    missing = await later.caller.missing_credential(later.api)
    await later.close()
    assert [form.get("refresh_token") for form in later.forms()] == [None, ["r3fresh"], ["r3fresh"]]
    assert later.bearers()[0] == "Bearer t0ken-two"
    assert missing is not None and missing.url is not None


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    key = key_file(tmp_path / "keys" / "secret.key")
    assert key_file(tmp_path / "keys" / "secret.key") == key and len(key) >= 32
    assert (tmp_path / "keys" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_what_another_key_sealed_cannot_be_opened() -> None:
    one, other = Seal(b"one"), Seal(b"other")
    assert one.opened(one.sealed("t0ken")) == "t0ken"
    assert other.opened(one.sealed("t0ken")) is None
    assert other.mark("x") != one.mark("x")

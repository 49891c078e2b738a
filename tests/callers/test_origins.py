"""A secret goes to the origins that it belongs to, whatever a catalog says later, and to whose it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from callers.credential_setting import CredentialSetting, origin_of
from callers.credentials import Credentials
from callers.http import HttpCaller
from callers.protocol import Who
from callers.vault import SqliteVault
from catalog.errors import UnusableCredential
from catalog.models import AuthScheme
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Upstream

KEY = AuthScheme(name="k", kind="api_key", parameter="X-Key")


def setting(**said: object) -> CredentialSetting:
    return CredentialSetting.model_validate(said)


async def test_a_secret_never_follows_an_api_to_another_origin(upstream: Upstream, tmp_path: Path) -> None:
    first = HttpCaller.open(
        egress=LOOPBACK, credentials=Credentials({"k": "s3cret"}, vault=SqliteVault(tmp_path / "vault.db"))
    )
    await first.send(upstream.api("/", auth=((KEY,),)), {}, timeout_seconds=5)
    await first.close()
    moved = upstream.api("/", auth=((KEY,),)).model_copy(
        update={"url": upstream.url.replace("127.0.0.1", "localhost") + "/"}
    )
    later = HttpCaller.open(
        egress=LOOPBACK, credentials=Credentials({"k": "s3cret"}, vault=SqliteVault(tmp_path / "vault.db"))
    )
    missing = await later.missing_credential(moved)
    with pytest.raises(UnusableCredential, match=r"belongs to http://127\.0\.0\.1") as caught:
        await later.send(moved, {}, timeout_seconds=5)
    await later.close()
    assert missing is not None and "origins" in missing.reason and "s3cret" not in missing.reason + str(caught.value)
    assert len(upstream.arrived) == 1


async def test_the_operator_names_the_origins(upstream: Upstream) -> None:
    here = Credentials({"k": setting(secret="s3cret", origins=[upstream.url.upper() + "/"])})
    other = Credentials({"k": setting(secret="s3cret", origins=["https://api.example.com"])})
    api = upstream.api("/", auth=((KEY,),))
    assert await here.missing(api) is None
    assert [a.value for a in await here.additions(api)] == ["s3cret"]
    with pytest.raises(UnusableCredential, match=r"belongs to https://api\.example\.com"):
        await other.additions(api)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://API.example.com:443/v1/{id}", "https://api.example.com"),
        ("http://api.example.com:8080", "http://api.example.com:8080"),
        ("https://[::1]/x", "https://[::1]"),
        ("ftp://api.example.com", ""),
        ("https://api.example.com:port/", ""),
        ("", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


async def test_a_tenant_and_a_user_have_secrets_of_their_own(upstream: Upstream) -> None:
    shared = {"secret": "of-all", "tenants": {"acme": "of-acme"}, "users": {"acme/ada": "of-ada"}}
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"k": setting(**shared)}))
    api = upstream.api("/", auth=((KEY,),))
    for who in (Who(), Who("acme", "bob"), Who("acme", "ada")):
        await caller.acting_for(who).send(api, {}, timeout_seconds=5)
    await caller.close()
    assert [arrived.header("x-key") for arrived in upstream.arrived] == [["of-all"], ["of-acme"], ["of-ada"]]


async def test_what_is_set_for_one_tenant_only_is_missing_for_others(upstream: Upstream) -> None:
    credentials = Credentials({"k": setting(tenants={"acme": "of-acme"})})
    api = upstream.api("/", auth=((KEY,),))
    assert await credentials.acting_for(Who("acme")).missing(api) is None
    missing = await credentials.missing(api)
    assert missing is not None and missing.name == "k"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, "names no secret"),
        ({"secret": "x", "origins": ["https://a.example/path"]}, "is no origin"),
        ({"secret": "x", "origins": ["https://*.example"]}, "is no origin"),
        ({"secret": "x", "users": {"ada": "y"}}, "TENANT/USER"),
        ({"secret": "x", "scopes": ["a"]}, "belong to a grant"),
        ({"secret": "x", "grant": "client_credentials", "token_url": "http://a.example/token"}, "https"),
        ({"secret": "x", "grant": "authorization_code", "token_url": "https://a.example/t"}, "authorize_url"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_without_its_secret(said: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        setting(**said)
    assert wrong in str(caught.value)


async def test_a_keyring_is_asked_when_the_secret_is_sent(upstream: Upstream) -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class Ring(KeyringBackend):
        priority = 1  # type: ignore[assignment]  # a number, which the base computes

        def get_password(self, service: str, username: str) -> str | None:
            return "from-the-ring" if (service, username) == ("switchboard", "key") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    try:
        [addition] = await Credentials({"k": "keyring:switchboard/key"}).additions(upstream.api("/", auth=((KEY,),)))
        with pytest.raises(UnusableCredential, match="SERVICE/NAME"):
            await Credentials({"k": "keyring:no-slash"}).secret("k")
    finally:
        keyring.set_keyring(before)
    assert addition.value == "from-the-ring"


def test_a_setting_prints_without_its_secret() -> None:
    assert "s3cret" not in repr(setting(secret=SecretStr("s3cret"), tenants={"acme": "s3cret"}))

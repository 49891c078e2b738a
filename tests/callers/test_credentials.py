"""A secret goes where its scheme says, and nowhere else."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from callers.credentials import Credentials
from callers.http import HttpCaller
from catalog.errors import InvalidArguments, MissingCredential, UnusableCredential
from catalog.models import AuthScheme, Parameter
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Arrived, Upstream

SECRET = "user:pa ss/w=rd"
HEADER = AuthScheme(name="k", kind="api_key", parameter="X-Key")
BEARER = AuthScheme(name="k", kind="bearer")


async def _arrives(upstream: Upstream, credentials: Credentials, *schemes: AuthScheme) -> Arrived:
    caller = HttpCaller.open(egress=LOOPBACK, credentials=credentials)
    await caller.send(upstream.api("/", auth=(schemes,)), {}, timeout_seconds=5)
    await caller.close()
    return upstream.arrived[-1]


@pytest.mark.parametrize(
    ("scheme", "header", "written"),
    [
        (HEADER, "x-key", SECRET),
        (BEARER, "authorization", f"Bearer {SECRET}"),
        (AuthScheme(name="k", kind="basic"), "authorization", "Basic " + base64.b64encode(SECRET.encode()).decode()),
        (AuthScheme(name="k", kind="api_key", place="cookie", parameter="sid"), "cookie", "sid=user:pa%20ss/w=rd"),
    ],
)
async def test_each_kind_is_written_in_its_place(
    upstream: Upstream, scheme: AuthScheme, header: str, written: str
) -> None:
    arrived = await _arrives(upstream, Credentials({"k": SECRET}), scheme)
    assert arrived.header(header) == [written]


async def test_a_key_in_the_query_is_escaped(upstream: Upstream) -> None:
    scheme = AuthScheme(name="k", kind="api_key", place="query", parameter="api key")
    arrived = await _arrives(upstream, Credentials({"k": SECRET}), scheme)
    assert arrived.target == "/?api%20key=user%3Apa%20ss%2Fw%3Drd"


async def test_references_are_looked_up_when_the_request_is_sent(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    credentials = Credentials({"k": "env:THE_KEY", "f": f"file:{file}"})
    assert not credentials.has("k") and not credentials.has("f")
    monkeypatch.setenv("THE_KEY", "from-the-environment")
    file.write_text("from-the-file\n")
    in_file = AuthScheme(name="f", kind="api_key", parameter="X-File")
    arrived = await _arrives(upstream, credentials, HEADER, in_file)
    assert arrived.header("x-key") + arrived.header("x-file") == ["from-the-environment", "from-the-file"]


async def test_the_first_alternative_that_is_wholly_set_is_used(upstream: Upstream) -> None:
    other = AuthScheme(name="other", kind="bearer")
    api = upstream.api("/", auth=((HEADER, other), (other,), (HEADER,)))
    credentials = Credentials({"k": "abc"})
    assert await credentials.missing(api) is None
    assert [a.name for a in await credentials.additions(api)] == ["X-Key"]


async def test_without_any_alternative_the_first_one_names_what_is_missing(upstream: Upstream) -> None:
    api = upstream.api("/", auth=((HEADER, AuthScheme(name="second", kind="bearer")), (BEARER,)))
    for unset in (Credentials({}), Credentials({"k": ""})):
        missing = await unset.missing(api)
        assert missing is not None and missing.name == "k"


@pytest.mark.parametrize("secret", ["a\r\nX-Evil: 1", "pässword", " padded", "x" * 9000, "a\x00b"])
async def test_a_secret_that_cannot_stand_in_a_request_is_told_and_not_shown(upstream: Upstream, secret: str) -> None:
    with pytest.raises(UnusableCredential) as caught:
        await _arrives(upstream, Credentials({"k": secret}), HEADER)
    assert secret not in str(caught.value)
    assert upstream.arrived == []


async def test_basic_without_a_user_is_told_and_not_shown(upstream: Upstream) -> None:
    with pytest.raises(UnusableCredential, match="user:password") as caught:
        await _arrives(upstream, Credentials({"k": "only-a-password"}), AuthScheme(name="k", kind="basic"))
    assert "only-a-password" not in str(caught.value)


async def test_a_file_that_is_not_there_is_a_missing_credential(upstream: Upstream, tmp_path: Path) -> None:
    with pytest.raises(MissingCredential):
        await _arrives(upstream, Credentials({"k": f"file:{tmp_path / 'absent'}"}), HEADER)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:NOBODY_SETS_THIS", "refers to the variable NOBODY_SETS_THIS, which is not set: the operator sets it"),
        ("file:/nowhere/to/be/found", "refers to a file that is not there"),
        ("", "is not set: the operator sets it in SWITCHBOARD_CREDENTIALS"),
    ],
)
async def test_what_a_reference_lacks_is_told(upstream: Upstream, reference: str, told: str) -> None:
    missing = await Credentials({"k": reference}).missing(upstream.api("/", auth=((HEADER,),)))

    assert missing is not None and missing.reason.startswith(told)
    assert "/nowhere" not in missing.reason


def test_nothing_that_is_printed_holds_a_secret(upstream: Upstream) -> None:
    credentials = Credentials({"k": SECRET})
    assert SECRET not in repr(credentials) + str(credentials) + repr(credentials.__dict__)


async def test_what_is_added_prints_without_its_secret(upstream: Upstream) -> None:
    [addition] = await Credentials({"k": SECRET}).additions(upstream.api("/", auth=((BEARER,),)))
    assert SECRET not in repr(addition)


def test_a_parameter_cannot_take_the_place_of_a_credential(upstream: Upstream) -> None:
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"k": SECRET}))
    api = upstream.api("/", Parameter(name="x-key", place="header"), auth=((HEADER,),))
    with pytest.raises(InvalidArguments, match="operator"):
        caller.preview(api, {"x-key": "mine"})

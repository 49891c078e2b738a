"""What the world does to a call, and what the call makes of it."""

from __future__ import annotations

import asyncio
import gzip
import logging
import shlex
import zlib
from typing import TYPE_CHECKING

import httpx2
import pytest

from callers.credentials import Credentials
from callers.http import HttpCaller
from callers.protocol import Once
from catalog.errors import (
    BrokenResponse,
    CallTimeout,
    CallUnreachable,
    EgressDenied,
    InvalidArguments,
    OutcomeUnknown,
    ResponseTooLarge,
    TakenOver,
)
from catalog.models import Api, AuthScheme, Parameter
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Arrived, Upstream

SECRET = "s3cret/+&key"  # as in conftest
IN_QUERY = (AuthScheme(name="key", kind="api_key", place="query", parameter="api_key"),)


async def test_an_answer_that_drips_ends_at_the_deadline(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.drip)
    with pytest.raises(CallTimeout) as caught:
        await caller.send(upstream.api("/"), {}, timeout_seconds=0.3)
    assert caught.value.seconds == 0.3


@pytest.mark.parametrize("script", ["hang", "drip"])
async def test_a_changing_call_past_its_deadline_has_an_unknown_outcome(
    upstream: Upstream, caller: HttpCaller, script: str
) -> None:
    upstream.then(getattr(upstream, script))
    with pytest.raises(OutcomeUnknown):
        await caller.send(upstream.api("/", method="DELETE"), {}, timeout_seconds=0.3)
    assert len(upstream.arrived) == 1


async def test_a_connection_that_breaks_is_told_and_not_tried_again_here(
    upstream: Upstream, caller: HttpCaller
) -> None:
    upstream.then(upstream.hang_up)
    with pytest.raises(CallUnreachable):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


async def test_an_answer_cut_off_in_its_middle_is_not_asked_for_again(upstream: Upstream, caller: HttpCaller) -> None:
    async def half(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    upstream.then(half)
    with pytest.raises(CallUnreachable):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


async def test_a_changing_call_whose_answer_breaks_off_has_an_unknown_outcome(
    upstream: Upstream, caller: HttpCaller
) -> None:
    async def half(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    upstream.then(half)
    with pytest.raises(OutcomeUnknown):
        await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)


@pytest.mark.parametrize("error", [httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ConnectError])
async def test_a_changing_call_without_a_connection_did_not_happen(
    upstream: Upstream, error: type[httpx2.TransportError]
) -> None:
    class Unconnected(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            raise error("no")

    caller = HttpCaller(
        pooled=Unconnected(),
        single=Unconnected(),
        credentials=Credentials(),
        limit_bytes=1000,
        timeouts=httpx2.Timeout(5),
        user_agent="test",
    )
    with pytest.raises(CallUnreachable):
        await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)


async def test_changing_calls_share_no_connection(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/", method="POST")
    await caller.send(api, {}, timeout_seconds=5)
    await caller.send(api, {}, timeout_seconds=5)
    assert upstream.connections == 2


async def test_safe_calls_share_one(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/")
    await caller.send(api, {}, timeout_seconds=5)
    await caller.send(api, {}, timeout_seconds=5)
    assert upstream.connections == 1


def keyed(upstream: Upstream, header: str) -> Api:
    return upstream.api("/", method="POST").model_copy(update={"idempotency_header": header})


def permitted() -> None:
    pass


def taken_over() -> None:
    raise TakenOver("t")


async def test_an_upstream_that_knows_keys_is_told_the_calls_key(upstream: Upstream, caller: HttpCaller) -> None:
    api = keyed(upstream, "Idempotency-Key")
    await caller.send(api, {}, timeout_seconds=5, once=Once("a-key", permit=permitted))
    await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5, once=Once("a-key", permit=permitted))
    assert [arrived.header("idempotency-key") for arrived in upstream.arrived] == [["a-key"], []]


async def test_a_header_that_frames_a_request_takes_no_key(upstream: Upstream, caller: HttpCaller) -> None:
    api = keyed(upstream, "Content-Length")
    with pytest.raises(InvalidArguments, match="Content-Length"):
        await caller.send(api, {}, timeout_seconds=5, once=Once("a-key", permit=permitted))
    assert upstream.arrived == []


async def test_a_call_that_is_no_longer_permitted_sends_nothing(upstream: Upstream, caller: HttpCaller) -> None:
    with pytest.raises(TakenOver):
        await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5, once=Once("k", permit=taken_over))
    await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


BOMB = gzip.compress(b"\0" * 50_000_000)
SWALLOWED = gzip.compress(b"small") + b"\0" * 3_000_000
"""One short gzip member and then bytes that a decoder keeps and never gives out."""


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 3_000_000, {}),
        (BOMB, {"content-encoding": "gzip"}),
        (SWALLOWED, {"content-encoding": "gzip"}),
    ],
    ids=["plain", "bomb", "swallowed"],
)
async def test_an_answer_over_the_limit_is_cut(
    upstream: Upstream, caller: HttpCaller, body: bytes, headers: dict[str, str]
) -> None:
    upstream.then(upstream.answer(body, headers=headers))
    with pytest.raises(ResponseTooLarge):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)


async def test_a_changing_call_with_an_answer_over_the_limit_did_happen(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer(b"x" * 3_000_000, status=201))
    reply = await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)
    assert (reply.status, reply.body, reply.truncated) == (201, None, True)


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"no gzip", "gzip"), (zlib.compress(BOMB), "gzip, deflate"), (b"x", "br")]
)
async def test_an_answer_in_a_broken_or_stacked_encoding_is_told(
    upstream: Upstream, caller: HttpCaller, body: bytes, encoding: str
) -> None:
    upstream.then(upstream.answer(body, headers={"content-encoding": encoding}))
    with pytest.raises(BrokenResponse):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)


async def test_gzip_is_read(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer(gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"}))
    reply = await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert reply.body == {"a": 1}


async def test_gzip_of_several_parts_is_read_whole(upstream: Upstream, caller: HttpCaller) -> None:
    body = gzip.compress(b'{"a": ') + gzip.compress(b"1}") + b"\0" * 10
    upstream.then(upstream.answer(body, headers={"content-encoding": "gzip"}))
    assert (await caller.send(upstream.api("/"), {}, timeout_seconds=5)).body == {"a": 1}


async def test_gzip_that_ends_too_early_is_told(upstream: Upstream, caller: HttpCaller) -> None:
    body = gzip.compress(b'{"a": "' + b"abc" * 1000 + b'"}')[:-20]
    upstream.then(upstream.answer(body, headers={"content-encoding": "gzip"}))
    with pytest.raises(BrokenResponse, match="too early"):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)


async def test_what_is_no_http_is_unreachable(upstream: Upstream, caller: HttpCaller) -> None:
    async def greet(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    upstream.then(greet)
    with pytest.raises(CallUnreachable):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)


async def test_a_redirect_within_the_origin_is_followed_with_the_credential(
    upstream: Upstream, caller: HttpCaller
) -> None:
    upstream.then(upstream.answer(status=302, headers={"location": "/moved?x=1#top"}), upstream.answer("here"))
    reply = await caller.send(upstream.api("/", auth=(IN_QUERY,)), {}, timeout_seconds=5)
    assert reply.body == "here"
    assert [a.target for a in upstream.arrived] == [
        "/?api_key=s3cret%2F%2B%26key",
        "/moved?x=1&api_key=s3cret%2F%2B%26key",
    ]


@pytest.mark.parametrize(
    "location",
    ["http://localhost:{port}/", "https://127.0.0.1:{port}/", "//169.254.169.254/", "http://u:p@127.0.0.1:{port}/"],
)
async def test_a_redirect_to_another_origin_is_refused(upstream: Upstream, caller: HttpCaller, location: str) -> None:
    port = upstream.url.rpartition(":")[2]
    upstream.then(upstream.answer(status=302, headers={"location": location.format(port=port)}))
    with pytest.raises(EgressDenied):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


@pytest.mark.parametrize("location", ["http://[", "//[::1", "http://:99999999/", "/" + "x" * 40_000])
async def test_a_redirect_to_nowhere_is_told(upstream: Upstream, caller: HttpCaller, location: str) -> None:
    upstream.then(upstream.answer(status=302, headers={"location": location}))
    with pytest.raises((BrokenResponse, EgressDenied)):
        await caller.send(upstream.api("/", auth=(IN_QUERY,)), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


async def test_a_redirect_loop_ends(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer(status=302, headers={"location": "/again"}))
    with pytest.raises(BrokenResponse, match="more than 3"):
        await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 4


async def test_a_changing_call_follows_no_redirect(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("see there", status=307, headers={"location": "/there"}))
    reply = await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)
    assert (reply.status, len(upstream.arrived)) == (307, 1)


async def test_cookies_of_one_call_are_not_sent_with_the_next(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("x", headers={"set-cookie": "session=of-someone; Path=/"}))
    await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    assert upstream.arrived[1].header("cookie") == []


async def test_a_proxy_of_the_environment_is_not_used(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    caller = HttpCaller.open(egress=LOOPBACK)
    reply = await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    await caller.close()
    assert reply.status == 200


async def test_we_say_who_we_are(upstream: Upstream) -> None:
    caller = HttpCaller.open(egress=LOOPBACK, user_agent="switchboard/1.2.3")
    await caller.send(upstream.api("/"), {}, timeout_seconds=5)
    await caller.close()
    assert upstream.arrived[0].header("user-agent") == ["switchboard/1.2.3"]


async def test_a_secret_in_a_query_stands_in_no_log_and_no_error(
    upstream: Upstream, caller: HttpCaller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.then(upstream.hang_up)
    with pytest.raises(CallUnreachable) as caught:
        await caller.send(upstream.api("/", auth=(IN_QUERY,)), {}, timeout_seconds=5)
    assert "s3cret%2F%2B%26key" in upstream.arrived[0].target
    assert "s3cret" not in caplog.text + str(caught.value) + repr(caught.value)


async def test_a_secret_that_the_upstream_repeats_is_blotted_out(upstream: Upstream, caller: HttpCaller) -> None:
    upstream.then(upstream.answer({"you sent": SECRET, "as": "s3cret%2F%2B%26key"}))
    reply = await caller.send(upstream.api("/", auth=(IN_QUERY,)), {}, timeout_seconds=5)
    assert reply.body == {"you sent": "***", "as": "***"}


async def test_the_curl_line_sends_the_same_request(upstream: Upstream) -> None:
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials())
    api = upstream.api(
        "/a/{id}",
        Parameter(name="id", place="path"),
        Parameter(name="X-Empty", place="header"),
        Parameter(name="note", place="body"),
        method="POST",
    )
    values = {"id": "it's; $(rm) `x`", "X-Empty": "", "note": "@file 'quoted'\n$HOME"}
    await caller.send(api, values, timeout_seconds=5)
    shown = caller.preview(api, values)
    await caller.close()
    command = [*shlex.split(shown.curl), "--silent", "--noproxy", "*"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    ours, theirs = upstream.arrived
    assert (ours.method, ours.target, ours.body) == (theirs.method, theirs.target, theirs.body)
    assert [ours.header(n) for n in ("x-empty", "content-type")] == [
        theirs.header(n) for n in ("x-empty", "content-type")
    ]


async def test_what_was_shown_is_sent_with_the_very_values_that_are_then_given(
    upstream: Upstream, caller: HttpCaller
) -> None:
    flag = Parameter(name="flag", type="boolean", place="query")
    api = upstream.api("/", flag.model_copy(update={"type": "integer"}), flag.model_copy(update={"name": "b"}))
    caller.preview(api, {"flag": 1, "b": True})
    await caller.send(api, {"flag": 1, "b": True}, timeout_seconds=5)
    await caller.send(api, {"flag": 2, "b": True}, timeout_seconds=5)
    with pytest.raises(InvalidArguments):
        await caller.send(api, {"flag": True, "b": 1}, timeout_seconds=5)
    assert [arrived.target for arrived in upstream.arrived] == ["/?flag=1&b=true", "/?flag=2&b=true"]


async def test_the_mask_that_was_shown_is_never_sent(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/", auth=(IN_QUERY,))
    assert caller.preview(api, {}).url.endswith("?api_key=***")
    await caller.send(api, {}, timeout_seconds=5)
    assert [arrived.target for arrived in upstream.arrived] == ["/?api_key=s3cret%2F%2B%26key"]

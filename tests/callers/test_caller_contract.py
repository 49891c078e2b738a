"""What every caller promises, whatever it speaks to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from callers.credentials import Credentials
from callers.health import Health
from callers.http import HttpCaller
from callers.kinds import KindCaller
from callers.limits import Upstreams
from callers.mcp_caller import McpCaller
from callers.mcp_sessions import McpSessions
from callers.protocol import Caller
from callers.python_caller import PythonCaller
from callers.steady import SteadyCaller
from catalog.errors import CallError, CallUnreachable, InvalidArguments, MissingCredential, OutcomeUnknown
from catalog.models import AuthScheme, Parameter
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Upstream

SET = (AuthScheme(name="key", kind="api_key", parameter="X-Key"),)
UNSET = (AuthScheme(name="absent", kind="bearer"),)
SECRET = "s3cret-key-4711"

Open = Callable[[], Awaitable[Caller]]


async def open_http() -> Caller:
    return HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"key": SECRET}))


async def open_kinds() -> Caller:
    return KindCaller({"http": await open_http(), "python": PythonCaller(()), "mcp": McpCaller(no_servers())})


async def open_steady() -> Caller:
    return SteadyCaller(await open_kinds(), upstreams=Upstreams(), health=Health())


def no_servers() -> McpSessions:
    return McpSessions({}, allow_stdio=False, egress=LOOPBACK)


@pytest.fixture(params=[open_http, open_kinds, open_steady])
def opened(request: pytest.FixtureRequest) -> Open:
    opening: Open = request.param
    return opening


async def test_send_gives_status_and_body(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    upstream.then(upstream.answer({"item": "soap"}, status=200), upstream.answer({"no": "such"}, status=404))
    api = upstream.api("/orders/{id}", Parameter(name="id", place="path", required=True))
    first = await caller.send(api, {"id": "123456"}, timeout_seconds=5)
    second = await caller.send(api, {"id": "1"}, timeout_seconds=5)
    await caller.close()
    assert (first.status, first.body, first.truncated) == (200, {"item": "soap"}, False)
    assert (second.status, second.body) == (404, {"no": "such"})
    assert first.elapsed_ms > 0


async def test_the_preview_is_what_is_sent(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    api = upstream.api(
        "/orders/{id}", Parameter(name="id", place="path"), Parameter(name="note", place="body"), method="PUT"
    )
    values = {"id": "12/3", "note": "x"}
    shown = caller.preview(api, values)
    assert upstream.arrived == []
    await caller.send(api, values, timeout_seconds=5)
    await caller.close()
    [arrived] = upstream.arrived
    assert (shown.method, shown.url) == (arrived.method, upstream.url + arrived.target)
    assert shown.body == {"note": "x"}


async def test_a_preview_shows_no_secret(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    shown = caller.preview(upstream.api("/", auth=(SET,)), {})
    await caller.close()
    assert shown.headers["X-Key"] == "***"
    assert SECRET not in repr(shown)


async def test_bad_values_send_nothing(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    with pytest.raises(InvalidArguments):
        await caller.send(upstream.api("/"), {"unknown": 1}, timeout_seconds=5)
    await caller.close()
    assert upstream.arrived == []


async def test_a_credential_that_is_not_set_sends_nothing_and_is_named(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    api = upstream.api("/", auth=(UNSET,))
    missing = await caller.missing_credential(api)
    assert missing is not None and missing.name == "absent"
    with pytest.raises(MissingCredential) as caught:
        await caller.send(api, {}, timeout_seconds=5)
    await caller.close()
    assert (caught.value.name, upstream.arrived) == ("absent", [])


async def test_credentials_that_are_set_are_not_missing(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    assert await caller.missing_credential(upstream.api("/", auth=(SET,))) is None
    assert await caller.missing_credential(upstream.api("/")) is None
    assert await caller.missing_credential(upstream.api("/", auth=(UNSET, SET))) is None
    await caller.close()


async def test_a_changing_call_that_was_cut_off_is_unknown_and_not_repeated(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    upstream.then(upstream.hang_up)
    with pytest.raises(OutcomeUnknown):
        await caller.send(upstream.api("/", method="POST"), {}, timeout_seconds=5)
    await caller.close()
    assert len(upstream.arrived) == 1


async def test_a_call_that_never_left_is_unreachable(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    api = upstream.api("/", method="POST").model_copy(update={"url": "http://127.0.0.1:1/"})
    with pytest.raises(CallUnreachable):
        await caller.send(api, {}, timeout_seconds=5)
    await caller.close()


async def test_every_failure_is_a_call_error(upstream: Upstream, opened: Open) -> None:
    caller = await opened()
    upstream.then(upstream.hang)
    with pytest.raises(CallError):
        await caller.send(upstream.api("/"), {}, timeout_seconds=0.2)
    await caller.close()

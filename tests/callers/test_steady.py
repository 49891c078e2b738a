"""Upstreams are spared, second tries harm nobody, and what fails again and again is left alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

from callers.breaker import Breaker
from callers.health import FEW, LOWEST, Health
from callers.http import HttpCaller
from callers.limits import Limits, Upstream, Upstreams, retry_after, upstream_of
from callers.protocol import Once
from callers.steady import SteadyCaller
from catalog.errors import CallTimeout, CallUnreachable, InvalidArguments, OutcomeUnknown, TakenOver, UpstreamPaused
from catalog.models import Api, Parameter

if TYPE_CHECKING:
    from conftest import Upstream as Server


def steady(caller: HttpCaller, health: Health | None = None, **limits: object) -> SteadyCaller:
    upstreams = Upstreams(Limits(**limits))  # type: ignore[arg-type]
    return SteadyCaller(caller, upstreams=upstreams, health=health or Health())


def once(permits: int = 99) -> Once:
    left = [permits]

    def permit() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise TakenOver("t")

    return Once("key-1", permit)


def keyed(server: Server) -> Api:
    return server.api("/", method="POST").model_copy(update={"idempotency_header": "Idempotency-Key"})


async def test_a_safe_call_is_tried_again_when_the_connection_breaks(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.hang_up, upstream.answer("second"))
    reply = await steady(caller).send(upstream.api("/"), {}, timeout_seconds=5)
    assert (reply.body, len(upstream.arrived)) == ("second", 2)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_safe_call_is_tried_again_when_it_may_help(upstream: Server, caller: HttpCaller, status: int) -> None:
    upstream.then(upstream.answer("no", status=status), upstream.answer("second"))
    reply = await steady(caller).send(upstream.api("/"), {}, timeout_seconds=5)
    assert (reply.body, len(upstream.arrived)) == ("second", 2)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 501])
async def test_what_another_try_would_not_help_is_told_at_once(
    upstream: Server, caller: HttpCaller, status: int
) -> None:
    upstream.then(upstream.answer("no", status=status))
    reply = await steady(caller).send(upstream.api("/"), {}, timeout_seconds=5)
    assert (reply.status, len(upstream.arrived)) == (status, 1)


async def test_there_are_two_further_tries_at_most(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.hang_up)
    with pytest.raises(CallUnreachable):
        await steady(caller).send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 3


async def test_a_changing_call_without_a_key_is_sent_once(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("no", status=503))
    reply = await steady(caller).send(upstream.api("/", method="POST"), {}, timeout_seconds=5, once=once())
    assert (reply.status, len(upstream.arrived)) == (503, 1)
    upstream.then(upstream.hang_up)
    with pytest.raises(OutcomeUnknown):
        await steady(caller).send(upstream.api("/", method="POST"), {}, timeout_seconds=5, once=once())
    assert len(upstream.arrived) == 2


async def test_a_changing_call_with_a_key_is_tried_again_with_the_same_key(
    upstream: Server, caller: HttpCaller
) -> None:
    upstream.then(upstream.hang_up, upstream.answer("done"))
    reply = await steady(caller).send(keyed(upstream), {}, timeout_seconds=5, once=once())
    assert reply.body == "done"
    assert [arrived.header("idempotency-key") for arrived in upstream.arrived] == [["key-1"], ["key-1"]]


async def test_what_may_have_happened_in_an_earlier_try_stays_unknown(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.hang_up)
    with pytest.raises(OutcomeUnknown):  # the second try is not permitted, and the first one left
        await steady(caller).send(keyed(upstream), {}, timeout_seconds=5, once=once(permits=1))
    assert len(upstream.arrived) == 1


async def test_second_tries_are_a_tenth_of_the_calls_once_the_savings_are_spent(
    upstream: Server, caller: HttpCaller
) -> None:
    upstream.then(upstream.answer("no", status=503))
    careful = steady(caller, failures=10_000)
    for _ in range(40):
        await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    assert 40 + 10 <= len(upstream.arrived) <= 40 + 10 + 6


async def test_a_circuit_that_is_open_sends_nothing(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("no", status=500))
    careful = steady(caller, failures=3)
    for _ in range(3):
        await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    with pytest.raises(UpstreamPaused, match="3 times in a row"):
        await careful.send(upstream.api("/other"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 3


async def test_one_call_tries_whether_an_upstream_is_back(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("no", status=500), upstream.answer("back"))
    careful = steady(caller, failures=1, open_seconds=1e-9)
    await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    both = await asyncio.gather(
        *(careful.send(upstream.api("/"), {}, timeout_seconds=5) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Reply", "UpstreamPaused"]
    assert (await careful.send(upstream.api("/"), {}, timeout_seconds=5)).body == "back"


def test_a_call_that_was_never_sent_neither_opens_nor_closes_a_circuit() -> None:
    now = [0.0]
    breaker = Breaker(failures=1, seconds=10, clock=lambda: now[0])
    breaker.failed()
    assert breaker.wait() == 10
    now[0] = 10
    assert breaker.wait() == 0  # this one tries
    assert breaker.wait() == 1  # and nobody else meanwhile
    breaker.came_to_nothing()
    assert (breaker.is_open, breaker.wait()) == (True, 0)
    breaker.succeeded()
    assert (breaker.is_open, breaker.wait(), breaker.wait()) == (False, 0, 0)


async def test_values_that_do_not_fit_say_nothing_of_the_upstream(upstream: Server, caller: HttpCaller) -> None:
    health = Health()
    careful = steady(caller, health, failures=1)
    needs = upstream.api("/", Parameter(name="n", required=True))
    with pytest.raises(InvalidArguments):
        await careful.send(needs, {}, timeout_seconds=5)
    assert (await careful.send(upstream.api("/"), {}, timeout_seconds=5)).status == 200
    assert health.of("test/tool/api").calls == 1  # type: ignore[union-attr]


async def test_a_pause_that_an_upstream_asks_for_is_kept(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("no", status=429, headers={"retry-after": "30"}), upstream.answer("yes"))
    careful = steady(caller)
    assert (await careful.send(upstream.api("/"), {}, timeout_seconds=5)).status == 429  # longer than the call has
    with pytest.raises(UpstreamPaused, match="left alone"):
        await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    assert len(upstream.arrived) == 1


async def test_a_short_pause_is_waited_for(upstream: Server, caller: HttpCaller) -> None:
    upstream.then(upstream.answer("no", status=503, headers={"retry-after": "30"}), upstream.answer("yes"))
    reply = await steady(caller, longest_pause_seconds=0.05).send(upstream.api("/"), {}, timeout_seconds=5)
    assert (reply.body, len(upstream.arrived)) == ("yes", 2)


async def test_no_more_calls_are_under_way_at_once_than_allowed(upstream: Server, caller: HttpCaller) -> None:
    under_way, most = 0, 0

    async def slowly(arrived: object, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        await upstream.answer("done")(arrived, writer)  # type: ignore[arg-type]

    upstream.then(slowly)
    careful = steady(caller, at_once=2)
    await asyncio.gather(*(careful.send(upstream.api("/"), {}, timeout_seconds=5) for _ in range(8)))
    assert (most, len(upstream.arrived)) == (2, 8)


async def test_a_call_whose_turn_does_not_come_in_time_is_not_sent(upstream: Server, caller: HttpCaller) -> None:
    careful = steady(caller, per_second=0.001)
    await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    with pytest.raises(CallTimeout):
        await careful.send(upstream.api("/", method="POST"), {}, timeout_seconds=0.05, once=once())
    assert len(upstream.arrived) == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("9" * 400, None),
    ],
)
def test_a_pause_is_read_in_both_forms(written: str, seconds: float | None) -> None:
    assert retry_after(written, now=0.0) == seconds


def test_a_pause_has_an_end() -> None:
    upstream = Upstream("u", Limits(longest_pause_seconds=60), clock=lambda: 0.0)
    upstream.pause(86_400)
    assert upstream.paused_seconds == 60


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"url": "HTTPS://Api.Test/a/{b}"}, "https://api.test:443"),
        ({"url": "http://api.test:8080/"}, "http://api.test:8080"),
        ({"url": "", "kind": "mcp", "target": "desk find"}, "mcp:desk"),
        ({"url": "", "kind": "python", "target": "m:f"}, None),
    ],
)
def test_apis_of_one_origin_share_its_limits(upstream: Server, changes: dict[str, JsonValue], name: str | None) -> None:
    assert upstream_of(upstream.api("/").model_copy(update=changes)) == name


async def test_what_fails_is_lowered_and_forgiven(upstream: Server, caller: HttpCaller) -> None:
    now = [0.0]
    health = Health(clock=lambda: now[0])
    upstream.then(upstream.answer("no", status=401))
    careful = steady(caller, health)
    assert health.standing("test/tool/api") == 1.0
    for _ in range(FEW):
        await careful.send(upstream.api("/"), {}, timeout_seconds=5)
    assert health.standing("test/tool/api") == LOWEST
    vital = health.of("test/tool/api")
    assert vital is not None and (vital.calls, vital.unauthorized, vital.failed) == (FEW, FEW, 0)
    now[0] += 3_600
    assert health.standing("test/tool/api") > 0.99


def test_that_there_is_no_such_thing_lowers_little() -> None:
    health = Health(clock=lambda: 0.0)
    for _ in range(20):
        health.note("asked", "not_found", 5.0)
        health.note("throttled", "throttled", 5.0)
        health.note("slow", "ok", 60_000.0)
        health.note("well", "ok", 5.0)
    ranked = sorted(["throttled", "asked", "well", "slow"], key=health.standing)
    assert ranked == ["throttled", "asked", "slow", "well"]
    assert health.standing("well") == 1.0

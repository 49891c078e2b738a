"""A caller that spares upstreams and us: turns, pauses, second tries where they harm nobody, and an open circuit.

Second tries are made here and nowhere else.
"""

from __future__ import annotations

import asyncio
import copy
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import JsonValue
from tenacity import AsyncRetrying, RetryCallState

from callers.health import Health, Seen
from callers.limits import Upstream, Upstreams
from callers.protocol import Caller, Missing, Once, Preview, Reply, Who
from catalog.errors import (
    BrokenResponse,
    CallError,
    CallTimeout,
    CallUnreachable,
    OutcomeUnknown,
    ResponseTooLarge,
    TakenOver,
    UpstreamPaused,
)
from catalog.models import Api

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
AGAIN = frozenset({429, 502, 503, 504})
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 2.0
_FAILURES = (CallTimeout, CallUnreachable, BrokenResponse, OutcomeUnknown)
_STATUSES: Mapping[int, Seen] = {
    401: "unauthorized",
    403: "unauthorized",
    404: "not_found",
    410: "not_found",
    429: "throttled",
}


class SteadyCaller:
    """Keeps `Caller`. What is known of upstreams is shared by all for whom it acts."""

    def __init__(self, wrapped: Caller, *, upstreams: Upstreams, health: Health) -> None:
        self._wrapped = wrapped
        self._upstreams = upstreams
        self._health = health

    def acting_for(self, who: Who) -> SteadyCaller:
        bound = copy.copy(self)
        bound._wrapped = self._wrapped.acting_for(who)
        return bound

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        return self._wrapped.preview(api, values, key=key)

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return await self._wrapped.missing_credential(api, thread_id=thread_id)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        upstream = self._upstreams.of(api)
        if upstream is None:
            return await self._wrapped.send(api, values, timeout_seconds=timeout_seconds, once=once)
        until = time.monotonic() + timeout_seconds
        call = _Call(self._wrapped, upstream, self._health, api, values, once, timeout_seconds, until)
        if not upstream.limits.retries or not _may_be_repeated(api, once):
            return await call.once_more()
        retrying = AsyncRetrying(
            retry=call.may_go_on, wait=call.wait, stop=lambda state: False, sleep=asyncio.sleep, reraise=True
        )
        try:
            reply: Reply = await retrying(call.once_more)
        except (CallError, TakenOver) as error:
            raise call.as_it_stands(error) from None
        return reply

    async def close(self) -> None:
        await self._wrapped.close()


def _may_be_repeated(api: Api, once: Once | None) -> bool:
    """What only reads, or what the upstream knows again by its key."""
    if api.risk == "safe":
        return api.kind == "http" and api.method.upper() in REPEATABLE
    return once is not None and api.idempotency_header is not None


@dataclass
class _Call:
    """One call with all its tries."""

    wrapped: Caller
    upstream: Upstream
    health: Health
    api: Api
    values: Mapping[str, JsonValue]
    once: Once | None
    timeout_seconds: float
    until: float
    may_have_happened: bool = False
    """Whether an earlier try may have taken effect: then none of the later ones can say that nothing did."""

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def host(self) -> str:
        return urlsplit(self.api.url).hostname or self.upstream.name

    async def once_more(self) -> Reply:
        """One try, in its turn. Raises CallError, TakenOver."""
        try:
            async with asyncio.timeout(max(self.left, 0.0)):
                await self._admitted()
                await self.upstream.slots.acquire()
        except TimeoutError:  # nothing was sent
            raise CallTimeout(self.host, self.timeout_seconds) from None
        try:
            return await self._tried()
        finally:
            self.upstream.slots.release()

    async def _admitted(self) -> None:
        """Raises UpstreamPaused where waiting would outlast the call, or where nobody waits."""
        paused = self.upstream.paused_seconds
        if paused > self.left:
            raise UpstreamPaused(self.host, "it asked to be left alone", paused)
        if paused:
            await asyncio.sleep(paused)
        await self.upstream.turn()

    async def _tried(self) -> Reply:
        breaker = self.upstream.breaker
        if wait := breaker.wait():
            raise UpstreamPaused(self.host, f"it failed {self.upstream.limits.failures} times in a row", wait)
        try:
            reply = await self.wrapped.send(self.api, self.values, timeout_seconds=max(self.left, 0.0), once=self.once)
        except _FAILURES as error:
            breaker.failed()
            self.health.note(self.api.id, "failed")
            self.may_have_happened |= isinstance(error, OutcomeUnknown)
            raise
        except ResponseTooLarge:
            breaker.succeeded()
            raise
        except BaseException:
            breaker.came_to_nothing()
            raise
        self._note(reply)
        return reply

    def _note(self, reply: Reply) -> None:
        seen: Seen = "failed" if reply.status >= 500 else _STATUSES.get(reply.status, "ok")
        self.health.note(self.api.id, seen, reply.elapsed_ms)
        if reply.status >= 500:
            self.upstream.breaker.failed()
            self.may_have_happened = True
        else:
            self.upstream.breaker.succeeded()
        if reply.status in AGAIN and reply.retry_after_seconds is not None:
            self.upstream.pause(reply.retry_after_seconds)

    def may_go_on(self, state: RetryCallState) -> bool:
        """Whether another try makes sense: it may help, there is time for it, and the budget has one."""
        if state.outcome is None or state.attempt_number > self.upstream.limits.retries or not self._may_help(state):
            return False
        if self.upstream.breaker.is_open or self.upstream.paused_seconds >= self.left:
            return False
        return self.upstream.spend_retry()

    def _may_help(self, state: RetryCallState) -> bool:
        assert state.outcome is not None  # noqa: S101  (asked before)
        if (failure := state.outcome.exception()) is not None:
            return isinstance(failure, CallUnreachable | OutcomeUnknown)
        return state.outcome.result().status in AGAIN

    def wait(self, state: RetryCallState) -> float:
        """Full jitter, so that those who failed together do not come back together; a pause is waited for in turn."""
        most = min(FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1), LONGEST_WAIT_SECONDS, max(self.left, 0.0))
        return random.uniform(0, most)  # noqa: S311 - nothing is kept secret by it

    def as_it_stands(self, error: CallError | TakenOver) -> CallError | TakenOver:
        """What became of the call as a whole."""
        if self.may_have_happened and self.api.risk == "mutating" and not isinstance(error, OutcomeUnknown):
            return OutcomeUnknown(self.api.id, f"an earlier try was sent, and the last one came to: {error}")
        return error

"""How much is asked of one upstream: calls at once, calls a second, second tries, and pauses that it asks for."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from aiolimiter import AsyncLimiter
from cachetools import LRUCache

from callers.breaker import Breaker
from catalog.models import Api

DEPOSIT = 0.1  # of a try again for each call: an upstream that fails gets a tenth more calls, not three times as many
SAVED = 10.0
REMEMBERED = 4_096


@dataclass(frozen=True)
class Limits:
    """Of each upstream."""

    at_once: int = 16
    per_second: float | None = None
    """None: as many as there are."""
    retries: int = 2
    """Of one call that may be repeated."""
    longest_pause_seconds: float = 60.0
    """A longer one that an upstream asks for is taken as this."""
    failures: int = 5
    """So many in a row, and nothing is sent for a while."""
    open_seconds: float = 30.0


@dataclass
class Upstream:
    """One origin, or one MCP server. Used on one event loop."""

    name: str
    limits: Limits
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(init=False)
    slots: asyncio.Semaphore = field(init=False)
    _rate: AsyncLimiter | None = field(init=False)
    _saved: float = field(default=SAVED, init=False)
    _paused_until: float = field(default=-math.inf, init=False)

    def __post_init__(self) -> None:
        limits = self.limits
        self.breaker = Breaker(limits.failures, limits.open_seconds, self.clock)
        self.slots = asyncio.Semaphore(limits.at_once)
        self._rate = None if limits.per_second is None else AsyncLimiter(max(limits.per_second, 1.0), _period(limits))

    async def turn(self) -> None:
        """Wait until the rate allows one more call."""
        self._saved = min(self._saved + DEPOSIT, SAVED)
        if self._rate is not None:
            await self._rate.acquire()

    def pause(self, seconds: float) -> None:
        """The upstream asked for it."""
        until = self.clock() + min(max(seconds, 0.0), self.limits.longest_pause_seconds)
        self._paused_until = max(self._paused_until, until)

    @property
    def paused_seconds(self) -> float:
        """0: it is not paused."""
        return max(self._paused_until - self.clock(), 0.0)

    def spend_retry(self) -> bool:
        """Whether one more try is within the budget; it is then spent."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True


class Upstreams:
    """Those that were called lately. One that is forgotten, as a catalog may name any number, starts anew."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._known: LRUCache[str, Upstream] = LRUCache(REMEMBERED)

    def of(self, api: Api) -> Upstream | None:
        """None: a call of it burdens nobody but us."""
        name = upstream_of(api)
        if name is None:
            return None
        if name not in self._known:
            self._known[name] = Upstream(name, self.limits)
        return self._known[name]

    def unwell(self) -> list[Upstream]:
        """Those to which nothing is sent for now, by name."""
        found = (one for one in self._known.values() if one.breaker.is_open or one.paused_seconds)
        return sorted(found, key=lambda one: one.name)


def _period(limits: Limits) -> float:
    """A rate below one a second is one in so many seconds."""
    return 1.0 if limits.per_second is None or limits.per_second >= 1.0 else 1.0 / limits.per_second


def upstream_of(api: Api) -> str | None:
    """Whom a call burdens; None: nobody but us."""
    if api.kind == "mcp":
        return f"mcp:{api.target.partition(' ')[0]}"
    if api.kind != "http":
        return None
    try:
        parts = urlsplit(api.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:  # told when the request is built
        return None


def retry_after(written: str, now: float) -> float | None:
    """The seconds that a `Retry-After` header says, as a number or a date; None: it says nothing."""
    text = written.strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return None

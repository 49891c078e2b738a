"""How APIs have been doing, seen from the calls that were made anyway. Kept in memory, and soon forgotten."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from cachetools import LRUCache

Seen = Literal["ok", "unauthorized", "not_found", "throttled", "failed"]

WORTH: dict[Seen, float] = {"ok": 1.0, "not_found": 0.7, "throttled": 0.2, "unauthorized": 0.0, "failed": 0.0}
"""What an answer says for an API. "No such order" is an answer, but a service that has moved says nothing else."""
NEWEST = 0.2  # of the averages: the last ten calls make nine tenths
FEW = 3  # calls that say nothing yet
FORGIVEN_SECONDS = 300.0  # half of what speaks against an API is forgotten
SLOW_MS = 5_000.0
LOWEST = 0.5
"""What is left of a score at worst: an API that fails is put behind those like it, not behind what fits worse."""
REMEMBERED = 10_000


@dataclass(frozen=True)
class Vital:
    """Of one API. Averages weigh the latest calls most."""

    calls: int = 0
    worth: float = 1.0
    latency_ms: float | None = None
    """None: no call was answered yet."""
    unauthorized: int = 0
    not_found: int = 0
    throttled: int = 0
    failed: int = 0
    last_at: float = 0.0

    def with_call(self, seen: Seen, elapsed_ms: float | None, now: float) -> Vital:
        worth = WORTH[seen] if not self.calls else self.worth + NEWEST * (WORTH[seen] - self.worth)
        latency = self.latency_ms
        if elapsed_ms is not None:
            latency = elapsed_ms if latency is None else latency + NEWEST * (elapsed_ms - latency)
        seen_so_often = {} if seen == "ok" else {seen: getattr(self, seen) + 1}
        changed = replace(self, **seen_so_often)
        return replace(changed, calls=self.calls + 1, worth=worth, latency_ms=latency, last_at=now)


@dataclass
class Health:
    """Of all APIs that this process has called lately."""

    clock: Callable[[], float] = time.time
    _vitals: LRUCache[str, Vital] = field(default_factory=lambda: LRUCache(REMEMBERED))

    def note(self, api_id: str, seen: Seen, elapsed_ms: float | None = None) -> None:
        """`elapsed_ms` None: no answer came."""
        self._vitals[api_id] = self._vitals.get(api_id, Vital()).with_call(seen, elapsed_ms, self.clock())

    def of(self, api_id: str) -> Vital | None:
        """None: it was not called lately."""
        return self._vitals.get(api_id)

    def all(self) -> list[tuple[str, Vital]]:
        """By API id."""
        return list(self._vitals.items())

    def standing(self, api_id: str) -> float:
        """In [LOWEST, 1]: what a score is multiplied by. 1 for what is well, and for what is not known."""
        vital = self._vitals.get(api_id)
        if vital is None or vital.calls < FEW:
            return 1.0
        age = max(self.clock() - vital.last_at, 0.0)
        slow = 0.9 if (vital.latency_ms or 0.0) > SLOW_MS else 1.0
        remembered = math.pow(0.5, age / FORGIVEN_SECONDS)
        against = (1.0 - vital.worth * slow) * remembered
        return 1.0 - against * (1.0 - LOWEST)

"""Where a model's answers are kept for a while, so that a question asked again costs no call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from cachetools import TTLCache

Clock = Callable[[], float]
"""Seconds since whenever; `time.time` where answers outlive the process."""


class AnswerCache(Protocol):
    """Texts by tenant and key, each for the life that the cache was opened with.

    `get` and `put` never raise: a cache that is out of order has nothing, and keeps nothing.
    """

    async def get(self, tenant: str, key: str) -> str | None:
        """What was put under this key by the same tenant, while it lives."""

    async def put(self, tenant: str, key: str, answer: str) -> None:
        """Keep it in place of what the key had; when there is no room, others go."""

    async def clear(self) -> int:
        """Forget the answers of every tenant, and say how many. Raises StoreUnavailable."""

    async def close(self) -> None:
        """Let go of what is open."""


class MemoryCache:
    """Keeps `AnswerCache` as long as the process lives."""

    def __init__(self, *, life_seconds: float, most: int, clock: Clock = time.time) -> None:
        self._answers: TTLCache[tuple[str, str], str] = TTLCache(most, life_seconds, timer=clock)

    async def get(self, tenant: str, key: str) -> str | None:
        return self._answers.get((tenant, key))

    async def put(self, tenant: str, key: str, answer: str) -> None:
        self._answers[tenant, key] = answer

    async def clear(self) -> int:
        self._answers.expire()
        held = len(self._answers)
        self._answers.clear()
        return held

    async def close(self) -> None:
        self._answers.clear()

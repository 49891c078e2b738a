"""Leaves a cache that failed alone for a while: many branches that wait for it, one after the other, would add up."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from catalog.errors import StoreUnavailable
from reasoners.cache import Clock

REST_SECONDS = 10.0
T = TypeVar("T")
log = logging.getLogger(__name__)


class Rest:
    """Between a cache and its store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0
        self._told = False

    async def attempt(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """What the store says; None where it cannot be used, which is told once until it can be used again."""
        if self._clock() < self._until:
            return None
        try:
            done = await work()
        except StoreUnavailable as error:
            self._until = self._clock() + REST_SECONDS
            if not self._told:
                log.warning("%s Models are asked though the answer may be known; nothing else is lost.", error)
            self._told = True
            return None
        self._told = False
        return done

"""What is done every few seconds: leases are renewed, what was cut off is taken up, what is over is erased."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from catalog.errors import StoreUnavailable
from graph.leases import RENEWALS, clock
from graph.manager import ERASED_AT_ONCE, RECOVERED_AT_ONCE, RunManager
from graph.runs import Retention

log = logging.getLogger(__name__)
TIDIED_AFTER_SECONDS = 60.0
CROWDED_PAUSE_SECONDS = 0.5
"""Where more was cut off than is taken up at once."""


class Upkeep:
    """Keeps a run manager's store in order. `dead`: whether the owner of that name is known to be gone."""

    def __init__(
        self,
        manager: RunManager,
        *,
        dead: Callable[[str], bool],
        retention: Retention,
        recover: bool,
        lease_seconds: float,
    ) -> None:
        self._manager = manager
        self._dead = dead
        self._retention = retention
        self._recover = recover
        self._pause = lease_seconds / RENEWALS
        self._tidied_at = -TIDIED_AFTER_SECONDS

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Once at the beginning, and then until the context ends."""
        if self._recover:
            await self._manager.recover(self._dead)
        task = asyncio.create_task(self._forever(), name="upkeep")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(CROWDED_PAUSE_SECONDS if self._is_crowded() else self._pause)
            try:
                await self._once()
            except StoreUnavailable:
                log.exception("the record of threads could not be kept in order")
            except Exception:
                log.exception("upkeep broke, and goes on")

    def _is_crowded(self) -> bool:
        return self._recover and self._manager.under_way() >= RECOVERED_AT_ONCE

    async def _once(self) -> None:
        await self._manager.keep_leases()
        if not self._recover:
            return
        await self._manager.recover(self._dead)
        if clock() - self._tidied_at >= TIDIED_AFTER_SECONDS:
            erased = await self._manager.tidy(self._retention)
            if erased < ERASED_AT_ONCE:  # else there is more
                self._tidied_at = clock()

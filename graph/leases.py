"""What this process holds, and until when it may be sure of it, by its own clock: another's cannot be asked in time."""

from __future__ import annotations

import logging
import time

from catalog.errors import StoreUnavailable, TakenOver
from graph.runs import LEASE_SECONDS, Hold, RunStore

log = logging.getLogger(__name__)
RENEWALS = 4
"""Within a lease, so that three may fail before it runs out."""
MARGIN = 0.1
"""A hold is doubted by this part of a lease, at most a second, before others may take it."""


def clock() -> float:
    """Seconds that go on while the machine sleeps, where the system counts them."""
    source = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if source is None else time.clock_gettime(source)


class Leases:
    """The holds of runs under way. `renewed` is called every few seconds, and says which are lost."""

    def __init__(self, runs: RunStore, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._runs = runs
        self._seconds = lease_seconds - min(1.0, lease_seconds * MARGIN)
        self._until: dict[Hold, float] = {}

    def add(self, hold: Hold, *, since: float) -> None:
        """`since`: a moment by `clock` before the store gave it."""
        self._until[hold] = since + self._seconds

    def drop(self, hold: Hold) -> None:
        self._until.pop(hold, None)

    def permit(self, hold: Hold) -> None:
        """Raises TakenOver where another may have taken it by now."""
        if clock() >= self._until.get(hold, 0.0):
            raise TakenOver(hold.thread_id)

    async def confirmed(self, hold: Hold) -> bool:
        """Whether it is still ours, for a whole lease from now on."""
        return hold in self._until and not await self._renew([hold])

    async def renewed(self) -> list[Hold]:
        """Those that are lost. Where the store cannot be asked none is; each runs out by itself."""
        if not self._until:
            return []
        try:
            return await self._renew(list(self._until))
        except StoreUnavailable:
            log.exception("no lease could be renewed")
            return []

    async def _renew(self, holds: list[Hold]) -> list[Hold]:
        since = clock()
        lost = await self._runs.renew(holds)
        for hold in holds:
            if hold in lost:
                self.drop(hold)
            elif hold in self._until:
                self.add(hold, since=since)
        return lost

"""Stops asking an upstream that fails again and again, and lets one call try whether it is back.

Our own, as `purgatory` knows exceptions alone, lets everybody try at once when the time is over, and takes a call that
was never sent for a success.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Of one upstream. Whoever passes `wait` says afterwards how it went, or that it did not go."""

    failures: int
    """So many in a row open it."""
    seconds: float
    """How long it then stays open, until one call may try."""
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = field(default=0, init=False)
    _open_until: float | None = field(default=None, init=False)
    _trying: bool = field(default=False, init=False)

    def wait(self) -> float:
        """Seconds until a call may be sent; 0: now, and if it is open, this is the call that tries."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self.clock()
        if left > 0 or self._trying:
            return max(left, 1.0)  # the one that tries is under way
        self._trying = True
        return 0.0

    def succeeded(self) -> None:
        self._in_a_row, self._open_until, self._trying = 0, None, False

    def failed(self) -> None:
        self._in_a_row += 1
        if self._trying or self._in_a_row >= self.failures:
            self._open_until = self.clock() + self.seconds
        self._trying = False

    def came_to_nothing(self) -> None:
        """The call was not sent, or says nothing of the upstream."""
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._open_until is not None

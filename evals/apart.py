"""Measures in a data folder of its own, and keeps what was measured until an interruption."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Sized
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import SwitchboardError
from graph.settings import Settings


@dataclass(frozen=True)
class Course:
    """How the measuring went."""

    seconds: float
    stopped: str
    """Why it ended early; empty: it did not."""


def measured_apart(
    settings: Settings, measure: Callable[[Settings], Coroutine[object, object, None]], found: Sized
) -> Course:
    """`found` grows while it is measured. Raises SwitchboardError where it is still empty by then."""
    stopped, started = "", time.monotonic()
    with tempfile.TemporaryDirectory(prefix="switchboard-eval-") as folder:
        try:
            asyncio.run(measure(settings.model_copy(update={"data_dir": Path(folder)})))
        except KeyboardInterrupt:
            stopped = "interrupted"
        except SwitchboardError as error:
            if not found:
                raise
            stopped = str(error)
    return Course(round(time.monotonic() - started, 1), stopped)

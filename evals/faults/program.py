"""What a fault program is: something bad that is done many times, and what was seen of it each time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Figure = int | float | str | None
"""None: it could not be measured."""


@dataclass(frozen=True)
class Wanted:
    """How a program shall run."""

    folder: Path
    """Empty, the program's own, and removed afterwards."""
    short: bool = False
    """The form of a few seconds that the test suite runs; it holds the same things against fewer cases."""
    times: int | None = None
    """Repetitions or cases, where a program has such a number; None: as many as it is made for."""
    seed: int = 1
    """Of everything random, so that what was seen can be seen again."""
    database_url: str | None = None
    """PostgreSQL for the service under test; None: SQLite, or where a program needs one, one of its own."""
    say: Callable[[str], None] = lambda line: None
    """What goes on, for people who wait."""


@dataclass(frozen=True)
class Finding:
    """One case, or all of one kind where one line for each would tell nothing."""

    case: str
    passed: bool
    detail: str = ""
    """What was seen; for a case that failed, enough to look for the cause."""


@dataclass(frozen=True)
class Outcome:
    """What a program saw."""

    findings: tuple[Finding, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """By names that say the unit: `connections at the canary`, `p99 ms`, `memory growth MiB`."""

    @property
    def passed(self) -> bool:
        """Whether all held. A program that looked at nothing has shown nothing."""
        return bool(self.findings) and all(finding.passed for finding in self.findings)


@dataclass(frozen=True)
class Program:
    """A fault, by name. `run` raises SwitchboardError where it cannot begin at all."""

    name: str
    """As it is typed: small letters and dashes."""
    passes_when: str
    """What must hold, as a sentence."""
    run: Callable[[Wanted], Coroutine[None, None, Outcome]]

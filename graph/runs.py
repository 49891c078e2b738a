"""What a store of threads promises: it decides what is open, who may answer, and what was accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

Body = dict[str, JsonValue]
"""The answer of the HTTP contract, ready to be serialised."""
ThreadStatus = Literal["running", "input_required", "completed", "no_tool", "declined", "failed", "cancelled"]


@dataclass(frozen=True)
class ThreadRecord:
    """One thread as it stands."""

    thread_id: str
    tenant: str
    status: ThreadStatus
    run_id: str
    """The current or last run."""
    request: Mapping[str, JsonValue]
    """What was asked: the graph's input, as accepted."""
    body: Body | None
    """The last answer; None while the first run is under way."""
    accepted: Sequence[Mapping[str, JsonValue]] | None
    """Answers that the current run works with: kept before the graph starts, so that a crash loses none."""
    plan: Mapping[str, JsonValue] | None
    """What the current run had decided before it began to send what changes something; None: it has not begun."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class ThreadSummary:
    """A line of the list of threads."""

    thread_id: str
    status: ThreadStatus
    query: str
    created_at: str
    """RFC 3339, UTC; so is `updated_at`."""
    updated_at: str
    open_questions: int


@dataclass(frozen=True)
class ThreadPage:
    """Waiting threads first, then the latest."""

    threads: tuple[ThreadSummary, ...]
    next_cursor: str | None


class RunStore(Protocol):
    """Threads and their runs. Every change is one transaction; of rivals exactly one wins.

    A store is opened with the name of its owner, the process; running threads belong to one.
    """

    async def create(self, thread_id: str, run_id: str, request: Mapping[str, JsonValue], *, tenant: str) -> None:
        """A new thread, running. Raises ThreadExists."""

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        """Raises NoSuchThread, also for another tenant's thread."""

    async def claim(
        self, thread_id: str, run_id: str, answers: Sequence[Mapping[str, JsonValue]], *, tenant: str
    ) -> ThreadRecord:
        """Take the open questions that `answers` name, and start a run with them.

        Raises NoSuchThread, ThreadBusy, or QuestionClosed where one of them is not open. Returns the thread as it
        stood before.
        """

    async def note_plan(self, thread_id: str, run_id: str, plan: Mapping[str, JsonValue]) -> None:
        """Keep what this run has decided: after a crash it is not decided anew. `settle` and `claim` forget it."""

    async def settle(self, thread_id: str, run_id: str, status: ThreadStatus, body: Body) -> bool:
        """End the run with its answer; the questions in `body` are open from now on.

        False, and nothing is written, where this run is not the thread's current one any more.
        """

    async def current(self, thread_id: str, run_id: str) -> bool:
        """Whether this run still is the thread's, and was not cancelled."""

    async def cancel(self, thread_id: str, body: Body, *, tenant: str) -> ThreadRecord:
        """End whatever goes on: nothing is open any more. Returns the thread as it was. Raises NoSuchThread."""

    async def page(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        """Raises InvalidQuery for a cursor that is none of ours."""

    async def adopt(self, alive: Callable[[str], bool]) -> list[ThreadRecord]:
        """Threads that count as running, but whose owner is not `alive` any more. They are ours from now on."""

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        """Raises NoSuchThread, ThreadBusy."""

    async def close(self) -> None: ...


@dataclass(frozen=True)
class LoggedEvent:
    """One event of a thread."""

    id: int
    """Monotonic per thread, from 1."""
    run_id: str
    name: str
    facts: Mapping[str, JsonValue]


class EventLog(Protocol):
    """Append-only record of every run. Trace, progress and replay are read from it."""

    async def append(
        self, thread_id: str, run_id: str, events: Sequence[tuple[str, Mapping[str, JsonValue]]]
    ) -> None: ...

    async def read(self, thread_id: str, *, after: int = 0) -> list[LoggedEvent]:
        """In order; none for an unknown thread."""

    async def forget(self, thread_id: str) -> None: ...

    async def close(self) -> None: ...

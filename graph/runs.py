"""What a store of threads promises: it decides what is open, who may answer, and what was accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

Body = dict[str, JsonValue]
"""The answer of the HTTP contract, ready to be serialised."""
Events = Sequence[tuple[str, Mapping[str, JsonValue]]]
"""Names, each with its facts."""
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
class Hold:
    """The right to work on a thread's run, for as long as its lease is renewed and nobody has taken it over."""

    thread_id: str
    run_id: str
    fence: int
    """Grows with every run and every take-over of the thread: of two that work on it, the higher one may."""


LEASE_SECONDS = 15.0
"""How long a hold outlasts its last renewal."""


@dataclass(frozen=True)
class Adopted:
    """A run that was cut off, and is ours from now on."""

    thread: ThreadRecord
    hold: Hold
    tries: int
    """How often it was cut off: stops in good order are not counted."""


@dataclass(frozen=True)
class RequestKey:
    """An `Idempotency-Key`, and which request it came with."""

    name: str
    fingerprint: str


@dataclass(frozen=True)
class KeyedRun:
    """The run that was made for a key."""

    thread_id: str
    body: Body | None
    """Its answer; None: it is still being worked on."""


@dataclass(frozen=True)
class Retention:
    """How long what is over is kept."""

    threads_seconds: float | None
    """Since a finished thread was last touched; None: for ever."""
    keys_seconds: float
    """An `Idempotency-Key`, since it came."""
    keys: int
    """At most so many of a tenant, the newest."""


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

    A store is opened with the name of its owner, the process. Who creates, claims or adopts a run holds it: see `Hold`.
    What takes a hold does nothing where it is not the thread's latest, or the run has ended.
    """

    async def create(
        self,
        thread_id: str,
        run_id: str,
        request: Mapping[str, JsonValue],
        *,
        tenant: str,
        key: RequestKey | None = None,
    ) -> Hold:
        """A new thread, running. Raises ThreadExists; KeyReused or KeyInUse where the key came before."""

    async def get(self, thread_id: str, *, tenant: str) -> ThreadRecord:
        """Raises NoSuchThread, also for another tenant's thread."""

    async def claim(
        self,
        thread_id: str,
        run_id: str,
        answers: Sequence[Mapping[str, JsonValue]],
        *,
        tenant: str,
        key: RequestKey | None = None,
    ) -> tuple[ThreadRecord, Hold]:
        """Take the open questions that `answers` name, and start a run with them.

        Raises NoSuchThread, ThreadBusy, or QuestionClosed where one of them is not open; KeyReused or KeyInUse where
        the key came before. Returns the thread as it stood before.
        """

    async def keyed(self, key: RequestKey, *, tenant: str) -> KeyedRun | None:
        """What was made of the request that came with this key; None: the key is new.

        Raises KeyReused where it came with another request, NoSuchThread where its thread was deleted since.
        """

    async def note_plan(self, hold: Hold, plan: Mapping[str, JsonValue]) -> None:
        """Keep what this run has decided: after a crash it is not decided anew. `settle` and `claim` forget it."""

    async def settle(self, hold: Hold, status: ThreadStatus, body: Body, *, events: Events = ()) -> bool:
        """End the run with its answer, which is that of its key too; the questions in `body` are open from now on.

        `events` are appended to the log of the thread. All of it is written, or nothing: then False, where the run is
        not held any more, or was cancelled.
        """

    async def current(self, hold: Hold) -> bool:
        """Whether the run is still held, and was not cancelled."""

    async def renew(self, holds: Sequence[Hold]) -> list[Hold]:
        """Hold them for another lease. Returns those that are not held any more, or whose run has ended."""

    async def release(self, holds: Sequence[Hold], *, tried: bool) -> None:
        """Give them up: they may be adopted at once. `tried`: this counts as having been cut off."""

    async def cancel(self, thread_id: str, body: Body, *, tenant: str) -> ThreadRecord:
        """End whatever goes on: nothing is open any more. Returns the thread as it was. Raises NoSuchThread."""

    async def amend(self, hold: Hold, body: Body) -> None:
        """Put a fuller answer in place of that of a cancelled run, which ended later than it was cancelled."""

    async def page(self, *, tenant: str, status: str | None, limit: int, cursor: str | None) -> ThreadPage:
        """Raises InvalidQuery for a cursor that is none of ours."""

    async def adopt(self, dead: Callable[[str], bool], *, limit: int) -> list[Adopted]:
        """Take over running threads, the oldest first, that nobody holds: whose lease has run out, or whose owner is
        known to be `dead`."""

    async def delete(self, thread_id: str, *, tenant: str) -> None:
        """From now on it does not exist; `tidy` names it until it is erased. Raises NoSuchThread, ThreadBusy."""

    async def tidy(self, retention: Retention, *, limit: int) -> list[str]:
        """Forget keys that are too many or too old, delete finished threads that are too old, and name what is deleted.

        At most `limit` threads are named; their other traces go first, then they are erased.
        """

    async def erase(self, thread_id: str) -> None:
        """Remove a deleted thread, so that its id is free again. Its keys stay, without an answer."""

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

    async def append(self, thread_id: str, run_id: str, events: Events) -> None: ...

    async def read(self, thread_id: str, *, after: int = 0) -> list[LoggedEvent]:
        """In order; none for an unknown thread."""

    async def forget(self, thread_id: str) -> None: ...

    async def close(self) -> None: ...

"""What it means to act: show the request that would be sent, and send it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

from catalog.models import Api


@dataclass(frozen=True)
class Preview:
    """A request as it would be sent, secrets masked: for people, approvals and dry runs."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those that say something: parameters and credentials (masked as `***`), content type."""
    body: JsonValue = None
    curl: str = ""
    """The same as a command line, secrets masked."""


@dataclass(frozen=True)
class Reply:
    """What came back. Any HTTP status is a reply; what is no reply is raised as a CallError."""

    status: int
    body: JsonValue
    """Parsed where the upstream says JSON, else text; None: empty."""
    elapsed_ms: float
    truncated: bool = False
    retry_after_seconds: float | None = None
    """How long the upstream asks to be left alone; None: it does not say."""


@dataclass(frozen=True)
class Once:
    """What keeps a call that changes something from being sent twice."""

    key: str
    """Goes out in the API's `idempotency_header`, where it has one: the same over all tries of one intention."""
    permit: Callable[[], None]
    """Called at the last moment before the request leaves. Never waits; raises TakenOver where the run may not act."""


@dataclass(frozen=True)
class Who:
    """For whom a call is made: whose secrets and values are used."""

    tenant: str = "default"
    user: str = "default"


EVERYBODY = Who()
"""Until callers are asked who they are, there is one tenant with one user."""


@dataclass(frozen=True)
class Missing:
    """A credential without which an API cannot be called now."""

    name: str
    reason: str
    """Continues a sentence that begins with its name, and says what is to be done. Never holds a secret."""
    url: str | None = None
    """Where a person signs in, so that the credential is there; None: only the operator can help."""


class Caller(Protocol):
    """Sends calls. Host and path come from the catalog only; secrets are resolved at send time."""

    def acting_for(self, who: Who) -> Caller:
        """The same caller for one tenant and user, over the same connections. Only the first one is closed."""

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        """The request without sending it. Raises InvalidArguments; never resolves a secret.

        `key`: that of `Once`, with which it would be sent.
        """

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        """The first credential that this API needs and cannot have; None: all are there. Reads no secret.

        `thread_id`: the thread that goes on once a person has signed in.
        """

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        """Send once. A mutating API is never tried again here, unless it de-duplicates by `once.key`.

        Raises CallError; TakenOver where `once` permits it no more, and then nothing was sent.
        """

    async def close(self) -> None: ...


LedgerState = Literal["planned", "sending", "done", "failed", "unknown"]
Outcome = Literal["done", "failed", "unknown"]


@dataclass(frozen=True)
class Intended:
    """A call that is about to be sent."""

    key: str
    """Derived from tenant, thread, step and request: the same intention has the same key after a crash."""
    thread_id: str
    step: str
    api_id: str


@dataclass(frozen=True)
class Sent:
    """A ledger row: one intended call, and what became of it."""

    key: str
    step: str
    api_id: str
    state: LedgerState
    reply: Reply | None = None
    error: str = ""
    fresh: bool = False
    """True: this `begin` took the row, so the call is ours to send."""


class Ledger(Protocol):
    """Write-ahead record of what was sent: planned, then sending, then done, failed or unknown; what was sent is never
    planned again.

    `fence` grows with every take-over of a thread. A row knows the highest that touched it and refuses lower ones:
    who was taken over neither sends nor settles.
    """

    async def plan(self, calls: Sequence[Intended], *, fence: int) -> None:
        """Record all of them as planned. One that is there already stays as it is."""

    async def begin(self, key: str, *, fence: int, again_within: float = 0) -> Sent:
        """Take a planned call for sending: then it is fresh, and nobody else's. Else it is as it stands.

        A call that an earlier holder was sending is unknown from now on. One that is unknown, and was first begun less
        than `again_within` seconds ago, is taken again: for upstreams that know it by its key, and do it once.
        Raises TakenOver; one that nobody planned is unknown.
        """

    async def finish(
        self, key: str, *, fence: int, state: Outcome, reply: Reply | None = None, error: str = ""
    ) -> bool:
        """Say what became of a call that was begun. False, and nothing is written: it has ended, or is not ours."""

    async def unsent(self, key: str, *, fence: int) -> None:
        """Of a call that was begun by this holder nothing has left: it is planned again."""

    async def of_thread(self, thread_id: str) -> list[Sent]:
        """In the order of planning."""

    async def keep_response(self, thread_id: str, step: str, body: JsonValue) -> None:
        """Keep the whole of a response that is too large for its thread. A later one of the step replaces it."""

    async def response(self, thread_id: str, step: str) -> JsonValue:
        """What was kept; None: nothing."""

    async def forget(self, thread_id: str) -> None:
        """Remove a deleted thread's rows."""

    async def close(self) -> None: ...

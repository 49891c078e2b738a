"""What it means to act: show the request that would be sent, and send it."""

from __future__ import annotations

from collections.abc import Mapping
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


class Caller(Protocol):
    """Sends calls. Host and path come from the catalog only; secrets are resolved at send time."""

    def preview(self, api: Api, values: Mapping[str, JsonValue]) -> Preview:
        """The request without sending it. Raises InvalidArguments; never resolves a secret."""

    def missing_credential(self, api: Api) -> str | None:
        """The name of the first credential that this API needs and that is not set; None: all are there."""

    async def send(self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float) -> Reply:
        """Send once, never retried here for a mutating API. Raises CallError."""

    async def close(self) -> None: ...


LedgerState = Literal["sending", "done", "failed", "unknown"]


@dataclass(frozen=True)
class Sent:
    """A ledger row: one intended call, and what became of it."""

    key: str
    """Derived from tenant, thread, step and request: the same intention has the same key after a crash."""
    state: LedgerState
    reply: Reply | None = None
    error: str = ""
    fresh: bool = False
    """True: this `begin` made the row, so the call is ours to send."""


class Ledger(Protocol):
    """Write-ahead record of what was sent. Rows are never changed back."""

    async def begin(self, key: str, *, thread_id: str, api_id: str) -> Sent:
        """Record that the call is about to be sent. A key that is there already gives its row, not fresh."""

    async def finish(self, key: str, *, state: LedgerState, reply: Reply | None = None, error: str = "") -> None: ...

    async def forget(self, thread_id: str) -> None:
        """Remove a deleted thread's rows."""

    async def close(self) -> None: ...

"""What answered questions taught: which APIs a question like this one needed. Of each tenant apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Lesson:
    """A question, and the APIs that answered it."""

    thread_id: str
    """Where it was asked: the lesson is forgotten with it."""
    query: str
    words: tuple[str, ...]
    """By which it is found and compared."""
    api_ids: tuple[str, ...]
    learned_at: datetime


class Lessons(Protocol):
    """Keeps a bounded number of lessons for each tenant; the oldest give way. Raises StoreUnavailable.

    A question that is taught again takes the place of what it taught before, however it is cased and spaced.
    """

    async def learn(self, tenant: str, lesson: Lesson) -> None: ...

    async def near(self, tenant: str, words: Mapping[str, float], *, most: int) -> list[Lesson]:
        """The tenant's lessons that have any of these words: those first whose words weigh most together, and of
        equals the latest. At most so many."""

    async def latest(self, tenant: str, *, most: int) -> list[Lesson]:
        """The latest first."""

    async def forget(self, thread_id: str) -> int:
        """What this thread taught; how many lessons there were."""

    async def clear(self, tenant: str) -> int:
        """All lessons of the tenant; how many there were."""

    async def close(self) -> None: ...


def asked_as(query: str) -> str:
    """The form in which two questions are one."""
    return " ".join(query.casefold().split())

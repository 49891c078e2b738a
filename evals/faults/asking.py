"""Clients that go on asking through trouble, each question under a key, and that check what became of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from evals.faults.orders import number_of
from evals.faults.program import Finding

CLIENTS = 4
PAUSE_SECONDS = 0.02
AT_ONCE = 32
"""Asked again together: many more would be refused for their number."""
HEALED_SECONDS = 10.0
ENDED_SECONDS = 60.0
"""For what was accepted in trouble: a lease runs out, another look is taken, and a store is tried again."""

NOT_RECORDED = "failed: not_recorded"
"""The audit log could not be written, so nothing was sent."""


@dataclass
class Asking:
    """Questions to one service, and what they were answered."""

    url: str
    http: httpx2.AsyncClient
    asked: int = 0
    refused: int = 0
    """Told to come again: 503 with `Retry-After`."""
    wrong: list[str] = field(default_factory=list)
    """Answers that are neither."""
    slowest: float = 0.0

    async def ask(self, number: int) -> dict[str, object] | None:
        """One question, under its own key and thread; None: it is to come again."""
        began = time.monotonic()
        try:
            answer = await self.http.post(
                f"{self.url}/query",
                json={"query": f"Cancel order {number}", "thread_id": f"t{number}"},
                headers={"idempotency-key": f"k{number}"},
            )
        except httpx2.HTTPError as error:
            self.wrong.append(f"{number}: {type(error).__name__} {error}")
            return None
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status_code == 503 and answer.headers.get("retry-after"):
            self.refused += 1
            return None
        if answer.status_code == 409 and answer.json().get("code") == "key_in_use":
            return None
        if answer.status_code != 200:
            self.wrong.append(f"{number}: {answer.status_code} {answer.text[:200]}")
            return None
        body: dict[str, object] = answer.json()
        return body

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Clients ask, one question after the other, until the context ends; then all of them are answered."""
        over = asyncio.Event()

        async def client() -> None:
            while not over.is_set():
                self.asked += 1
                await self.ask(number_of(self.asked))
                await asyncio.sleep(PAUSE_SECONDS)

        clients = [asyncio.create_task(client()) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*clients)

    async def healed(self) -> float:
        """Seconds until a question is answered again; at most `HEALED_SECONDS`, and then it was not."""
        began = time.monotonic()
        while time.monotonic() - began < HEALED_SECONDS:
            self.asked += 1
            if await self.ask(number_of(self.asked)) is not None:
                break
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def ended(self) -> Counter[str]:
        """How all questions that were ever asked end, each asked again until it has."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def end(number: int) -> str:
            async with turn:
                return await self._end(number)

        return Counter(await asyncio.gather(*(end(number_of(n)) for n in range(1, self.asked + 1))))

    async def _end(self, number: int) -> str:
        until = time.monotonic() + ENDED_SECONDS
        status = "never accepted"
        while time.monotonic() < until:
            body = await self.ask(number)
            status = str(body["status"]) if body else status
            if body and status != "running":
                return _told(body)
            await asyncio.sleep(0.5)
        return status


def _told(body: dict[str, object]) -> str:
    requests = body.get("input_requests")
    if body["status"] == "input_required" and isinstance(requests, list):
        return " ".join(["waits:", *sorted({str(request["reason"]) for request in requests})])
    error = body.get("error")
    if isinstance(error, dict) and error.get("code") == "not_recorded":
        return NOT_RECORDED
    return f"failed: {error}" if body["status"] == "failed" else str(body["status"])


def of_ends(ends: Counter[str], cancelled: Counter[str]) -> list[Finding]:
    """Nothing lost: each was done, a person is asked whether it was, or it is told that it was not done.

    Nothing twice, by the upstream's own count.
    """
    known = ("completed", "waits: outcome_unknown", NOT_RECORDED)
    lost = {end: count for end, count in ends.items() if end not in known}
    unknown = len(cancelled) - ends["completed"] - ends["waits: outcome_unknown"]
    twice = [path for path, count in cancelled.items() if count > 1]
    missing = ends["completed"] - len(cancelled)
    return [
        Finding("nothing is lost", not lost, f"{dict(ends)}"),
        Finding("nothing is done twice", not twice, f"{len(cancelled)} orders were cancelled; twice: {twice}"),
        Finding("what is told to be done was done", missing <= 0, f"{max(missing, 0)} were not"),
        Finding("what is told not to be done was not done", unknown <= 0, f"{max(unknown, 0)} were"),
    ]

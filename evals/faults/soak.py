"""Tens of thousands of mixed questions, some to an upstream that fails: nothing grows, and nothing is left behind."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import Arrived
from evals.faults.service_child import Child
from evals.faults.shop import Shop, say
from evals.faults.shop_service import shop_service
from evals.memory import resident_mb

QUESTIONS, FEW = 20_000, 40
AT_ONCE = 16
FAULTY = 0.05
WARM = 0.2
"""The part of the questions after which growth counts: caches fill, and the allocator takes its pools."""
GROWTH_MIB = 30.0
SETTLED_FILES = 4
"""Files and sockets that come and go by themselves: a database's log, a kept connection."""
MIB = 2**20
CALL_SECONDS = 0.5

KINDS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("Has order {} shipped?", {}),
    ("Has order {} shipped?", {}),
    ("Where is my order?", {}),
    ("Cancel order {}", {}),
    ("Cancel order {}", {"approve": "mutating"}),
    ("Pay the invoice of order {}", {}),
    ("Has order {} shipped?", {"dry_run": True}),
    ("What is the meaning of life?", {}),
)


@dataclass
class FaultyShop(Shop):
    """A shop that fails now and then, in all the ways that upstreams know."""

    faults: Counter[str] = field(default_factory=Counter)

    async def script(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        if self.chance.random() >= FAULTY:
            return await super().script(arrived, writer)
        fault = self.chance.choice(("error", "reset", "hang", "garbage", "short", "large"))
        self.faults[fault] += 1
        match fault:
            case "error":
                await say(writer, 503, {"error": "down for a moment"})
            case "reset":
                writer.transport.abort()
            case "hang":
                await asyncio.sleep(CALL_SECONDS * 3)
            case "garbage":
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n\xff{[nonsens"
                )
            case "short":
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{")
                writer.transport.close()
            case _:
                await say(writer, 200, {"status": "read", "items": [{"name": "x" * 200}] * 1_000})
        return None


@dataclass(frozen=True)
class Census:
    """What the service holds at one moment."""

    memory_mib: float | None
    files: int | None
    tasks: int


async def run(wanted: Wanted) -> Outcome:
    many = wanted.times or (FEW if wanted.short else QUESTIONS)
    shop = FaultyShop(chance=random.Random(wanted.seed))  # noqa: S311  (no secret is drawn)
    ends: Counter[str] = Counter()
    given: Mapping[str, Any] = {"call_timeout_seconds": CALL_SECONDS, "keep_threads_days": 1e-4}
    async with shop_service(wanted, shop, **given) as (service,):
        warm = int(many * WARM)
        questions = iter(range(many))
        await _asked(service, questions, warm, ends)
        before = await _census(service)
        wanted.say(f"warm after {warm} questions: {before}")
        await _asked(service, questions, many - warm, ends)
        after = await _census(service)
    figures = {"questions": many, "faults": shop.faults.total(), "memory growth MiB": _growth(before, after)}
    figures |= {f"ended {status}": times for status, times in sorted(ends.items())}
    return Outcome(tuple(_findings(before, after, ends, shop)), figures)


async def _asked(service: Child, questions: Iterator[int], many: int, ends: Counter[str]) -> None:
    mine = iter([next(questions) for _ in range(many)])

    async def client() -> None:
        for number in mine:
            ends[await _one(service, number)] += 1

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))


async def _one(service: Child, number: int) -> str:
    """How one question ended. Who is asked answers, declines or goes away."""
    text, options = KINDS[number % len(KINDS)]
    order_id, thread_id = str(10_000 + number % 900_000), f"soak-{number}"
    answer = await service.ask(text.format(order_id), thread_id=thread_id, options=options)
    for turn in range(4):
        if answer.status != 200 or answer.body["status"] != "input_required":
            break
        if number % 11 == 3:
            return "left waiting"
        action = "decline" if number % 7 == 5 or turn == 3 else "accept"
        answers = [_answer(each, action, order_id) for each in answer.body["input_requests"]]
        answer = await service.resume(thread_id, {"responses": answers})
    return str(answer.body["status"] if answer.status == 200 else f"HTTP {answer.status} {answer.body['code']}")


def _answer(asked: dict[str, str], action: str, order_id: str) -> dict[str, object]:
    contents = {"missing_parameters": {"order_id": order_id}, "outcome_unknown": {"happened": "yes"}}
    return {
        "id": asked["id"],
        "action": action,
        "content": contents.get(asked["reason"], {}) if action == "accept" else {},
    }


async def _census(service: Child) -> Census:
    """Once nothing is under way any more."""
    pid = service.process.pid or 0
    tasks = (await service.call("census")).body["tasks"]
    memory = resident_mb(pid)
    return Census(None if memory is None else round(memory * 1e6 / MIB, 1), _files(pid), tasks)


def _files(pid: int) -> int | None:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return None


def _growth(before: Census, after: Census) -> float | None:
    if before.memory_mib is None or after.memory_mib is None:
        return None
    return round(after.memory_mib - before.memory_mib, 1)


def _findings(before: Census, after: Census, ends: Counter[str], shop: Shop) -> Iterator[Finding]:
    growth = _growth(before, after)
    yield Finding("memory", growth is None or growth < GROWTH_MIB, f"{before.memory_mib} MiB, then {after.memory_mib}")
    files = before.files is None or after.files is None or after.files <= before.files + SETTLED_FILES
    yield Finding("files and connections", files, f"{before.files}, then {after.files}")
    yield Finding("tasks", after.tasks <= before.tasks, f"{before.tasks}, then {after.tasks}")
    strange = {status: times for status, times in ends.items() if status.startswith("HTTP") or status == "running"}
    yield Finding("every question ended, or waits for its person", not strange, str(strange or dict(ends)))
    yield Finding("no change was made twice", not shop.twice(), str(shop.twice()[:5]))


PROGRAM = Program(
    "soak",
    "after 20,000 mixed questions with 5 % faults memory has grown by less than 30 MiB since the first of them, and no "
    "task, file or connection is left over",
    run,
)

"""Upstreams at their worst: every call ends cleanly, in its time, and takes no memory to speak of."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from callers.health import Health
from callers.http import HttpCaller
from callers.limits import Limits, Upstreams
from callers.protocol import Caller, Once
from callers.steady import SteadyCaller
from catalog.errors import CallError, OutcomeUnknown
from catalog.models import Api
from evals.faults.bad_answers import Bad, bad_answers
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import LOOPBACK, Arrived, RawServer, plain_answer, raw_server
from evals.memory import resident_mb

DEADLINE_SECONDS, SHORT_SECONDS = 2.0, 0.3
GRACE_SECONDS = 1.0
GROWTH_MIB = 50.0
AT_ONCE, SHORT_AT_ONCE = 4, 16
SAMPLE_SECONDS = 0.01
METHODS = ("GET", "POST")


@dataclass
class Memory:
    """The most that this process had while it was watched, in MB. None: this system does not tell."""

    before: float | None
    most: float | None

    @property
    def growth(self) -> float | None:
        return None if self.before is None or self.most is None else self.most - self.before


async def run(wanted: Wanted) -> Outcome:
    seconds = SHORT_SECONDS if wanted.short else DEADLINE_SECONDS
    answers = {f"/{bad.name}": bad for bad in bad_answers()}
    tasks = len(asyncio.all_tasks())

    async def script(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        known = answers.get(arrived.target)
        await (known.script if known else plain_answer)(arrived, writer)

    http = HttpCaller.open(egress=LOOPBACK)
    caller = SteadyCaller(http, upstreams=Upstreams(Limits(failures=10_000, at_once=SHORT_AT_ONCE)), health=Health())
    try:
        async with raw_server(script) as server, _watched() as memory:
            await _tried(caller, server, Bad("warm-up", plain_answer), "GET", seconds)
            memory.before = memory.most = resident_mb(os.getpid())
            chosen = [bad for n, bad in enumerate(answers.values()) if n % 4 == 0 or "status" not in bad.name]
            few = chosen if wanted.short else list(answers.values())
            findings = await _all(caller, server, few, seconds, SHORT_AT_ONCE if wanted.short else AT_ONCE)
    finally:
        await caller.close()
    await asyncio.sleep(0)  # what was cancelled has its last turn
    growth = memory.growth
    findings.append(Finding("memory", growth is None or growth < GROWTH_MIB, f"grew by {growth} MB"))
    left = len(asyncio.all_tasks()) - tasks
    findings.append(Finding("tasks", left <= 0, f"{left} tasks are left"))
    slowest = max((took for took in _seconds(findings)), default=None)
    return Outcome(tuple(findings), {"deadline s": seconds, "slowest s": slowest, "memory growth MB": growth})


async def _all(
    caller: Caller, server: RawServer, answers: Sequence[Bad], seconds: float, at_once: int
) -> list[Finding]:
    """A few at a time: most of them wait for their deadline."""
    slots = asyncio.Semaphore(at_once)

    async def one(bad: Bad, method: str) -> Finding:
        async with slots:
            return await _tried(caller, server, bad, method, seconds)

    return list(await asyncio.gather(*(one(bad, method) for bad in answers for method in METHODS)))


async def _tried(caller: Caller, server: RawServer, bad: Bad, method: str, seconds: float) -> Finding:
    api = _api(server, bad.name, method)
    once = Once("key", permit=lambda: None) if method == "POST" else None
    started = time.perf_counter()
    clean = True
    try:
        async with asyncio.timeout(seconds + 10 * GRACE_SECONDS):
            reply = await caller.send(api, {}, timeout_seconds=seconds, once=once)
        told = f"HTTP {reply.status}, {len(_sayable(reply.body))} bytes"
    except CallError as error:
        clean = bool(str(error)) and (
            method == "GET" or isinstance(error, OutcomeUnknown) or not _was_sent(server, bad)
        )
        told = f"{error.code}: {error}"[:200]
    except Exception as error:
        clean, told = False, f"{type(error).__name__}: {error}"[:200]
    took = time.perf_counter() - started
    in_time = took <= seconds + GRACE_SECONDS
    return Finding(f"{method} {bad.name}", clean and in_time, f"{took:.2f} s; {told}")


def _was_sent(server: RawServer, bad: Bad) -> bool:
    return any(arrived.target == f"/{bad.name}" and arrived.method == "POST" for arrived in server.arrived)


def _sayable(body: object) -> bytes:
    """What is handed on can be written by whoever has it. Raises ValueError, RecursionError."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def _api(server: RawServer, name: str, method: str) -> Api:
    facts: Mapping[str, object] = {
        "id": f"faults/upstreams/{name}",
        "name": name,
        "category": "faults",
        "tool_id": "faults/upstreams",
        "tool_name": "upstreams",
        "method": method,
        "url": f"{server.url}/{name}",
        "risk": "safe" if method == "GET" else "mutating",
    }
    return Api.model_validate(facts)


def _seconds(findings: Sequence[Finding]) -> Sequence[float]:
    return [float(finding.detail.split(" s;")[0]) for finding in findings if " s;" in finding.detail]


@asynccontextmanager
async def _watched() -> AsyncIterator[Memory]:
    """The memory of this process, looked at all the time."""
    memory = Memory(resident_mb(os.getpid()), resident_mb(os.getpid()))

    async def look() -> None:
        while True:
            now = resident_mb(os.getpid())
            if now is not None and memory.most is not None:
                memory.most = max(memory.most, now)
            await asyncio.sleep(SAMPLE_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield memory
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


PROGRAM = Program(
    "upstream-faults",
    "whatever an upstream answers (every status, nothing, drips, 2 GiB, bombs, broken JSON, depth 100,000, redirect "
    "loops), a call ends cleanly within its deadline and a second, and memory grows by less than 50 MiB",
    run,
)

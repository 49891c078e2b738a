"""Clients that are slow, huge, half-closed, vanishing, deaf or many: each loses its connection, others are served."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.memory import resident_mb
from evals.speed_service import QUESTIONS, Served, serving

MANY, FEW = 200, 5
HEALTH_SECONDS = 1.0
GONE_SECONDS = 30.0
GROWTH_MIB = 100.0
BETWEEN_SECONDS = 0.05
DRIP_SECONDS = 0.2
HUGE = 2 * 2**30
AT_ONCE = 40
"""Requests on one connection, whose answers fill every buffer on the way."""
MIB = 2**20

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
HEAD = b"POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


async def _drip(writer: Writer, text: bytes) -> None:
    """A byte at a time, without end: the other side has to end it."""
    while True:
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)


async def _slow_headers(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD)
    await _drip(writer, b"x-more: y\r\n")


async def _slow_body(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD + b"content-length: 900000\r\n\r\n")
    await _drip(writer, b'{"query": "')


async def _idle(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def _huge_headers(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"x-more: " + b"y" * 60_000 + b"\r\n")
        await writer.drain()


async def _huge_body(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD + f"content-length: {HUGE}\r\n\r\n".encode())
    await _pour(writer, b"z" * MIB)


async def _endless_chunks(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    await _pour(writer, b"10000\r\n" + b"z" * 0x10000 + b"\r\n")


async def _pour(writer: Writer, part: bytes) -> None:
    for _ in range(64):
        writer.write(part)
        await writer.drain()


async def _half_closed(reader: Reader, writer: Writer) -> None:
    writer.write(HEAD + b'content-length: 200\r\n\r\n{"query"')
    writer.write_eof()
    await reader.read()


async def _vanishing(reader: Reader, writer: Writer) -> None:
    body = json.dumps({"query": QUESTIONS[0]}).encode()
    writer.write(HEAD + f"content-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    writer.transport.abort()


async def _deaf(reader: Reader, writer: Writer) -> None:
    """Asks for much, again and again, and reads nothing."""
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # else asyncio reads on our behalf
    writer.write(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * AT_ONCE)
    await _drip(writer, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")


async def _nonsense(reader: Reader, writer: Writer) -> None:
    writer.write(bytes(range(256)) * 40)
    await reader.read()


Attack = Callable[[Reader, Writer], Awaitable[None]]
ATTACKS: Mapping[str, Attack] = {
    "slow headers": _slow_headers,
    "slow bodies": _slow_body,
    "idle connections": _idle,
    "huge headers": _huge_headers,
    "huge bodies": _huge_body,
    "endless chunks": _endless_chunks,
    "half-closed": _half_closed,
    "vanishing": _vanishing,
    "deaf": _deaf,
    "nonsense": _nonsense,
}


@dataclass
class _Health:
    """What a well-behaved neighbour saw meanwhile."""

    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.milliseconds, n=100)[98] if len(self.milliseconds) > 1 else float("inf")

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds) if self.milliseconds else float("inf")


async def run(wanted: Wanted) -> Outcome:
    many = wanted.times or (FEW if wanted.short else MANY)
    seconds = 1 if wanted.short else 10
    limits = {"SWITCHBOARD_CLIENT_SECONDS": str(seconds)}
    with serving(wanted.folder / "data", "--demo", settings=limits) as served:
        await _asked(served, 10)  # what is loaded on the first question is no growth
        before = resident_mb(served.pid)
        async with _watched(served) as health:
            findings = await _attacked(served, many, wanted)
            findings.append(await _all_at_once(served, many))
        after = resident_mb(served.pid)
        findings += [_healthy(health, short=wanted.short), await _well(served), _grown(before, after)]
    figures = {
        "clients of each kind": many,
        "health median ms": round(health.median, 1),
        "health p99 ms": round(health.p99, 1),
        "memory growth MiB": _growth(before, after),
    }
    return Outcome(tuple(findings), figures)


async def _attacked(served: Served, many: int, wanted: Wanted) -> list[Finding]:
    """All kinds at the same time where the form is short, else one kind after the other."""
    if wanted.short:
        return list(await asyncio.gather(*(_one_kind(served, name, many) for name in ATTACKS)))
    findings = []
    for name in ATTACKS:
        wanted.say(f"{many} clients: {name} ...")
        findings.append(await _one_kind(served, name, many))
    return findings


async def _one_kind(served: Served, name: str, many: int) -> Finding:
    began = time.monotonic()
    kept = sum(await asyncio.gather(*(_held(served, ATTACKS[name]) for _ in range(many))))
    took = time.monotonic() - began
    detail = (
        f"{kept} of {many} connections were still open after {GONE_SECONDS:g} s" if kept else f"gone after {took:.1f} s"
    )
    return Finding(f"{name}: connections gone", not kept, detail)


async def _held(served: Served, attack: Attack) -> bool:
    """Whether the connection was still open when its time was over."""
    try:
        reader, writer = await asyncio.open_connection(*_address(served))
    except OSError:
        return False
    try:
        async with asyncio.timeout(GONE_SECONDS):
            with suppress(OSError):
                await attack(reader, writer)
            with suppress(OSError):
                while await reader.read(MIB):  # what was answered, until the end
                    pass
        return False
    except TimeoutError:
        return True
    finally:
        writer.transport.abort()


async def _all_at_once(served: Served, many: int) -> Finding:
    """Each is answered, or told at once when to come back."""
    answers = await asyncio.gather(*(_question(served, QUESTIONS[n % len(QUESTIONS)]) for n in range(many)))
    strange = [status for status in answers if status not in (200, 429, 503)]
    told = f"{answers.count(200)} answered, {len(answers) - answers.count(200)} not: {strange[:5]}"
    return Finding(f"{many} questions at once", not strange and 200 in answers, told)


async def _asked(served: Served, times: int) -> None:
    for n in range(times):
        await _question(served, QUESTIONS[n])


async def _question(served: Served, query: str) -> int:
    body = json.dumps({"query": query}).encode()
    return await _status(served, HEAD + f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)


async def _status(served: Served, request: bytes) -> int:
    """0: there was no answer."""
    try:
        reader, writer = await asyncio.open_connection(*_address(served))
    except OSError:
        return 0
    try:
        writer.write(request)
        answer = await reader.read()
    except OSError:
        return 0
    finally:
        writer.transport.abort()
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@asynccontextmanager
async def _watched(served: Served) -> AsyncIterator[_Health]:
    health = _Health()
    task = asyncio.create_task(_watch(served, health))
    try:
        yield health
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(served: Served, health: _Health) -> None:
    while True:
        began = time.perf_counter()
        status = await _status(served, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        health.milliseconds.append((time.perf_counter() - began) * 1000)
        if status != 200:
            health.failures.append(str(status))
        await asyncio.sleep(BETWEEN_SECONDS)


def _healthy(health: _Health, *, short: bool) -> Finding:
    """In the short form a test runs beside others: a single time says nothing, but half of them do."""
    judged = health.median if short else health.p99
    good = not health.failures and judged < HEALTH_SECONDS * 1000
    times = f"median {health.median:.1f}, p99 {health.p99:.1f} ms of {len(health.milliseconds)}"
    return Finding("health is told meanwhile", good, f"{times}, {len(health.failures)} without 200")


async def _well(served: Served) -> Finding:
    status = await _question(served, QUESTIONS[1])
    return Finding("the next question is answered", status == 200, f"HTTP {status}")


def _growth(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round((after - before) * 1e6 / MIB, 1)


def _grown(before: float | None, after: float | None) -> Finding:
    growth = _growth(before, after)
    passed = growth is None or growth <= GROWTH_MIB
    return Finding("memory", passed, "unknown on this system" if growth is None else f"{growth} MiB more")


def _address(served: Served) -> tuple[str, int]:
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return host, int(port)


PROGRAM = Program(
    "clients",
    "health is told within 1 s, every rude connection is gone within 30 s, and memory grows by at most 100 MiB",
    run,
)

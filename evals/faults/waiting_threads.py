"""Ten thousand threads wait for a person: the service starts, lists them all, and takes each answer at once."""

from __future__ import annotations

import asyncio
import statistics
import time

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import raw_server
from evals.faults.service_child import Child, child
from evals.faults.shop import Shop, catalog
from evals.faults.shop_service import settings_of
from evals.speed_service import ServiceDidNotStart, serving

THREADS, FEW = 10_000, 30
RESUMED = 1_000
AT_ONCE = 8
START_SECONDS = 10.0
RESUME_SECONDS = 1.0


async def run(wanted: Wanted) -> Outcome:
    shop = Shop()
    number = wanted.times or (FEW if wanted.short else THREADS)
    settings = settings_of(wanted)
    async with raw_server(shop.script) as server:
        async with child(settings) as process:
            await process.call("import", document=catalog(server.url))
            made = await _made(process, number, wanted)
        started = await _started(wanted)
        began = time.monotonic()
        async with child(settings) as process:
            opened = time.monotonic() - began
            listed = await _listed(process)
            took, wrong = await _resumed(process, made[:RESUMED])
    slowest = statistics.quantiles(took, n=100)[98]
    findings = (
        Finding("all of them are listed", set(listed) == set(made) and len(listed) == number, f"{len(listed)} listed"),
        Finding("the service starts", max(started or 0, opened) < START_SECONDS, f"within {started or opened:.2f} s"),
        Finding("each answer is taken, and sent", not wrong and shop.done.total() == len(took), f"wrong: {wrong[:5]}"),
        Finding("answers are taken quickly", slowest < RESUME_SECONDS, f"p99 {slowest * 1000:.0f} ms"),
    )
    figures = {
        "threads": number,
        "start to first 200 s": None if started is None else round(started, 2),
        "start of a process that has imported all s": round(opened, 2),
        "resumed": len(took),
        "resume median ms": round(statistics.median(took) * 1000, 1),
        "resume p99 ms": round(slowest * 1000, 1),
    }
    return Outcome(findings, figures)


async def _made(process: Child, number: int, wanted: Wanted) -> list[str]:
    """Threads that lack a value."""
    made: list[str] = []
    numbers = iter(range(number))

    async def client() -> None:
        for n in numbers:
            body = (await process.ask("Please cancel my order")).body
            if body["status"] == "input_required":
                made.append(body["thread_id"])
            if n % 1_000 == 0:
                wanted.say(f"{n} of {number} threads made ...")

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return made


async def _started(wanted: Wanted) -> float | None:
    """From the start of `switchboard serve` to its first 200; None: not measured, as it takes seconds by itself."""
    if wanted.short:
        return None
    settings = {"SWITCHBOARD_DATABASE_URL": wanted.database_url} if wanted.database_url else {}

    def start() -> float:
        with serving(wanted.folder / "data", settings=settings) as served:
            return served.start_seconds

    try:
        return await asyncio.to_thread(start)
    except ServiceDidNotStart:
        return float("inf")


async def _listed(process: Child) -> list[str]:
    ids: list[str] = []
    cursor = None
    while True:
        page = (await process.threads(cursor)).body
        ids += page["ids"]
        if (cursor := page["next_cursor"]) is None:
            return ids


async def _resumed(process: Child, threads: list[str]) -> tuple[list[float], list[str]]:
    """Seconds that each answer took, one after the other, and those that did not end as they should."""
    took: list[float] = []
    wrong: list[str] = []
    for number, thread_id in enumerate(threads, start=100_000):
        began = time.monotonic()
        answer = await process.resume(thread_id, {"params": {"order_id": str(number)}})
        took.append(time.monotonic() - began)
        if answer.body.get("status") != "completed":
            wrong.append(thread_id)
    return took, wrong


PROGRAM = Program(
    "waiting-threads", "with 10,000 waiting threads it starts within 10 s, and the p99 of a resume is under 1 s", run
)

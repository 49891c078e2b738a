"""One request comes many times with its `Idempotency-Key`: it is run once, and all get the same answer."""

from __future__ import annotations

import asyncio
from typing import Any

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import raw_server
from evals.faults.service_child import Answer, Child, child
from evals.faults.shop import Shop, catalog
from evals.faults.shop_service import settings_of

ROUNDS, FEW = 20, 1
AT_ONCE, SOME = 100, 20


async def run(wanted: Wanted) -> Outcome:
    """Every round asks and answers; then all of it comes again to another process, started on the same store."""
    shop = Shop(slowness_seconds=0.01)
    rounds = range(wanted.times or (FEW if wanted.short else ROUNDS))
    many = SOME if wanted.short else AT_ONCE
    settings = settings_of(wanted)
    findings: list[Finding] = []
    async with raw_server(shop.script) as server:
        async with child(settings) as first, child(settings) as second:
            await first.call("import", document=catalog(server.url))
            kept = []
            for number in rounds:
                wanted.say(f"Round {number + 1} of {len(rounds)} ...")
                kept.append(await _round([first, second], number, many, findings))
        async with child(settings) as later:
            for number, (thread_id, asked, answered) in enumerate(kept):
                again = [await _ask(later, number), await _resume(later, number, thread_id)]
                findings.append(Finding(f"{number}: after a restart", again == [asked, answered], _told(again)))
    once = {what: times for what, times in shop.tried.items() if times != 1}
    expected = len(shop.tried) == len(rounds)
    findings.append(Finding("what the shop was asked to do", expected and not once, f"not once: {once}"))
    return Outcome(tuple(findings), {"rounds": len(rounds), "at once": many, "orders cancelled": shop.done.total()})


async def _round(children: list[Child], number: int, many: int, findings: list[Finding]) -> tuple[str, Answer, Answer]:
    """A question, its answer, and the same with other bodies."""
    asked = await asyncio.gather(*(_ask(children[n % 2], number) for n in range(many)))
    findings.append(Finding(f"{number}: asked at once", _equal(asked, "input_required"), _told(asked)))
    thread_id = str(asked[0].body.get("thread_id"))
    answered = await asyncio.gather(*(_resume(children[n % 2], number, thread_id) for n in range(many)))
    findings.append(Finding(f"{number}: answered at once", _equal(answered, "completed"), _told(answered)))
    others = [
        await children[0].ask("Has order 55555 shipped?", key=f"ask-{number}"),
        await children[1].resume(thread_id, {"params": {"order_id": "99999"}}, key=f"resume-{number}"),
    ]
    findings.append(Finding(f"{number}: another body", [a.status for a in others] == [422, 422], _told(others)))
    return thread_id, asked[0], answered[0]


async def _ask(process: Child, number: int) -> Answer:
    return await process.ask("Please cancel my order", key=f"ask-{number}")


async def _resume(process: Child, number: int, thread_id: str) -> Answer:
    given = {"params": {"order_id": str(100_000 + number)}}
    return await process.resume(thread_id, given, key=f"resume-{number}")


def _equal(answers: list[Answer], status: str) -> bool:
    return all(each == answers[0] for each in answers) and answers[0].body.get("status") == status


def _told(answers: list[Answer]) -> str:
    kinds: set[Any] = {(each.status, each.body.get("status"), each.body.get("code")) for each in answers}
    return f"{len(answers)} answers, as {sorted(map(str, kinds))}"


PROGRAM = Program(
    "own-keys", "100 requests with one key make 1 run and get equal answers, also later; others get 422", run
)

"""A hundred people answer one question at once: one is taken, the others are told so, and only the taken is sent."""

from __future__ import annotations

import asyncio
from collections import Counter

from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.service_child import Answer, Child
from evals.faults.shop import Shop
from evals.faults.shop_service import shop_service

ROUNDS, FEW = 20, 1
PEOPLE, SOME = 100, 20


async def run(wanted: Wanted) -> Outcome:
    shop = Shop()
    rounds = wanted.times or (FEW if wanted.short else ROUNDS)
    people = SOME if wanted.short else PEOPLE
    findings: list[Finding] = []
    async with shop_service(wanted, shop, processes=2) as children:
        for number in range(rounds):
            wanted.say(f"Round {number + 1} of {rounds} ...")
            for processes in (1, 2):
                findings.append(await _round(children[:processes], shop, people, 1_000 * number + 100 * processes))
    return Outcome(tuple(findings), {"rounds": len(findings), "people": people})


async def _round(children: list[Child], shop: Shop, people: int, first: int) -> Finding:
    """Each of them cancels another order; what was cancelled must be the one that was taken."""
    asked = (await children[0].ask("Please cancel my order")).body
    before = Counter(shop.done)
    orders = [str(100_000 + first * 10 + n) for n in range(people)]
    answers = await asyncio.gather(
        *(
            children[n % len(children)].resume(asked["thread_id"], {"params": {"order_id": order_id}})
            for n, order_id in enumerate(orders)
        )
    )
    taken = [order_id for order_id, answer in zip(orders, answers, strict=True) if answer.status == 200]
    sent = [what.rpartition("/")[2] for what in (shop.done - before).elements()]
    passed = len(taken) == 1 and sent == taken and _refused(answers) == people - 1
    detail = f"taken {taken}, sent {sent}, refused with 409: {_refused(answers)} of {people}"
    return Finding(f"{len(children)} process(es), thread {asked['thread_id']}", passed, detail)


def _refused(answers: list[Answer]) -> int:
    return sum(answer.status == 409 for answer in answers)


PROGRAM = Program(
    "everyone-answers", "of 100 answers at once one is taken and sent, 99 get 409, by one process and by two", run
)

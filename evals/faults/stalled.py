"""The service sleeps for longer than its lease and wakes up: another has taken its runs over, and it does no harm."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter

from evals.faults.killed import says_what_is_not
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import raw_server
from evals.faults.service_child import Child, child
from evals.faults.shop import Shop, catalog
from evals.faults.shop_service import settings_of
from evals.faults.stories import KINDS, Story

STALLS, FEW = 50, 1
AT_ONCE = 2
"""Clients of each kind."""
LEASE_SECONDS = 2
STALLED_SECONDS = 2.5
WORKING_SECONDS = 0.4
"""Within which it is stopped, from when it was asked."""
ENDED_WITHIN_SECONDS = 40.0


async def run(wanted: Wanted) -> Outcome:
    """Each time two processes: clients ask the one that stalls, and hear of it what its successor found out."""
    chance = random.Random(wanted.seed)  # noqa: S311  (no secret is drawn)
    shop = Shop(slowness_seconds=0.05, chance=chance)
    settings = {**settings_of(wanted), "lease_seconds": LEASE_SECONDS}
    stalls = wanted.times or (FEW if wanted.short else STALLS)
    stories: list[Story] = []
    under_way = 0
    async with raw_server(shop.script) as server:
        for number in range(stalls):
            wanted.say(f"{number} of {stalls} stalls ...")
            async with child(settings) as stalling, child(settings):
                if number == 0:
                    await stalling.call("import", document=catalog(server.url))
                first = 100_000 + len(stories)
                new = [Story(KINDS[n % len(KINDS)], str(first + n)) for n in range(AT_ONCE * len(KINDS))]
                stories += new
                under_way += await _stall(stalling, new, shop, chance.uniform(0, WORKING_SECONDS))
    ended = Counter(str(story.body["status"]) for story in stories if story.body is not None and story.ended)
    figures = {f"ended {status}": times for status, times in sorted(ended.items())}
    asked = sum(story.asked_whether for story in stories)
    return Outcome(
        tuple(_findings(stories, shop)),
        {"stalls": stalls, "threads under way": under_way, **figures, "asked whether it happened": asked},
    )


async def _stall(process: Child, stories: list[Story], shop: Shop, after: float) -> int:
    """Stop it in the middle, let it go on later. Returns how many threads had not ended by then."""
    clients = [asyncio.create_task(story.go_on(process, shop)) for story in stories]
    await asyncio.sleep(after)
    os.kill(process.pid, signal.SIGSTOP)
    under_way = sum(not story.ended for story in stories)
    await asyncio.sleep(STALLED_SECONDS)
    os.kill(process.pid, signal.SIGCONT)
    _, stuck = await asyncio.wait(clients, timeout=ENDED_WITHIN_SECONDS)
    for task in stuck:
        task.cancel()
    return under_way


def _findings(stories: list[Story], shop: Shop) -> list[Finding]:
    lost = [story.thread_id for story in stories if story.lost]
    stuck = [story.thread_id for story in stories if not story.ended]
    wrong = [story.thread_id for story in stories if says_what_is_not(story, shop)]
    return [
        Finding("no thread is lost", not lost, f"lost: {lost}"),
        Finding("no thread is stuck", not stuck, f"stuck: {stuck}"),
        Finding("nothing is changed twice", not shop.twice(), f"twice: {shop.twice()}"),
        Finding("no answer says what was not done", not wrong, f"wrong: {wrong}"),
    ]


PROGRAM = Program(
    "stalled", "a process that slept longer than its lease sends nothing twice, and writes over nobody's answer", run
)

"""The service is killed at random moments, again and again: nothing accepted is lost, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.faults.program import Figure, Finding, Outcome, Program, Wanted
from evals.faults.raw_server import raw_server
from evals.faults.service_child import Child, Killed, child
from evals.faults.shop import Shop, catalog
from evals.faults.shop_service import settings_of
from evals.faults.stories import KINDS, Story

KILLS, FEW = 500, 2
SLOWNESS_SECONDS = 0.02
SETTLED_WITHIN_SECONDS = 30.0
AT_ONCE = 2
"""Of each kind of client, new for every process."""
BEGIN_AGAIN = 0.7
"""How often a process is killed only after it has ended what its predecessors left; else at any moment of its life."""


@dataclass
class Rehearsal:
    """All processes one after the other, on one store, and the clients that outlive them."""

    settings: Mapping[str, Any]
    shop: Shop
    chance: random.Random
    stories: list[Story] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100_000))
    taken_up: list[float] = field(default_factory=list)
    """Seconds that a process took to end what its predecessors had left, from its start."""
    worked: float = 0.5
    """Seconds that the new clients of a process took, when last it could end them."""
    opened: float = 0.5

    def left(self) -> list[Story]:
        return [story for story in self.stories if not story.ended]

    async def life(self) -> None:
        """A process that is killed: any moment of its life, or of its work once it has ended what was left."""
        if self.chance.random() < BEGIN_AGAIN:
            async with child(self.settings) as process:
                await self._end_what_was_left(process)
                asyncio.get_running_loop().call_later(self.chance.uniform(0, self.worked), process.kill)
                await self.work(process)
                process.kill()
            return
        try:
            async with child(self.settings, dies_after=self.chance.uniform(0, self.opened + self.worked)) as process:
                await self.work(process)
                process.kill()
        except Killed:
            pass  # before it could be asked anything

    async def last(self) -> None:
        """One that lives, and ends everything."""
        async with child(self.settings) as process:
            await self._end_what_was_left(process)

    async def _end_what_was_left(self, process: Child) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(SETTLED_WITHIN_SECONDS):
                await asyncio.gather(*(story.go_on(process, self.shop) for story in self.left()))
        except TimeoutError:
            pass  # what is stuck is found at the end, too
        self.taken_up.append(time.monotonic() - began)

    async def work(self, process: Child) -> None:
        new = [Story(kind, str(next(self.numbers))) for kind in KINDS for _ in range(AT_ONCE)]
        self.stories += new
        began = time.monotonic()
        await asyncio.gather(*(story.go_on(process, self.shop) for story in self.left()))
        if not self.left():
            self.worked = 1.2 * (time.monotonic() - began)


async def run(wanted: Wanted) -> Outcome:
    chance = random.Random(wanted.seed)  # noqa: S311  (no secret is drawn)
    shop = Shop(slowness_seconds=SLOWNESS_SECONDS, chance=chance)
    kills = wanted.times or (FEW if wanted.short else KILLS)
    async with raw_server(shop.script) as server:
        rehearsal = Rehearsal(settings_of(wanted), shop, chance)
        began = time.monotonic()
        async with child(rehearsal.settings) as process:
            rehearsal.opened = time.monotonic() - began
            await process.call("import", document=catalog(server.url))
            await rehearsal.work(process)
        for number in range(kills):
            if number % 25 == 0:
                wanted.say(f"{number} of {kills} kills, {len(rehearsal.stories)} threads ...")
            await rehearsal.life()
        await rehearsal.last()
    return Outcome(tuple(_findings(rehearsal)), _figures(rehearsal, kills))


def _findings(rehearsal: Rehearsal) -> Iterator[Finding]:
    lost = [story.thread_id for story in rehearsal.stories if story.lost]
    stuck = [story.thread_id for story in rehearsal.left()]
    wrong = [story.thread_id for story in rehearsal.stories if says_what_is_not(story, rehearsal.shop)]
    slowest = max(rehearsal.taken_up)
    yield Finding("no thread is lost", not lost, f"lost: {lost}")
    yield Finding("no thread is stuck", not stuck and slowest < SETTLED_WITHIN_SECONDS, f"stuck: {stuck}")
    yield Finding("nothing is changed twice", not rehearsal.shop.twice(), f"twice: {rehearsal.shop.twice()}")
    yield Finding("no answer says what was not done", not wrong, f"wrong: {wrong}")


def says_what_is_not(story: Story, shop: Shop) -> bool:
    """It is answered as done, and was not; or as not done, and was."""
    if story.change is None or story.lost or story.body is None:
        return False
    is_done: bool = story.body["status"] == "completed"
    return is_done != bool(shop.done[story.change])


def _figures(rehearsal: Rehearsal, kills: int) -> dict[str, Figure]:
    stories, shop = rehearsal.stories, rehearsal.shop
    ended = Counter(str(story.body["status"]) for story in stories if story.body is not None)
    return {
        "kills": kills,
        "threads": len(stories),
        **{f"ended {status}": number for status, number in sorted(ended.items())},
        "asked whether it happened": sum(story.asked_whether for story in stories),
        "changes made": shop.done.total(),
        "requests for them": shop.tried.total(),
        "slowest to end what was left s": round(max(rehearsal.taken_up), 2),
    }


PROGRAM = Program(
    "killed", "after SIGKILL at random moments 0 threads are lost or stuck, 0 changes are made twice", run
)

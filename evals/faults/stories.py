"""Clients of the shop that do not give up: each asks once, answers what it is asked, and waits for the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from evals.faults.service_child import Answer, Child, Killed
from evals.faults.shop import Shop

LOOK_SECONDS = 0.02
ENDED = frozenset({"completed", "failed", "declined", "cancelled", "no_tool"})


@dataclass(frozen=True)
class Kind:
    """What a client wants."""

    question: str
    method: str | None = None
    """Of the change at the shop; None: it only reads."""
    approve: str = "never"


KINDS = (
    Kind("Cancel order {}", "DELETE /orders/{}"),
    Kind("Cancel order {}", "DELETE /orders/{}", approve="mutating"),
    Kind("Please cancel my order", "DELETE /orders/{}"),
    Kind("Pay the invoice of order {}", "POST /invoices/{}"),
    Kind("Has order {} shipped?"),
    Kind("Where is my order?"),
)


@dataclass
class Story:
    """One thread as its client knows it."""

    kind: Kind
    order_id: str
    body: Any = None
    """The last answer; None: none yet."""
    lost: bool = False
    """The service has answered it once, and does not know it any more."""
    asked_whether: bool = False
    """A person was asked whether the change had happened."""

    @property
    def thread_id(self) -> str:
        return f"order-{self.order_id}"

    @property
    def change(self) -> str | None:
        return self.kind.method.format(self.order_id) if self.kind.method else None

    @property
    def ended(self) -> bool:
        return self.lost or (self.body is not None and self.body["status"] in ENDED)

    async def go_on(self, process: Child, shop: Shop) -> None:
        """To the end, or as far as the process lives."""
        try:
            while not self.ended:
                await self._step(process, shop)
        except Killed:
            pass

    async def _step(self, process: Child, shop: Shop) -> None:
        if self.body is None:
            asked, options = self.kind.question.format(self.order_id), {"approve": self.kind.approve}
            self._hear(await process.ask(asked, thread_id=self.thread_id, options=options))
        elif self.body["status"] == "input_required":
            request = {"responses": [await self._answer(each, shop) for each in self.body["input_requests"]]}
            self._hear(await process.resume(self.thread_id, request))
        else:
            await asyncio.sleep(LOOK_SECONDS)
            self._hear(await process.thread(self.thread_id))

    def _hear(self, answer: Answer) -> None:
        if answer.status == 200:
            self.body = answer.body
        elif answer.status == 404:
            self.lost = True
        else:  # it was taken before the process died, or its store is busy: the thread itself says what it is
            self.body = {"status": "running", "input_requests": []}

    async def _answer(self, asked: Any, shop: Shop) -> Any:
        content: dict[str, str] = {}
        if asked["reason"] == "missing_parameters":
            content = {"order_id": self.order_id}
        if asked["reason"] == "outcome_unknown":
            self.asked_whether = True
            await asyncio.sleep(3 * shop.slowness_seconds)  # what is on its way arrives by then
            content = {"happened": "yes" if shop.done[self.change or ""] else "no"}
        return {"id": asked["id"], "action": "accept", "content": content}

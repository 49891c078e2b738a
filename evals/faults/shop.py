"""A little shop that counts what was done to it: an upstream on loopback that knows by itself what happened twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

from evals.faults.raw_server import Arrived

ORDER_ID: JsonValue = {
    "name": "order_id",
    "place": "path",
    "type": "string",
    "required": True,
    "title": "Order ID",
    "description": "Five or six digits.",
    "pattern": "^[0-9]{5,6}$",
}
LostAnswer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What comes in place of the answer to a change that was made."""


def catalog(url: str) -> dict[str, JsonValue]:
    """Reading an order, cancelling it, and returning it; the shop knows a return by its key."""
    apis: list[JsonValue] = [
        {
            "name": "get_order",
            "title": "Get order",
            "method": "GET",
            "path": "/orders/{order_id}",
            "description": "Status and items of an order.",
            "parameters": [ORDER_ID],
            "examples": ["Where is my order?", "Has order 55555 shipped?"],
        },
        {
            "name": "cancel_order",
            "title": "Cancel order",
            "method": "DELETE",
            "path": "/orders/{order_id}",
            "description": "Cancel an order that has not shipped yet.",
            "parameters": [ORDER_ID],
            "examples": ["Cancel order 55555", "Please cancel my order"],
        },
        {
            "name": "pay_invoice",
            "title": "Pay invoice",
            "method": "POST",
            "path": "/invoices/{order_id}",
            "description": "Pay the invoice of an order.",
            "parameters": [ORDER_ID],
            "idempotency_header": "Idempotency-Key",
            "examples": ["Pay the invoice of order 55555"],
        },
    ]
    tool: JsonValue = {"name": "Orders", "category": "Shop", "description": "Orders", "url": url, "apis": apis}
    return {
        "format": "switchboard",
        "version": 1,
        "categories": [{"name": "Shop", "description": "Orders and invoices"}],
        "tools": [tool],
    }


@dataclass
class Shop:
    """Answers, and keeps count."""

    done: Counter[str] = field(default_factory=Counter)
    """Changes that were made, by method and path: one that came again with its key was made once."""
    tried: Counter[str] = field(default_factory=Counter)
    """Requests for changes, whether or not they were made."""
    keys: set[str] = field(default_factory=set)
    slowness_seconds: float = 0.0
    """At most so long before a request is worked on, and as long again before it is answered."""
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  (no secret is drawn)
    lost: LostAnswer | None = None
    """For every change; of those with a key for the first try only."""

    async def script(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        """One request, as `raw_server` gives it."""
        await self._idle()
        order_id = arrived.target.rpartition("/")[2]
        status = "read"
        if arrived.method != "GET":
            self._change(arrived)
            status = "changed"
            if self.lost is not None and not (arrived.header("idempotency-key") and self._came_before(arrived)):
                await self.lost(writer)
                return
        await self._idle()
        await say(writer, 200, {"order_id": order_id, "status": status, "items": [{"name": f"Tray {order_id}"}]})

    async def _idle(self) -> None:
        if self.slowness_seconds:
            await asyncio.sleep(self.chance.uniform(0, self.slowness_seconds))

    def _came_before(self, arrived: Arrived) -> bool:
        return self.tried[f"{arrived.method} {arrived.target}"] > 1

    def _change(self, arrived: Arrived) -> None:
        what = f"{arrived.method} {arrived.target}"
        self.tried[what] += 1
        keys = {f"{what} {key}" for key in arrived.header("idempotency-key")}
        if not keys & self.keys:
            self.keys |= keys
            self.done[what] += 1

    def twice(self) -> list[str]:
        """Changes that were made more than once."""
        return [what for what, times in self.done.items() if times > 1]


async def say(writer: asyncio.StreamWriter, status: int, body: JsonValue) -> None:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    writer.write(head.encode() + text)
    await writer.drain()

"""A shop that cancels orders and counts: what a service is asked to change, and what was really changed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import JsonValue

from evals.faults.raw_server import Arrived, RawServer, raw_server

FIRST = 100_000


def number_of(place: int) -> int:
    """An order that no other question asks for."""
    return FIRST + place


def catalog_of(url: str) -> dict[str, JsonValue]:
    """In Switchboard's own form."""
    order_id: JsonValue = {
        "name": "order_id",
        "place": "path",
        "type": "string",
        "required": True,
        "description": "Six digits.",
        "pattern": "^[0-9]{6}$",
    }
    cancel: JsonValue = {
        "name": "cancel_order",
        "title": "Cancel order",
        "method": "DELETE",
        "path": "/orders/{order_id}",
        "description": "Cancel an order that has not shipped yet.",
        "parameters": [order_id],
        "examples": ["Cancel order 555555", "Please cancel my order"],
    }
    tool: JsonValue = {
        "name": "Orders",
        "category": "Shop",
        "description": "Orders of the shop",
        "url": url,
        "apis": [cancel],
    }
    return {"format": "switchboard", "version": 1, "tools": [tool]}


@asynccontextmanager
async def order_server() -> AsyncIterator[RawServer]:
    """Answers every cancellation."""
    async with raw_server(script=_answer) as server:
        yield server


def cancelled(server: RawServer) -> Counter[str]:
    """How often each order was cancelled, by path."""
    return Counter(arrived.target for arrived in server.arrived if arrived.method == "DELETE")


async def _answer(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    text = json.dumps({"order_id": arrived.target.rpartition("/")[2], "status": "cancelled"}).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    writer.write(head.encode() + text)
    await writer.drain()

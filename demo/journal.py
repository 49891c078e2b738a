"""What the server received, so that anyone can prove what was sent, and how often. Credentials are not kept."""

from __future__ import annotations

import json
from collections import deque
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from pydantic import JsonValue
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.document import document
from demo.shelf import Row

KEPT = 10_000
SECRET = frozenset({"apikey"})
OWN = ("/_requests", "/openapi.json", "/healthz", "/_catalog")


class Received(Row):
    method: str
    path: str
    query: dict[str, list[str]]
    body: JsonValue = None
    status: int


class Journal:
    """Wraps the application; calls about the server itself are not recorded."""

    def __init__(self, app: ASGIApp, entries: deque[Received]) -> None:
        self.app = app
        self.entries = entries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OWN:
            await self.app(scope, receive, send)
            return
        parts: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.entries.append(received(scope, b"".join(parts), message["status"]))
            await send(message)

        await self.app(scope, listen, note)


def received(scope: Scope, body: bytes, status: int) -> Received:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, []).append("***" if name in SECRET else value)
    return Received(method=scope["method"], path=scope["path"], query=query, body=parsed(body), status=status)


def parsed(body: bytes) -> JsonValue:
    """JSON where it is JSON, else text; None: there was no body."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)  # type: ignore[no-any-return]  # json.loads is typed Any
    except ValueError:
        return text


async def of_this_server(request: Request) -> deque[Received]:
    entries: deque[Received] = request.app.state.received
    return entries


Entries = Annotated[deque[Received], Depends(of_this_server)]
router = APIRouter(include_in_schema=False)


@router.get("/_requests")
async def list_requests(entries: Entries) -> list[Received]:
    return list(entries)


@router.delete("/_requests")
async def clear_requests(entries: Entries) -> dict[str, int]:
    count = len(entries)
    entries.clear()
    return {"cleared": count}


@router.get("/_catalog")
async def catalog(request: Request) -> dict[str, JsonValue]:
    """With the address by which we were asked: what is imported from here can be called from there."""
    return document(str(request.base_url))


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}

"""The demo's data: read from JSON files when first asked for, and changed in the memory of one server only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, TypeAdapter

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""The world stands still, so that its answers can be compared."""

Read = TypeVar("Read")
Stock = TypeVar("Stock")


class Row(BaseModel):
    """What the server sends, and what it reads from its files."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """What the server accepts as JSON body: nothing that it does not know."""

    model_config = ConfigDict(extra="forbid")


def read(kind: type[Read], name: str) -> Read:
    return TypeAdapter(kind).validate_json((DATA / f"{name}.json").read_bytes())


def stock(kind: Callable[[], Stock]) -> Callable[[Request], Awaitable[Stock]]:
    """A dependency: the one `kind` of the server that is asked."""

    async def of_this_server(request: Request) -> Stock:
        shelf: dict[object, Stock] = request.app.state.shelf
        if kind not in shelf:
            shelf[kind] = kind()
        return shelf[kind]

    return of_this_server


def missing(what: str) -> NoReturn:
    raise HTTPException(404, what)


def conflict(what: str) -> NoReturn:
    raise HTTPException(409, what)


def unusable(what: str) -> NoReturn:
    raise HTTPException(400, what)

"""A request's body: cut off at a limit and a deadline, parsed into a model. Any content type will do."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from api.failures import BodyTooLarge, BodyTooSlow, InvalidRequest, pointer

LIMIT_BYTES = 1_000_000
"""Of an ordinary body: a query and its parameters are a thousandth of it."""
IMPORT_LIMIT_BYTES = 64_000_000
"""Of a catalog document: 16,000 APIs take a third of it."""
DEADLINE_SECONDS = 15.0
"""For a small body where no settings say how long: a client that drips holds a connection not much longer."""
SLOWEST_BYTES_A_SECOND = 100_000
"""A large body has as much more time as it takes at this pace, counted from what has arrived."""
BLOCKING_BYTES = 500_000
"""A larger body is parsed in a thread: it would hold up every other request for milliseconds."""

M = TypeVar("M", bound=BaseModel)


def body_of(model: type[M], *, limit_bytes: int = LIMIT_BYTES) -> Callable[[Request], Awaitable[M]]:
    """A dependency that gives the body as this model. Raises InvalidRequest, BodyTooLarge, BodyTooSlow."""

    async def body(request: Request) -> M:
        raw = await read(request, limit_bytes=limit_bytes)
        if len(raw) > BLOCKING_BYTES:
            return await asyncio.to_thread(parse, model, raw)
        return parse(model, raw)

    return body


async def read(request: Request, *, limit_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    seconds = _patience(request)
    try:
        async with asyncio.timeout(seconds) as deadline:
            return await _gathered(request, limit_bytes, deadline)
    except TimeoutError:
        raise BodyTooSlow(seconds) from None


def _patience(request: Request) -> float:
    app = request.scope.get("app")
    services = getattr(app.state, "services", None) if app else None
    return services.settings.client_seconds if services else DEADLINE_SECONDS


async def _gathered(request: Request, limit_bytes: int, deadline: asyncio.Timeout) -> bytes:
    gathered = bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        deadline.reschedule((deadline.when() or 0) + len(chunk) / SLOWEST_BYTES_A_SECOND)
    return bytes(gathered)


def parse(model: type[M], raw: bytes) -> M:
    """Strictly: nothing is turned into another type, and numbers are finite."""
    document(raw)
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as invalid:
        raise InvalidRequest.of(
            [dict(each) for each in invalid.errors(include_url=False, include_input=False, include_context=False)]
        ) from None


def document(raw: bytes) -> JsonValue:
    """The body as plain JSON values."""
    if not raw.strip():
        raise InvalidRequest([("", "The body is empty; a JSON object is expected.")])
    try:
        value: JsonValue = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest([("", f"The body is not JSON: {error}.")]) from None
    for at in _infinite(value, ()):
        raise InvalidRequest([(pointer(at), "is too large for a number")])
    return value


def _infinite(value: JsonValue, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """Where numbers such as 1e400 stand, or whole ones beyond 64 bits: valid JSON, but nothing to be kept or sent."""
    match value:
        case dict():
            return [found for key, each in value.items() for found in _infinite(each, (*at, key))]
        case list():
            return [found for index, each in enumerate(value) for found in _infinite(each, (*at, index))]
        case float() if not math.isfinite(value):
            return [at]
        case int() if not -(2**63) <= value < 2**64:  # more than a stored thread can hold
            return [at]
        case _:
            return []

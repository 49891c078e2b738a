"""One caller for APIs of every kind: each goes to the caller that knows its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue

from callers.protocol import Caller, Once, Preview, Reply
from catalog.models import Api, Kind


class KindCaller:
    """Keeps `Caller`."""

    def __init__(self, callers: Mapping[Kind, Caller]) -> None:
        self._callers = callers

    def preview(self, api: Api, values: Mapping[str, JsonValue]) -> Preview:
        return self._callers[api.kind].preview(api, values)

    def missing_credential(self, api: Api) -> str | None:
        return self._callers[api.kind].missing_credential(api)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        return await self._callers[api.kind].send(api, values, timeout_seconds=timeout_seconds, once=once)

    async def close(self) -> None:
        await asyncio.gather(*(caller.close() for caller in self._callers.values()))

"""One caller for APIs of every kind: each goes to the caller that knows its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue

from callers.protocol import Caller, Missing, Once, Preview, Reply, Who
from catalog.models import Api, Kind


class KindCaller:
    """Keeps `Caller`."""

    def __init__(self, callers: Mapping[Kind, Caller]) -> None:
        self._callers = callers

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        return self._callers[api.kind].preview(api, values, key=key)

    def acting_for(self, who: Who) -> KindCaller:
        return KindCaller({kind: caller.acting_for(who) for kind, caller in self._callers.items()})

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return await self._callers[api.kind].missing_credential(api, thread_id=thread_id)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        return await self._callers[api.kind].send(api, values, timeout_seconds=timeout_seconds, once=once)

    async def close(self) -> None:
        await asyncio.gather(*(caller.close() for caller in self._callers.values()))

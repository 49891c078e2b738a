"""`Idempotency-Key`: a request that comes again is answered by what the first one brought, and is not run again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from catalog.errors import KeyInUse
from graph.runs import Body, RequestKey, RunStore

WAIT_SECONDS = 30.0
"""How long a request waits for the answer of the first with its key; longer than most questions take."""
LOOK_SECONDS = 0.2
"""Between two looks, where another process works on it."""


def request_key(name: str | None, where: str, request: BaseModel) -> RequestKey | None:
    """`where`: what is asked of which thread; the same key elsewhere is another request."""
    if name is None:
        return None
    facts = json.dumps([where, request.model_dump(mode="json")], sort_keys=True)
    return RequestKey(name, hashlib.sha256(facts.encode()).hexdigest())


class Replays:
    """Answers requests that came before. `joined` waits for a run of this process, or says that there is none."""

    def __init__(
        self, runs: RunStore, joined: Callable[[str, float], Awaitable[bool]], *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._runs = runs
        self._joined = joined
        self._wait_seconds = wait_seconds

    async def of(self, key: RequestKey | None, *, tenant: str) -> Body | None:
        """The stored answer; None: the request is new. Raises KeyReused, NoSuchThread, KeyInUse."""
        if key is None:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_seconds
        while (found := await self._runs.keyed(key, tenant=tenant)) is not None:
            if found.body is not None:
                return found.body
            if (left := until - loop.time()) <= 0:
                raise KeyInUse(key.name, found.thread_id)
            if not await self._joined(found.thread_id, left):
                await asyncio.sleep(min(LOOK_SECONDS, left))
        return None

"""What changes something is written down before it leaves: where that cannot be done, it does not leave."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping

from pydantic import JsonValue

from callers.audit import Audit
from callers.protocol import EVERYBODY, Caller, Missing, Once, Preview, Reply, Who
from catalog.errors import NotRecorded, StoreUnavailable, SwitchboardError
from catalog.models import Api

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class AuditedCaller:
    """Keeps `Caller`, around another one."""

    wrapped: Caller
    audit: Audit
    who: Who = EVERYBODY

    def acting_for(self, who: Who) -> AuditedCaller:
        return AuditedCaller(self.wrapped.acting_for(who), self.audit, who)

    def preview(self, api: Api, values: Mapping[str, JsonValue], *, key: str = "") -> Preview:
        return self.wrapped.preview(api, values, key=key)

    async def missing_credential(self, api: Api, *, thread_id: str = "") -> Missing | None:
        return await self.wrapped.missing_credential(api, thread_id=thread_id)

    async def send(
        self, api: Api, values: Mapping[str, JsonValue], *, timeout_seconds: float, once: Once | None = None
    ) -> Reply:
        if api.risk == "safe":
            return await self.wrapped.send(api, values, timeout_seconds=timeout_seconds, once=once)
        facts = self._facts(api, once)
        shown = dataclasses.asdict(self.wrapped.preview(api, values))
        try:
            await self.audit.note(
                "call.sending", {**facts, "request": {n: shown[n] for n in ("method", "url", "body")}}
            )
        except StoreUnavailable as error:
            raise NotRecorded(api.id, str(error)) from error
        try:
            reply = await self.wrapped.send(api, values, timeout_seconds=timeout_seconds, once=once)
        except SwitchboardError as error:  # also where it was not sent at all
            await self._ended({**facts, "error": error.code})
            raise
        await self._ended({**facts, "http_status": reply.status})
        return reply

    async def close(self) -> None:
        await self.wrapped.close()

    def _facts(self, api: Api, once: Once | None) -> dict[str, JsonValue]:
        return {
            "tenant": self.who.tenant,
            "user": self.who.user,
            "api_id": api.id,
            "key": once.key if once else None,
        }

    async def _ended(self, facts: Mapping[str, JsonValue]) -> None:
        """It has happened, whether or not this line can be written: the first one stands."""
        try:
            await self.audit.note("call.ended", facts)
        except StoreUnavailable:
            log.exception("how a call of %s ended could not be recorded", facts["api_id"])

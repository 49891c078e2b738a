"""What every ledger shares: names of intentions, for our own record and for upstreams that know keys; packed bodies."""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Mapping

from pydantic import JsonValue

from catalog.models import Api

REPEATABLE_SECONDS = 3_600.0
"""How long after its first try a call may be tried again under its key; upstreams keep keys for a day, by habit."""
CUT_OFF = "It was cut off while it was being sent."
REMOVED = "The record of this call was removed."


def ledger_key(
    *, tenant: str, thread_id: str, step: str, api: Api, values: Mapping[str, JsonValue], attempt: int = 0
) -> str:
    """The name of an intention: the same after a crash, another for any other request.

    `attempt` grows only when a person decides to send again.
    """
    facts = [tenant, thread_id, step, api.id, dict(values), attempt]  # no URL: the catalog may change it meanwhile
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def idempotency_key(*, tenant: str, thread_id: str, step: str, api: Api, values: Mapping[str, JsonValue]) -> str:
    """What an upstream is told: the same also when a person decides to send again, so that it is done once.

    In the form of a UUID, as some upstreams take nothing else.
    """
    intention = ledger_key(tenant=tenant, thread_id=thread_id, step=step, api=api, values=values)
    return str(uuid.UUID(hex=intention[:32], version=4))


def packed(body: JsonValue) -> bytes:
    """A large response as it is kept: JSON shrinks to a tenth."""
    return zlib.compress(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), level=1)


def unpacked(kept: bytes) -> JsonValue:
    body: JsonValue = json.loads(zlib.decompress(kept).decode("utf-8", "surrogatepass"))
    return body

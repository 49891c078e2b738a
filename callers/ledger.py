"""What every ledger shares: names of intentions, for our own record and for upstreams that know keys; packed bodies."""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from callers.protocol import Reply, Sent
from catalog.errors import TakenOver
from catalog.models import Api

REPEATABLE_SECONDS = 3_600.0
"""How long after its first try a call may be tried again under its key; upstreams keep keys for a day, by habit."""
COLUMNS = "key, step, api_id, state, reply, error"
"""Of a row that `sent` reads."""
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


def sent(row: Sequence[Any]) -> Sent:
    key, step, api_id, state, reply, error = row
    return Sent(key, step, api_id, state, Reply(**json.loads(reply)) if reply else None, error)


def reply_text(reply: Reply | None) -> str | None:
    return None if reply is None else json.dumps(vars(reply))


def forgotten(key: str) -> Sent:
    """What is told of a call whose row went with its thread."""
    return Sent(key, "", "", "unknown", error=REMOVED)


def taken_up(
    known: Sent, thread_id: str, touched: int, *, fence: int, age_seconds: float | None, again_within: float
) -> Sent:
    """What becomes of a call that holder `fence` comes upon, whose last holder was `touched`.

    Fresh: it is sent now. `known` itself: nothing changes. Else it is in doubt from now on. Raises TakenOver.
    """
    if touched > fence:
        raise TakenOver(thread_id)
    cut_off = known.state == "sending" and touched < fence
    lost = cut_off or known.state == "unknown"
    young = age_seconds is not None and age_seconds < again_within
    if known.state == "planned" or (lost and young):
        return Sent(known.key, known.step, known.api_id, "sending", fresh=True)
    if not lost:
        return known
    return Sent(known.key, known.step, known.api_id, "unknown", error=CUT_OFF if cut_off else known.error)


def packed(body: JsonValue) -> bytes:
    """A large response as it is kept: JSON shrinks to a tenth."""
    return zlib.compress(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), level=1)


def unpacked(kept: bytes) -> JsonValue:
    body: JsonValue = json.loads(zlib.decompress(kept).decode("utf-8", "surrogatepass"))
    return body

"""What a row of an Idempotency-Key tells whoever comes with it, in every store."""

from __future__ import annotations

import json

from catalog.errors import KeyReused, NoSuchThread
from graph.runs import KeyedRun, RequestKey

GONE = ""
"""In place of the answer of a thread that was deleted: the key stays taken."""


def keyed_run(row: tuple[str, str, str | None] | None, key: RequestKey) -> KeyedRun | None:
    """`row`: fingerprint, thread and answer; None where the key is new. Raises KeyReused, NoSuchThread."""
    if row is None:
        return None
    fingerprint, thread_id, body = row
    if fingerprint != key.fingerprint:
        raise KeyReused(key.name)
    if body == GONE:
        raise NoSuchThread(thread_id)
    return KeyedRun(thread_id, json.loads(body) if body else None)

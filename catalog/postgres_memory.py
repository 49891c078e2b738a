"""What a replica remembers of the catalog in PostgreSQL, and how it knows that it still is so."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from cachetools import LRUCache

from catalog.models import Api

REMEMBERED_APIS = 2048  # 32 pools of 64


class Memory:
    """Entries as read, forgotten whenever the catalog's version is not what it was. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apis: LRUCache[str, Api] = LRUCache(REMEMBERED_APIS)
        self._version = ""
        self._listening = False
        self._changes = 0

    @property
    def version(self) -> str | None:
        """The catalog's version, as long as someone listens for changes; None: the database must be asked."""
        return self._version if self._listening else None

    def note(self, version: str) -> bool:
        """The catalog has this version now; whether it had another."""
        with self._lock:
            changed = version != self._version
            if changed:
                self._apis.clear()
                self._version = version
                self._changes += 1
            return changed

    def listen(self, listening: bool) -> None:
        """Whether a change would be heard of from now on."""
        self._listening = listening

    def recall(self, api_ids: Sequence[str]) -> tuple[Mapping[str, Api], int]:
        """Those of these that are remembered, and the moment of this look, for `keep`."""
        with self._lock:
            return {api_id: self._apis[api_id] for api_id in api_ids if api_id in self._apis}, self._changes

    def keep(self, apis: Iterable[Api], moment: int) -> None:
        """Remember what was read, unless the catalog has changed since the look that led to it."""
        with self._lock:
            if moment == self._changes:
                self._apis.update({api.id: api for api in apis})

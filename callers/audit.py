"""The record of what was approved and sent: lines that are only added, on the disk before anything leaves."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from catalog.errors import StoreUnavailable


class Audit(Protocol):
    """Facts hold no secret."""

    async def note(self, event: str, facts: Mapping[str, JsonValue]) -> None:
        """Add a line; when this returns, it outlives a power failure. Raises StoreUnavailable."""


class NoAudit:
    """Keeps `Audit`: for work that sends nothing."""

    async def note(self, event: str, facts: Mapping[str, JsonValue]) -> None: ...


class AuditFile:
    """Keeps `Audit` in JSON lines, for any number of processes. Opened for every line, so that it may be rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def note(self, event: str, facts: Mapping[str, JsonValue]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **facts}, ensure_ascii=True) + "\n"
        await asyncio.to_thread(self._add, line.encode())

    def _add(self, line: bytes) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                line = b"\n" + line if _cut_off(handle) else line
                if os.write(handle, line) != len(line):
                    raise StoreUnavailable(str(self._path), "a line was cut off")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreUnavailable(str(self._path), error.strerror or str(error)) from error


def _cut_off(handle: int) -> bool:
    """Whether the last line was written in part: the disk was full, or the machine stopped."""
    if not os.fstat(handle).st_size:
        return False
    os.lseek(handle, -1, os.SEEK_END)  # lines are added at the end wherever it stands
    return os.read(handle, 1) != b"\n"

"""Which processes are alive: each holds a lock on a file of its own, which the system drops when it dies."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: one process per data folder there, so another owner is a dead one
    fcntl = None  # type: ignore[assignment]


@contextmanager
def owner(folder: Path) -> Iterator[str]:
    """A new owner's name, alive until the context ends or the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    path = folder / name
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield name
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def alive(folder: Path, name: str) -> bool:
    """Whether that owner still holds its lock."""
    if fcntl is None or not (folder / name).exists():
        return False
    descriptor = os.open(folder / name, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        (folder / name).unlink(missing_ok=True)  # what a crash left behind
        return False
    finally:
        os.close(descriptor)

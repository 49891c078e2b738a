"""What a process takes of memory and processor, as the system tells it; None where it does not."""

from __future__ import annotations

import os
from pathlib import Path


def resident_mb(pid: int) -> float | None:
    """Memory in MB (10^6 bytes)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb() -> float | None:
    """The most memory that this process ever had."""
    return _own("VmHWM:")


def private_mb() -> float | None:
    """What this process holds for itself, without pages of files, which the system may take back at any time."""
    return _own("RssAnon:")


def _own(name: str) -> float | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(name)), None)


def processor_seconds(pid: int) -> float | None:
    """Of all its threads, its own and the system's work for it."""
    try:
        figures = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")

"""What a re-import changes, shown before it is applied where a person can say no."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.cli import output
from catalog.differences import Difference, told
from catalog.store import ImportReport

SHOWN = 20  # of each kind; all of them stand in --json


def lines(difference: Difference) -> Iterator[str]:
    """The first of each kind, and how many more there are."""
    yield from _kind("added", difference.added)
    yield from _kind("removed", difference.removed)
    yield from _kind("changed", [f"{each.api_id}: {told(each)}" for each in difference.changed])


def _kind(name: str, entries: Sequence[str]) -> Iterator[str]:
    yield from (f"  {name:8} {entry}" for entry in entries[:SHOWN])
    if len(entries) > SHOWN:
        yield f"  and {len(entries) - SHOWN:,} more {name}: --json lists them all"


def counts(difference: Difference | None) -> dict[str, int]:
    """For the line of a report; what was removed is counted there already."""
    if difference is None:
        return {}
    return {"added": len(difference.added), "changed": len(difference.changed)}


def loses(report: ImportReport) -> bool:
    """Whether anything that was there will be gone, or not as it was."""
    return report.difference is not None and bool(report.difference.removed or report.difference.changed)


def agreed(source: str) -> bool:
    """Whether the person at the terminal wants what was shown."""
    try:
        return output.prompt(f"Apply this to {source}? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False

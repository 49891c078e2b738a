"""What an import takes of a document, and what it tells of the rest: the same for every store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.corrections import Changes
from catalog.differences import Difference
from catalog.models import Api, Tool
from catalog.store import Document, ImportReport, Problem
from catalog.stored import laid_over


@dataclass
class Intake:
    """The count of one import."""

    source: str
    document: Document
    imported: int = 0
    duplicates: int = 0
    problems: list[Problem] = field(default_factory=list)

    def skip(self, api: Api, reason: str) -> None:
        self.problems.append(Problem(self.document.places.get(api.id, api.id), reason))

    def skip_taken(self, api: Api, holder: str) -> None:
        """Its id is that of another entry, which `holder` brought."""
        self.duplicates += 1
        why = "stands in the document already" if holder == self.source else f"belongs to source {holder!r}"
        self.skip(api, f"the id {api.id!r} {why}")

    def wanted(
        self, api: Api, tool: Tool, changes: Changes | None, refusal: Callable[[str, str], str]
    ) -> tuple[Api, Tool | None]:
        """As a person wants it; as the source says it, where that does not fit any more. And where it was moved to.

        `refusal`: why a tool cannot stand in a category; empty where it can.
        """
        if changes is None:
            return api, None
        wanted, problem = laid_over(api, changes)
        moved = (wanted.tool_id, wanted.category) != (tool.id, tool.category)
        if problem := problem or (refusal(wanted.tool_id, wanted.category) if moved else ""):
            self.skip(api, f"what was corrected of it does not fit any more, and was left out: {problem}")
            return api, None
        part = Tool(id=wanted.tool_id, name=wanted.tool_name, category=wanted.category)
        return wanted, part if moved else None

    def report(
        self, *, format_: str, previous: int, replaced: int, difference: Difference | None, version: str
    ) -> ImportReport:
        """`previous`: what the source held before; `replaced`: how much of it stands there again."""
        return ImportReport(
            source=self.source,
            format=format_,
            imported=self.imported,
            replaced=replaced,
            removed=previous - replaced,
            duplicates=self.duplicates,
            skipped=(*self.document.problems, *self.problems),
            version=version,
            difference=difference,
        )


def misplaced(tool_id: str, category: str, other: str) -> str:
    return f"tool {tool_id!r} stands in category {other!r}, not {category!r}"


def imported_at() -> str:
    """Now, as sources are told of."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""How the catalog in PostgreSQL changes: what sources say goes in, tool by tool, each in one round trip."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from catalog.corrections import Changes
from catalog.differences import Difference, compared
from catalog.intake import Intake, imported_at, misplaced
from catalog.models import Api, Tool
from catalog.postgres_deriving import settle
from catalog.postgres_link import storable
from catalog.postgres_pool import Connection
from catalog.postgres_reads import is_text, stored_version
from catalog.store import Document, ImportReport
from catalog.stored import entry_of

AS_SAID = """SELECT a.id AS id, coalesce(c.imported, a.entry) AS entry
FROM apis a LEFT JOIN corrections c ON c.api_id = a.id WHERE a.source = %s"""
"""What a source says of its APIs, without what persons corrected."""
INSERT = """INSERT INTO apis (id, tool_id, name, source, etag, entry)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (id) DO NOTHING RETURNING id"""
PART = """INSERT INTO tool_parts (id, source, name, description, category) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (id, source) DO UPDATE SET description =
CASE excluded.description WHEN '' THEN tool_parts.description ELSE excluded.description END"""


def take_document(db: Connection, source: str, document: Document, format_: str) -> ImportReport:
    """Put a document in place of all that `source` held. The caller holds the transaction."""
    touched = _forget(db, source)
    intake = _Intake(db, source, document)
    for tool in document.tools:
        intake.take(tool)
    intake.write_parts()
    _write_categories(db, source, document)
    note_source(db, source, format_)
    settle(db, touched | intake.parts.keys())
    return _counted(db, intake, format_)


def _forget(db: Connection, source: str) -> set[str]:
    """Remove all of a source, and keep aside what it said; returns the tools that it spoke of."""
    db.execute('CREATE TEMP TABLE previous (id TEXT COLLATE "C" PRIMARY KEY, entry TEXT NOT NULL) ON COMMIT DROP')
    db.execute(f"INSERT INTO previous {AS_SAID}", (source,))
    touched = {tool_id for (tool_id,) in db.execute("SELECT id FROM tool_parts WHERE source = %s", (source,))}
    for table in ("apis", "tool_parts", "category_parts"):
        db.execute(f"DELETE FROM {table} WHERE source = %s", (source,))
    return touched


def _write_categories(db: Connection, source: str, document: Document) -> None:
    rows = {
        c.name: (c.name, source, storable(c.description), storable(c.group) if c.group else c.group)
        for c in document.categories
        if is_text(c.name)
    }
    with db.cursor() as cursor:
        cursor.executemany("INSERT INTO category_parts VALUES (%s, %s, %s, %s)", list(rows.values()))


def _counted(db: Connection, intake: _Intake, format_: str) -> ImportReport:
    counts = db.execute(
        "SELECT (SELECT count(*) FROM previous),"
        " (SELECT count(*) FROM previous JOIN apis USING (id) WHERE source = %s)",
        (intake.source,),
    ).fetchone()
    previous, replaced = (int(count) for count in counts or (0, 0))
    difference = _difference(db, intake.source) if previous else None
    return intake.count.report(
        format_=format_, previous=previous, replaced=replaced, difference=difference, version=stored_version(db)
    )


def _difference(db: Connection, source: str) -> Difference:
    here = f"SELECT id, entry FROM ({AS_SAID}) said"
    added = db.execute(
        f"SELECT id FROM ({here}) now WHERE NOT EXISTS (SELECT FROM previous p WHERE p.id = now.id) ORDER BY id",
        (source,),
    ).fetchall()
    gone = db.execute(
        "SELECT id FROM previous p WHERE NOT EXISTS (SELECT FROM apis a WHERE a.id = p.id AND a.source = %s)"
        " ORDER BY id",
        (source,),
    ).fetchall()
    other = db.execute(
        f"SELECT p.entry, now.entry FROM ({here}) now JOIN previous p ON p.id = now.id"
        " WHERE p.entry <> now.entry ORDER BY now.id",
        (source,),
    )
    changed = (compared(Api.model_validate_json(was), Api.model_validate_json(now)) for was, now in other)
    return Difference(
        added=tuple(api_id for (api_id,) in added),
        removed=tuple(api_id for (api_id,) in gone),
        changed=tuple(changed),
    )


@dataclass
class _Intake:
    db: Connection
    source: str
    document: Document
    count: Intake = field(init=False)
    parts: dict[str, Tool] = field(default_factory=dict)
    """What this source says of tools, by tool id."""
    categories: dict[str, str] = field(init=False)
    """Where every tool stands, by tool id: what other sources said, and this one so far."""
    corrections: dict[str, Changes] = field(init=False)

    def __post_init__(self) -> None:
        self.count = Intake(self.source, self.document)
        self.categories = dict(self.db.execute("SELECT id, category FROM tool_parts").fetchall())
        rows = self.db.execute("SELECT api_id, changes FROM corrections")
        self.corrections = {api_id: json.loads(changes) for api_id, changes in rows}

    def take(self, tool: Tool) -> None:
        refusal = self._refusal(tool.id, tool.category)
        wanted: list[tuple[Api, Api]] = []
        for api in tool.apis:
            if why := refusal or _unstorable(api):
                self.count.skip(api, why)
            else:
                wanted.append((api, self._corrected(api, tool)))
        taken = self._insert(wanted)
        for said, _ in taken:
            self._note_imported(said)
        if taken:
            self._note_part(tool)
        self.count.imported += len(taken)

    def write_parts(self) -> None:
        rows = [(t.id, self.source, t.name, storable(t.description), t.category) for t in self.parts.values()]
        with self.db.cursor() as cursor:
            cursor.executemany(PART, rows)

    def _refusal(self, tool_id: str, category: str) -> str:
        other = self.categories.get(tool_id, category)
        return misplaced(tool_id, category, other) if other != category else ""

    def _corrected(self, api: Api, tool: Tool) -> Api:
        wanted, part = self.count.wanted(api, tool, self.corrections.get(api.id), self._refusal)
        if part is not None:
            self._note_part(part)
        return wanted

    def _note_part(self, tool: Tool) -> None:
        """A tool may come in parts: a later part without a description keeps it."""
        known = self.parts.get(tool.id)
        description = tool.description or (known.description if known else "")
        first = known or Tool(id=tool.id, name=tool.name, category=tool.category)
        self.parts[tool.id] = first.model_copy(update={"description": description})
        self.categories.setdefault(tool.id, tool.category)

    def _note_imported(self, said: Api) -> None:
        if said.id in self.corrections:
            self.db.execute("UPDATE corrections SET imported = %s WHERE api_id = %s", (entry_of(said)[0], said.id))

    def _insert(self, wanted: Sequence[tuple[Api, Api]]) -> list[tuple[Api, Api]]:
        """Those that were free; the others are told of."""
        if not wanted:
            return []
        rows = [_row(api, self.source) for _, api in wanted]
        columns = [list(column) for column in zip(*rows, strict=True)]
        free = {api_id for (api_id,) in self.db.execute(INSERT, columns)}
        taken: list[tuple[Api, Api]] = []
        refused: list[tuple[Api, Api]] = []
        for said, api in wanted:
            (taken if api.id in free else refused).append((said, api))
            free.discard(api.id)  # the document may name it once
        self._tell(api for _, api in refused)
        return taken

    def _tell(self, refused: Iterable[Api]) -> None:
        apis = list(refused)
        if not apis:
            return
        query = "SELECT id, source FROM apis WHERE id = ANY(%s)"
        holders: dict[str, str] = dict(self.db.execute(query, ([api.id for api in apis],)).fetchall())
        for api in apis:
            self.count.skip_taken(api, holders[api.id])


def _unstorable(api: Api) -> str:
    named = (api.id, api.tool_id, api.tool_name, api.name, api.category)
    return "" if all(map(is_text, named)) else "a name in it holds a NUL or half of a character"


def _row(api: Api, source: str) -> tuple[str, str, str, str, str, str]:
    entry, etag = entry_of(api)
    return api.id, api.tool_id, api.name, source, etag, entry


def write_api(db: Connection, api: Api, source: str, old_tool: str) -> str:
    """Put one API in place of what bears its id; returns its ETag."""
    entry, etag = entry_of(api)
    db.execute(
        "INSERT INTO apis (id, tool_id, name, source, etag, entry) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET tool_id = excluded.tool_id, name = excluded.name, source = excluded.source,"
        " etag = excluded.etag, entry = excluded.entry",
        (api.id, api.tool_id, api.name, source, etag, entry),
    )
    db.execute(PART, (api.tool_id, source, api.tool_name, "", api.category))
    settle(db, {old_tool, api.tool_id})
    return etag


def note_source(db: Connection, source: str, format_: str) -> None:
    db.execute(
        "INSERT INTO sources (name, format, imported_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET format = excluded.format, imported_at = excluded.imported_at",
        (source, format_, imported_at()),
    )

"""What is read from the SQLite catalog, by level: rows in, entries out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from catalog.models import Api, CatalogStats, CategorySummary, SourceSummary, Tool, ToolSummary
from catalog.sqlite_deriving import stored_version

IDS_PER_QUERY = 500  # SQLite takes 32,766 parameters; small batches keep memory flat

SUMMARY = """SELECT c.name, c.description, c."group", count(t.id) AS tools, coalesce(sum(t.apis), 0) AS apis
FROM categories c LEFT JOIN tools t ON t.category = c.name"""
SUMMARIES = f"{SUMMARY} GROUP BY c.name ORDER BY c.name COLLATE NOCASE, c.name"
ONE_SUMMARY = f"{SUMMARY} WHERE c.name = ? GROUP BY c.name"
SOURCES = """SELECT s.name, s.format, s.imported_at, count(a.id) FROM sources s
LEFT JOIN apis a ON a.source = s.name GROUP BY s.name ORDER BY s.name COLLATE NOCASE"""


def is_text(key: str) -> bool:
    """Whether a key can stand in the catalog at all; one with a lone surrogate cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_stats(db: sqlite3.Connection) -> CatalogStats:
    groups, categories = db.execute('SELECT count(DISTINCT "group"), count(*) FROM categories').fetchone()
    tools, apis = db.execute("SELECT count(*), coalesce(sum(apis), 0) FROM tools").fetchone()
    sources = db.execute(SOURCES).fetchall()
    summaries = tuple(SourceSummary(name=n, format=f, imported_at=i, apis=a) for n, f, i, a in sources)
    return CatalogStats(
        version=stored_version(db), groups=groups, categories=categories, tools=tools, apis=apis, sources=summaries
    )


def read_categories(db: sqlite3.Connection) -> list[CategorySummary]:
    return list(map(category_summary, db.execute(SUMMARIES)))


def category_summary(row: tuple[str, ...]) -> CategorySummary:
    name, description, group, tools, apis = row
    return CategorySummary(name=name, description=description, group=group, tools=int(tools), apis=int(apis))


def tool_summary(row: tuple[str, ...]) -> ToolSummary:
    tool_id, name, description, category, apis = row
    return ToolSummary(id=tool_id, name=name, description=description, category=category, apis=int(apis))


def read_apis(db: sqlite3.Connection, api_ids: Iterable[str]) -> Iterator[Api]:
    known = [api_id for api_id in api_ids if is_text(api_id)]
    for start in range(0, len(known), IDS_PER_QUERY):
        batch = known[start : start + IDS_PER_QUERY]
        marks = ",".join("?" * len(batch))
        for (entry,) in db.execute(f"SELECT entry FROM apis WHERE id IN ({marks})", batch):
            yield Api.model_validate_json(entry)


def read_tool(db: sqlite3.Connection, tool_id: str) -> Tool | None:
    """The tool with the APIs that questions may find; None where it has none."""
    row = db.execute("SELECT name, description, category FROM tools WHERE id = ?", (tool_id,)).fetchone()
    if row is None:
        return None
    name, description, category = row
    entries = db.execute("SELECT entry FROM apis WHERE tool_id = ? ORDER BY id", (tool_id,))
    apis = tuple(Api.model_validate_json(entry) for (entry,) in entries)
    apis = tuple(api for api in apis if not api.hidden)
    return Tool(id=tool_id, name=name, description=description, category=category, apis=apis) if apis else None

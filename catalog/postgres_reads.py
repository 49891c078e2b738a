"""What is read from the catalog in PostgreSQL, by level: rows in, entries out."""

from __future__ import annotations

import json
from collections.abc import Sequence

from catalog.corrections import Changes, named
from catalog.models import Api, CatalogStats, CategorySummary, SourceSummary, Tool, ToolSummary
from catalog.postgres_pool import Connection
from catalog.store import Correction

TOOL = "SELECT id, name, description, category, apis FROM tools"
SUMMARY = """SELECT c.name, c.description, c."group", count(t.id), coalesce(sum(t.apis), 0)
FROM categories c LEFT JOIN tools t ON t.category = c.name"""
SUMMARIES = f'{SUMMARY} GROUP BY c.name, c.description, c."group" ORDER BY lower(c.name), c.name'
ONE_SUMMARY = f'{SUMMARY} WHERE c.name = %s GROUP BY c.name, c.description, c."group"'
SOURCES = """SELECT s.name, s.format, s.imported_at, count(a.id) FROM sources s
LEFT JOIN apis a ON a.source = s.name GROUP BY s.name ORDER BY lower(s.name), s.name"""
CORRECTIONS = """SELECT c.api_id, coalesce(a.source, ''), c.changes, c.imported
FROM corrections c LEFT JOIN apis a ON a.id = c.api_id"""


def is_text(key: str) -> bool:
    """Whether a key can stand in the database at all; one with a lone surrogate or a NUL cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in key


def stored_version(db: Connection) -> str:
    row = db.execute("SELECT version FROM catalog_version").fetchone()
    return row[0] if row else ""


def read_stats(db: Connection) -> CatalogStats:
    counts = db.execute(
        'SELECT (SELECT count(DISTINCT "group") FROM categories), (SELECT count(*) FROM categories), '
        "(SELECT count(*) FROM tools), (SELECT coalesce(sum(apis), 0) FROM tools)"
    ).fetchone()
    groups, categories, tools, apis = (int(count) for count in counts or (0, 0, 0, 0))
    rows = db.execute(SOURCES)
    return CatalogStats(
        version=stored_version(db),
        groups=groups,
        categories=categories,
        tools=tools,
        apis=apis,
        sources=tuple(SourceSummary(name=n, format=f, imported_at=i, apis=int(a)) for n, f, i, a in rows),
    )


def read_categories(db: Connection) -> list[CategorySummary]:
    return list(map(category_summary, db.execute(SUMMARIES)))


def category_summary(row: Sequence[str]) -> CategorySummary:
    name, description, group, tools, apis = row
    return CategorySummary(name=name, description=description, group=group, tools=int(tools), apis=int(apis))


def tool_summary(row: Sequence[str]) -> ToolSummary:
    tool_id, name, description, category, apis = row
    return ToolSummary(id=tool_id, name=name, description=description, category=category, apis=int(apis))


def read_apis(db: Connection, api_ids: Sequence[str]) -> list[Api]:
    known = [api_id for api_id in api_ids if is_text(api_id)]
    rows = db.execute("SELECT entry FROM apis WHERE id = ANY(%s)", (known,))
    return [Api.model_validate_json(entry) for (entry,) in rows]


def read_tools(db: Connection, tool_ids: Sequence[str]) -> list[Tool]:
    """Tools with the APIs that questions may find, in the order asked; those that have none are left out."""
    held: dict[str, list[Api]] = {}
    for tool_id, entry in db.execute(
        "SELECT tool_id, entry FROM apis WHERE tool_id = ANY(%s) ORDER BY tool_id, id", (list(tool_ids),)
    ):
        api = Api.model_validate_json(entry)
        if not api.hidden:
            held.setdefault(tool_id, []).append(api)
    rows = db.execute("SELECT id, name, description, category FROM tools WHERE id = ANY(%s)", (list(held),))
    found = {i: Tool(id=i, name=n, description=d, category=c, apis=tuple(held[i])) for i, n, d, c in rows}
    return [found[tool_id] for tool_id in tool_ids if tool_id in found]


def read_corrections(db: Connection, api_ids: Sequence[str]) -> dict[str, Correction]:
    """Of these APIs, in the order asked; of all, where none is named."""
    if api_ids:
        rows = db.execute(f"{CORRECTIONS} WHERE c.api_id = ANY(%s)", (list(api_ids),)).fetchall()
    else:
        rows = db.execute(f"{CORRECTIONS} ORDER BY c.api_id").fetchall()
    found = {row[0]: _correction(row) for row in rows}
    return {api_id: found[api_id] for api_id in api_ids if api_id in found} if api_ids else found


def _correction(row: Sequence[str]) -> Correction:
    api_id, source, written, imported = row
    changes: Changes = json.loads(written)
    return Correction(api_id, source, named(changes), changes, Api.model_validate_json(imported))

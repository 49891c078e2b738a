"""What follows from what the sources say: tools, categories and the version, derived anew for all that was touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.postgres_pool import Connection
from catalog.postgres_reads import stored_version
from catalog.stored import LEAST_REMEMBERED, Described, Moved, content_hash, version_after

CHANNEL = "switchboard_catalog"
"""On which every change of the catalog is announced, with its new version."""
BATCH = 1000
PARTS = """SELECT DISTINCT ON (id) id, name, description, category FROM tool_parts
WHERE id = ANY(%s) ORDER BY id, description = '', source"""
FORGET_PARTS = """DELETE FROM tool_parts p WHERE id = ANY(%s)
AND NOT EXISTS (SELECT FROM apis a WHERE a.tool_id = p.id AND a.source = p.source)"""
DERIVED = "SELECT id, fingerprint, category FROM tools WHERE id = ANY(%s)"
ETAGS = "SELECT tool_id, array_agg(etag ORDER BY id) FROM apis WHERE tool_id = ANY(%s) GROUP BY tool_id"


def settle(db: Connection, touched: Iterable[str]) -> None:
    """Derive anew, and announce it; within the transaction, so that nobody hears of what was not committed."""
    described = _described(db)
    redescribed = _redescribed(db, described)
    moved = Moved(categories=set(redescribed))
    held = db.execute("SELECT id FROM tools WHERE category = ANY(%s)", (redescribed,)).fetchall()
    tools = sorted({*touched, *(tool_id for (tool_id,) in held)})
    for start in range(0, len(tools), BATCH):
        _settle_tools(db, tools[start : start + BATCH], described, moved)
    _settle_categories(db, sorted(moved.categories), described)
    db.execute("DELETE FROM sources s WHERE NOT EXISTS (SELECT FROM apis a WHERE a.source = s.name)")
    version = version_after(stored_version(db), moved.gone, moved.come)
    db.execute("UPDATE catalog_version SET version = %s", (version,))
    _note(db, version, moved.tools)
    db.execute("SELECT pg_notify(%s, %s)", (CHANNEL, version))


def changed_since(db: Connection, version: str) -> list[str] | None:
    """Ids of the tools that are not as they were when the catalog last had this version; None: not remembered."""
    row = db.execute("SELECT max(number) FROM catalog_changes WHERE version = %s", (version,)).fetchone()
    if row is None or row[0] is None:
        return [] if version == stored_version(db) else None
    rows = db.execute("SELECT DISTINCT tool_id FROM catalog_changes WHERE number > %s", (row[0],))
    return [tool_id for (tool_id,) in rows]


def _described(db: Connection) -> dict[str, Described]:
    """Of what several sources say of a category, the first by name that says something."""
    described: dict[str, Described] = {}
    for name, description, group in db.execute(
        'SELECT name, description, "group" FROM category_parts ORDER BY name, source'
    ):
        known, known_group = described.get(name, ("", None))
        described[name] = (known or description, known_group or group)
    return described


def _redescribed(db: Connection, described: dict[str, Described]) -> list[str]:
    """Categories that are described otherwise from now on."""
    rows = db.execute('SELECT name, description, "group" FROM categories')
    return [name for name, *said in rows if described.get(name, ("", None)) != tuple(said)]


def _settle_tools(db: Connection, tool_ids: list[str], described: dict[str, Described], moved: Moved) -> None:
    for tool_id, fingerprint, category in db.execute(DERIVED, (tool_ids,)):
        moved.gone[tool_id] = fingerprint
        moved.categories.add(category)
    db.execute(FORGET_PARTS, (tool_ids,))
    etags: dict[str, list[str]] = {i: list(held) for i, held in db.execute(ETAGS, (tool_ids,))}
    rows = []
    for tool_id, name, description, category in db.execute(PARTS, (tool_ids,)):
        about, group = described.get(category, ("", None))
        held = etags[tool_id]
        # With what is said of the category, so that a tool's fingerprint changes with everything that describes it.
        fingerprint = content_hash(name, description, category, about, group or "", *held)
        rows.append((tool_id, name, description, category, len(held), fingerprint))
        moved.come[tool_id] = fingerprint
        moved.categories.add(category)
    db.execute("DELETE FROM tools WHERE id = ANY(%s)", (tool_ids,))
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO tools (id, name, description, category, apis, fingerprint) VALUES (%s, %s, %s, %s, %s, %s)",
            rows,
        )


def _settle_categories(db: Connection, names: Sequence[str], described: dict[str, Described]) -> None:
    query = "SELECT said FROM unnest(%s::text[]) t (said) WHERE EXISTS (SELECT FROM tools WHERE category = said)"
    held = [name for (name,) in db.execute(query, (list(names),))]
    db.execute("DELETE FROM categories WHERE name = ANY(%s)", (list(names),))
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO categories VALUES (%s, %s, %s)", [(name, *described.get(name, ("", None))) for name in held]
        )


def _note(db: Connection, version: str, changed: list[str]) -> None:
    """What is otherwise since the last version."""
    row = db.execute("SELECT count(*) FROM tools").fetchone()
    kept = max(LEAST_REMEMBERED, int(row[0]) if row else 0)
    if len(changed) >= kept:  # to name them all says no more than to take in everything
        db.execute("DELETE FROM catalog_changes")
        changed = changed[:1]
    db.execute(
        "INSERT INTO catalog_changes (version, tool_id) SELECT %s, * FROM unnest(%s::text[])", (version, changed)
    )
    db.execute("DELETE FROM catalog_changes WHERE number <= (SELECT max(number) FROM catalog_changes) - %s", (kept,))

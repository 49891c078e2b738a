"""What follows from what the sources say: tools, categories and the version, derived anew for all that was touched."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.postgres_pool import Connection
from catalog.stored import content_hash

CHANNEL = "switchboard_catalog"
"""On which every change of the catalog is announced, with its new version."""
BATCH = 1000
PARTS = """SELECT DISTINCT ON (id) id, name, description, category FROM tool_parts
WHERE id = ANY(%s) ORDER BY id, description = '', source"""
FORGET_PARTS = """DELETE FROM tool_parts p WHERE id = ANY(%s)
AND NOT EXISTS (SELECT FROM apis a WHERE a.tool_id = p.id AND a.source = p.source)"""
ETAGS = "SELECT tool_id, array_agg(etag ORDER BY id) FROM apis WHERE tool_id = ANY(%s) GROUP BY tool_id"

Described = tuple[str, str | None]
"""A category's description and group."""


def settle(db: Connection, touched: Iterable[str]) -> None:
    """Derive anew, and announce it; within the transaction, so that nobody hears of what was not committed."""
    described = _described(db)
    tools = sorted({*touched, *_redescribed(db, described)})
    for start in range(0, len(tools), BATCH):
        _settle_tools(db, tools[start : start + BATCH], described)
    _settle_categories(db, described)
    db.execute("DELETE FROM sources s WHERE NOT EXISTS (SELECT FROM apis a WHERE a.source = s.name)")
    version = content_hash(
        *(text for row in db.execute("SELECT id, fingerprint FROM tools ORDER BY id") for text in row)
    )
    db.execute("UPDATE catalog_version SET version = %s", (version,))
    db.execute("SELECT pg_notify(%s, %s)", (CHANNEL, version))


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
    """Tools of categories that are described otherwise from now on."""
    rows = db.execute('SELECT name, description, "group" FROM categories')
    names = [name for name, *said in rows if described.get(name, ("", None)) != tuple(said)]
    return [tool_id for (tool_id,) in db.execute("SELECT id FROM tools WHERE category = ANY(%s)", (names,))]


def _settle_tools(db: Connection, tool_ids: list[str], described: dict[str, Described]) -> None:
    db.execute(FORGET_PARTS, (tool_ids,))
    etags: dict[str, list[str]] = {i: list(held) for i, held in db.execute(ETAGS, (tool_ids,))}
    rows = []
    for tool_id, name, description, category in db.execute(PARTS, (tool_ids,)):
        about, group = described.get(category, ("", None))
        held = etags[tool_id]
        # With what is said of the category, so that a tool's fingerprint changes with everything that describes it.
        fingerprint = content_hash(name, description, category, about, group or "", *held)
        rows.append((tool_id, name, description, category, len(held), fingerprint))
    db.execute("DELETE FROM tools WHERE id = ANY(%s)", (tool_ids,))
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO tools (id, name, description, category, apis, fingerprint) VALUES (%s, %s, %s, %s, %s, %s)",
            rows,
        )


def _settle_categories(db: Connection, described: dict[str, Described]) -> None:
    names = [name for (name,) in db.execute("SELECT DISTINCT category FROM tools")]
    db.execute("DELETE FROM categories")
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO categories VALUES (%s, %s, %s)", [(name, *described.get(name, ("", None))) for name in names]
        )

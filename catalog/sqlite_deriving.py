"""What follows from what the sources say: tools, categories and the version, derived anew for all that was touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from catalog.stored import LEAST_REMEMBERED, Described, Moved, content_hash, version_after


def touch(db: sqlite3.Connection, tool_ids: Iterable[str]) -> None:
    """Begin a change, and name the tools that it concerns so far."""
    db.execute("DROP TABLE IF EXISTS temp.touched")
    db.execute("CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID")
    db.executemany("INSERT OR IGNORE INTO temp.touched VALUES (?)", [(tool_id,) for tool_id in tool_ids])


def settle(db: sqlite3.Connection) -> None:
    """Derive tools, categories and the version anew, for all that was touched."""
    described = _described(db)
    moved = Moved()
    for name in _redescribed(db, described):
        moved.categories.add(name)
        db.execute("INSERT OR IGNORE INTO temp.touched SELECT id FROM tools WHERE category = ?", (name,))
    for (tool_id,) in db.execute("SELECT id FROM temp.touched").fetchall():
        _settle_tool(db, tool_id, described, moved)
    db.execute("DROP TABLE temp.touched")
    _settle_categories(db, moved.categories, described)
    db.execute("DELETE FROM sources WHERE NOT EXISTS (SELECT 1 FROM apis WHERE source = sources.name)")
    _note(db, moved)


def stored_version(db: sqlite3.Connection) -> str:
    row: tuple[str] = db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return row[0]


def changed_since(db: sqlite3.Connection, version: str) -> list[str] | None:
    """Ids of the tools that are not as they were when the catalog last had this version; None: not remembered."""
    (number,) = db.execute("SELECT max(number) FROM changes WHERE version = ?", (version,)).fetchone()
    if number is None:
        return [] if version == stored_version(db) else None
    return [tool_id for (tool_id,) in db.execute("SELECT DISTINCT tool_id FROM changes WHERE number > ?", (number,))]


def _described(db: sqlite3.Connection) -> dict[str, Described]:
    """Of what several sources say of a category, the first by name that says something."""
    described: dict[str, Described] = {}
    for name, description, group in db.execute(
        'SELECT name, description, "group" FROM category_parts ORDER BY name, source'
    ):
        known, known_group = described.get(name, ("", None))
        described[name] = (known or description, known_group or group)
    return described


def _redescribed(db: sqlite3.Connection, described: dict[str, Described]) -> Iterator[str]:
    """Categories that are described otherwise from now on."""
    for name, *before in db.execute('SELECT name, description, "group" FROM categories').fetchall():
        if described.get(name, ("", None)) != tuple(before):
            yield name


def _settle_tool(db: sqlite3.Connection, tool_id: str, described: dict[str, Described], moved: Moved) -> None:
    before = db.execute("SELECT fingerprint, category FROM tools WHERE id = ?", (tool_id,)).fetchone()
    if before:
        moved.gone[tool_id] = before[0]
        moved.categories.add(before[1])
    db.execute(
        "DELETE FROM tool_parts WHERE id = ?1 AND source NOT IN (SELECT source FROM apis WHERE tool_id = ?1)",
        (tool_id,),
    )
    part = db.execute(
        "SELECT name, description, category FROM tool_parts WHERE id = ? ORDER BY description = '', source LIMIT 1",
        (tool_id,),
    ).fetchone()
    if part is None:
        db.execute("DELETE FROM tools WHERE id = ?", (tool_id,))
        return
    name, description, category = part
    about, group = described.get(category, ("", None))
    etags = [etag for (etag,) in db.execute("SELECT etag FROM apis WHERE tool_id = ? ORDER BY id", (tool_id,))]
    # With what is said of the category, so that a tool's fingerprint changes with everything that describes it.
    fingerprint = content_hash(name, description, category, about, group or "", *etags)
    values = (tool_id, name, description, category, len(etags), fingerprint)
    db.execute("INSERT OR REPLACE INTO tools VALUES (?, ?, ?, ?, ?, ?)", values)
    moved.come[tool_id] = fingerprint
    moved.categories.add(category)


def _settle_categories(db: sqlite3.Connection, names: Iterable[str], described: dict[str, Described]) -> None:
    for name in names:
        db.execute("DELETE FROM categories WHERE name = ?", (name,))
        if db.execute("SELECT 1 FROM tools WHERE category = ? LIMIT 1", (name,)).fetchone():
            db.execute("INSERT INTO categories VALUES (?, ?, ?)", (name, *described.get(name, ("", None))))


def _note(db: sqlite3.Connection, moved: Moved) -> None:
    """The new version, and what is otherwise since the last one."""
    changed = moved.tools
    if not changed:
        return
    version = version_after(stored_version(db), moved.gone, moved.come)
    db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (version,))
    (tools,) = db.execute("SELECT count(*) FROM tools").fetchone()
    kept = max(LEAST_REMEMBERED, tools)
    if len(changed) >= kept:  # to name them all says no more than to take in everything
        db.execute("DELETE FROM changes")
        changed = changed[:1]
    rows = [(version, tool_id) for tool_id in changed]
    db.executemany("INSERT INTO changes (version, tool_id) VALUES (?, ?)", rows)
    db.execute("DELETE FROM changes WHERE number <= (SELECT max(number) FROM changes) - ?", (kept,))

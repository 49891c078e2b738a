"""All that a service has kept, as text in which can be searched: files as they are, and every row of every table."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

Content = Iterator[tuple[str, bytes]]
"""By place."""


def stored(folder: Path, database_url: str | None) -> Content:
    """The data folder, and the database where there is another."""
    yield from _in_folder(folder)
    if database_url is not None:
        yield from _in_postgres(database_url)


def _in_folder(folder: Path) -> Content:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(folder)}", path.read_bytes()
        if path.suffix == ".db":
            with contextlib.closing(sqlite3.connect(path)) as database:
                for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    rows = database.execute(f'SELECT * FROM "{table}"')  # the names are the database's own
                    yield f"dump of {path.name} {table}", _text(rows)


def _in_postgres(url: str) -> Content:
    import psycopg
    from psycopg.sql import SQL, Identifier

    own = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with psycopg.connect(url) as database:
        for schema, table in database.execute(own).fetchall():
            rows = database.execute(SQL("SELECT * FROM {}").format(Identifier(schema, table)))
            yield f"dump of {table}", _text(rows)


def _text(rows: Iterable[tuple[object, ...]]) -> bytes:
    """Checkpoints are packed, but what they hold stands in them as it is."""
    lines = (
        " ".join(each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in row)
        for row in rows
    )
    return "\n".join(lines).encode(errors="replace")

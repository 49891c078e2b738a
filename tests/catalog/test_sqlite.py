"""Files that are no catalog of ours are told, and never touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import StoreUnavailable
from catalog.models import Api, Tool
from catalog.sqlite import SqliteCatalog
from catalog.sqlite_schema import APPLICATION_ID, TABLES
from catalog.stored import version_of


def _database(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_text("my diary " * 1000)
    with pytest.raises(StoreUnavailable, match="not a SQLite database; move it away"):
        SqliteCatalog.open(path)
    assert path.read_text() == "my diary " * 1000


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    _database(path, "CREATE TABLE diary (day TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="another program"):
        SqliteCatalog.open(path)
    assert path.read_bytes() == before


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    await SqliteCatalog.open(path).close()
    _database(path, "PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable, match=r"schema 99 is newer.*update switchboard"):
        SqliteCatalog.open(path)


async def test_a_file_of_the_first_schema_is_upgraded_and_keeps_what_it_holds(
    tmp_path: Path, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    path = tmp_path / "catalog.db"
    entry = api("A/b/c", "old").model_dump_json(exclude_defaults=True)
    statements = [each for each in TABLES.split(";") if each.strip()]
    _database(
        path,
        *statements,
        "INSERT INTO meta VALUES ('version', 'v')",
        "INSERT INTO sources VALUES ('s', 'test', '2026-01-01T00:00:00Z')",
        "INSERT INTO tool_parts VALUES ('A/b', 's', 'b', '', 'A')",
        "INSERT INTO tools VALUES ('A/b', 'b', '', 'A', 1, 'f')",
        f"INSERT INTO apis VALUES ('A/b/c', 'A/b', 'c', 's', 'e', '{entry}')",
        f"PRAGMA application_id = {APPLICATION_ID}",
        "PRAGMA user_version = 1",
    )
    upgraded = SqliteCatalog.open(path)
    assert (await upgraded.version(), upgraded.changed_since("v")) == (version_of([("A/b", "f")]), None)
    await upgraded.close()
    for _ in range(2):
        store = SqliteCatalog.open(path)
        known = (await store.get(["A/b/c"]))["A/b/c"]
        await store.put(known.model_copy(update={"description": f"{known.description}, corrected"}))
        assert (await store.corrections())["A/b/c"].imported.description == "old"
        await store.close()


async def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, api: Callable[..., Api]) -> None:
    path = tmp_path / "catalog.db"
    store = SqliteCatalog.open(path)
    for number in range(200):
        await store.put(api(f"A/b/{number}", "x" * 500))
    await store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="restore it from a backup"):
        await SqliteCatalog.open(path).stats()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreUnavailable, match="choose another data folder"):
        SqliteCatalog.open(tmp_path / "data" / "catalog.db")


def test_a_path_that_is_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        SqliteCatalog.open(tmp_path)


async def test_a_catalog_is_there_again_after_closing(tmp_path: Path, api: Callable[..., Api]) -> None:
    path = tmp_path / "new" / "folder" / "catalog.db"
    store = SqliteCatalog.open(path)
    await store.put(api("A/b/c"))
    version = await store.version()
    await store.close()
    again = SqliteCatalog.open(path)
    assert (await again.version(), (await again.stats()).apis) == (version, 1)
    await again.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await again.stats()

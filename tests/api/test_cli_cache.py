"""`switchboard cache clear`, on the data folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.cli import run
from graph.sqlite_cache import SqliteCache


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "cache.db"


async def put(path: Path) -> None:
    cache = SqliteCache.open(path, life_seconds=60, most=10)
    await cache.put("one", "k", "a")
    await cache.put("two", "k", "a")
    await cache.close()


def test_the_answers_of_all_tenants_are_forgotten(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(put(path))
    assert run(["cache", "clear"]) == 0
    assert "2 answers forgotten" in capsys.readouterr().err
    assert run(["cache", "clear"]) == 0
    assert "No answers are kept" in capsys.readouterr().err


def test_a_broken_file_is_told_with_what_to_do(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 100)
    assert run(["cache", "clear"]) == 1
    err = capsys.readouterr().err
    assert str(path) in err and "can be deleted" in err

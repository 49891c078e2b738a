"""`switchboard lessons`, on the data folder."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.cli import run
from catalog.lessons import Lesson
from graph.sqlite_lessons import SqliteLessons

ASKED = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "lessons.db"


async def teach(path: Path) -> None:
    lessons = SqliteLessons.open(path, most=10)
    await lessons.learn("default", Lesson("one", "Where is my parcel?", ("parcel",), ("Parcels/desk/track",), ASKED))
    await lessons.learn("default", Lesson("two", "Is it raining?", ("rain",), ("Weather/sky/now",), ASKED))
    await lessons.learn("another", Lesson("three", "Theirs", ("their",), ("a/b/c",), ASKED))
    await lessons.close()


def test_what_was_learned_is_listed_the_latest_first(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(teach(path))
    assert run(["lessons", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-03-02  Is it raining?  ->  Weather/sky/now",
        "2026-03-02  Where is my parcel?  ->  Parcels/desk/track",
    ]
    assert run(["lessons", "list", "--limit", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["thread_id"] == "two"


def test_one_thread_is_forgotten_and_then_all_but_other_tenants(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(teach(path))
    assert run(["lessons", "clear", "--thread", "two"]) == 0
    assert "1 questions forgotten" in capsys.readouterr().err
    run(["lessons", "list"])
    assert capsys.readouterr().out.count("\n") == 1
    assert run(["lessons", "clear"]) == 0
    assert run(["lessons", "clear"]) == 0
    assert "nothing to forget" in capsys.readouterr().err


def test_before_anything_was_asked_there_is_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lessons", "list"]) == 0
    assert "Nothing was learned yet" in capsys.readouterr().err
    assert not path.exists()


def test_a_broken_file_is_told_with_what_to_do(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 100)
    assert run(["lessons", "clear"]) == 1
    err = capsys.readouterr().err
    assert str(path) in err and "can be deleted" in err

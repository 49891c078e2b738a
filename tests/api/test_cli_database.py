"""`switchboard database`, and what is said where PostgreSQL or its packages are not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import run
from evals.local_postgres import LocalPostgres

BARRED = """
import sys
sys.modules["psycopg"] = None
from api.cli import main
sys.exit(main())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_tables_are_made_and_told(
    postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg

    empty = "cli_empty"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {empty}")
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", postgres.url(empty))
    assert run(["database", "status"]) == 1
    assert "missing" in capsys.readouterr().out
    assert run(["database", "upgrade"]) == 0
    assert "upgraded" in capsys.readouterr().err
    assert run(["database", "status"]) == 0
    assert run(["database", "upgrade"]) == 0
    assert "Nothing was to be done" in capsys.readouterr().err
    postgres.drop(postgres.url(empty))


def test_tables_newer_than_the_program_are_refused_and_kept(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", database_url)
    assert run(["catalog", "search", "orders"]) == 1
    assert "newer" in capsys.readouterr().err


def test_a_database_that_is_away_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", "postgresql://me:hush@127.0.0.1:1/shop")
    assert run(["doctor"]) == 1
    told = "".join(capsys.readouterr())
    assert "127.0.0.1:1/shop" in told and "SWITCHBOARD_DATABASE_URL" in told
    assert "hush" not in told


def test_without_the_packages_it_is_said_how_they_are_had(folder: Path) -> None:
    settings = {"SWITCHBOARD_DATABASE_URL": "postgresql://127.0.0.1/shop"}
    ran = subprocess.run(
        [sys.executable, "-c", BARRED, "catalog", "search", "orders"],
        env={**os.environ, **settings, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "switchboard[postgres]" in ran.stderr

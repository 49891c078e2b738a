"""`switchboard prompts`: which are in force, and copies to change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import run
from reasoners.chat.prompts import bundled_prompts

PROMPTS = bundled_prompts()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWITCHBOARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["prompts", "list", "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_every_prompt_is_listed_with_its_version_and_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys)

    assert set(rows) == set(PROMPTS)
    assert all(row["version"] == PROMPTS[name].version and row["source"] == "bundled" for name, row in rows.items())
    assert run(["prompts", "list"]) == 0
    assert capsys.readouterr().out.count("bundled") == len(PROMPTS)


def test_a_copy_is_the_same_prompt_until_it_is_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "copy", "data/prompts", "plan", "judge"]) == 0
    copies = listed(capsys)
    assert copies["plan"] == {
        "name": "plan",
        "version": PROMPTS["plan"].version,
        "characters": len(PROMPTS["plan"].text),
        "source": str(here / "data" / "prompts" / "plan.md"),
    }
    assert copies["fill"]["source"] == "bundled"

    (here / "data" / "prompts" / "plan.md").write_text("Plan in `apis`.", "utf-8")
    assert listed(capsys)["plan"]["version"] != PROMPTS["plan"].version
    assert run(["prompts", "show", "plan"]) == 0
    assert capsys.readouterr().out == "Plan in `apis`.\n"


def test_all_are_copied_and_what_is_there_already_is_left(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "plan.md").write_text("Mine.", "utf-8")

    assert run(["prompts", "copy", "mine"]) == 1

    told = capsys.readouterr()
    assert "plan.md is there already" in told.err
    assert len(told.out.splitlines()) == len(PROMPTS) - 1
    assert (here / "mine" / "plan.md").read_text() == "Mine."
    assert (here / "mine" / "fill.md").read_text("utf-8").strip() == PROMPTS["fill"].text


def test_what_is_no_prompt_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["prompts", "show", "plann"], ["prompts", "copy", "mine", "plann"]):
        assert run(command) == 1
        err = capsys.readouterr().err
        assert "no prompt 'plann'. Did you mean plan?" in err
        assert "switchboard prompts list" in err


def test_a_folder_with_a_wrong_file_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "judge.md").write_text("", "utf-8")
    monkeypatch.setenv("SWITCHBOARD_PROMPTS_DIR", "mine")

    assert run(["prompts", "list"]) == 1
    assert "judge.md is empty" in capsys.readouterr().err


def test_the_doctor_names_a_wrong_setting_and_does_not_blame_the_data(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWITCHBOARD_MODEL", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("SWITCHBOARD_PRICES_FILE", "nowhere.json")

    assert run(["doctor"]) == 1

    told = capsys.readouterr().out
    assert "SWITCHBOARD_PRICES_FILE: nowhere.json cannot be read" in told
    assert "Restore" not in told

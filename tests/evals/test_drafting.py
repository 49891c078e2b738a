"""A draft has every example question, both sides of look-alikes with what tells them apart, and a sample of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner

from evals.command import app
from evals.questions import read_questions

Json = dict[str, JsonValue]


def api(name: str, description: str, *examples: str) -> Json:
    return {"id": f"Town/town/{name}", "method": "GET", "path": f"/{name}", "name": name, "title": name.replace("_", " "), "description": description,
            "examples": list(examples)}  # fmt: skip


APIS = [
    api(
        "daily_forecast",
        "Temperature, rain, wind, sunshine and clouds of a city, daily. Free.",
        "Will it rain on Sunday?",
    ),
    api("hourly_forecast", "Temperature, rain, wind, sunshine and clouds of a city, hourly."),
    api("borrow_book", "Lends a book of the library."),
    api("twin_one", "Parking fines of a plate, unpaid"),
    api("twin_one_again", "Parking fines of a plate, unpaid"),
    api("silent", ""),
]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return written(tmp_path / "town.json", APIS)


def written(path: Path, apis: list[Json]) -> Path:
    tool: Json = {"id": "Town/town", "name": "town", "category": "Town", "url": "http://town.test", "apis": [*apis]}
    path.write_text(json.dumps({"format": "switchboard", "version": 1, "tools": [tool]}))
    return path


def drafted(catalog: Path, *options: str) -> list[Json]:
    done = CliRunner().invoke(app, ["init", "--catalog", str(catalog), *options])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_draft_is_a_question_file_as_it_stands(tmp_path: Path, catalog: Path) -> None:
    lines = drafted(catalog)
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    asked = ["retrieval", "--catalog", str(catalog), "--queries", str(tmp_path / "q.jsonl"), "--min", "recall@10=1"]

    assert {question.set for question in read_questions(tmp_path / "q.jsonl")} == {
        "examples",
        "look-alikes",
        "described",
    }
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert lines == drafted(catalog), "the same catalog gives the same draft"


def test_examples_stand_as_they_are_and_what_is_described_once_by_its_first_sentence(catalog: Path) -> None:
    lines = drafted(catalog, "--pairs", "0")

    assert lines[0] == {"query": "Will it rain on Sunday?", "gold": ["Town/town/daily_forecast"], "set": "examples"}
    assert {str(line["query"]) for line in lines[1:]} == {
        "Temperature, rain, wind, sunshine and clouds of a city, daily.", "Temperature, rain, wind, sunshine and clouds of a city, hourly.",
        "Lends a book of the library.", "Parking fines of a plate, unpaid",
    }  # fmt: skip
    assert len(drafted(catalog, "--pairs", "0", "--described", "2")) == 3


def test_look_alikes_stand_side_by_side_with_the_words_that_tell_them_apart(catalog: Path) -> None:
    one, other, *_ = [line for line in drafted(catalog) if line["set"] == "look-alikes" and "forecast" in str(line)]

    assert (one["gold"], one["not"]) == (other["not"], other["gold"]) == (
        ["Town/town/daily_forecast"], ["Town/town/hourly_forecast"],
    )  # fmt: skip
    assert "daily" in str(one["write"]) and "hour" not in str(one["write"])
    assert "hourly" in str(other["write"])


def test_a_catalog_without_words_has_no_draft(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["init", "--catalog", str(written(tmp_path / "silent.json", APIS[-1:]))])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No API has a description" in done.stderr

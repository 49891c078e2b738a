"""Weights are learned from calls with known values, in the form that the service reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.command import app

pytest.importorskip("sklearn", reason="needs the extra `learn`")

CITIES = ("Oslo", "Rome", "Lima", "Kyiv", "Bern", "Riga", "Doha", "Cairo", "Quito", "Accra")


def _line(city: str, number: int) -> str:
    city_schema = {"type": "string", "description": "Name of the city"}
    function = {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": city_schema}, "required": ["city"]},
    }
    gold = [{"name": "weather", "arguments": {"city": [city]}}]
    query = f"Question {number}: how is the weather in {city} today?"
    return json.dumps({"id": str(number), "set": "s", "query": query, "functions": [function], "gold": gold})


def test_weights_are_learned_and_written(tmp_path: Path) -> None:
    questions, out = tmp_path / "questions.jsonl", tmp_path / "learned.json"
    questions.write_text("\n".join(_line(CITIES[n % 10], n) for n in range(200)), encoding="utf-8")

    done = CliRunner().invoke(app, ["learn", "--queries", str(questions), "--out", str(out)])

    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text(encoding="utf-8"))
    assert "place sure" in told["rules"]
    assert told["readings"]["of"]["s|before=in"] > 0
    assert told["readings"]["of"]["s|own=all"] < 0


def test_too_few_questions_are_refused(tmp_path: Path) -> None:
    questions, out = tmp_path / "questions.jsonl", tmp_path / "learned.json"
    questions.write_text(_line("Oslo", 1), encoding="utf-8")

    done = CliRunner().invoke(app, ["learn", "--queries", str(questions), "--out", str(out)])

    assert done.exit_code == 2
    assert not out.exists()

"""What to refuse is learned from questions as they are, and from the same with what does not answer them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.command import app
from evals.refusing import Sample, caught
from evals.relevance import Asked
from reasoners.offline.likely import Seen, Weights

pytest.importorskip("sklearn", reason="needs the extra `learn`")

TOPICS = {
    "weather": "The weather forecast of a city", "menu": "Dishes and prices of a restaurant",
    "train": "Departures of a train station", "museum": "Opening hours of a museum",
}  # fmt: skip


def _line(number: int, *, answered: bool) -> str:
    topics = list(TOPICS)
    topic, other = topics[number % 4], topics[(number + 1) % 4]
    query = f"Question {number}: {TOPICS[topic].lower()} of number {number}?"
    name = topic if answered else other
    function = {"name": name, "description": TOPICS[name], "parameters": {"type": "object", "properties": {}}}
    gold = [{"name": name, "arguments": {}}] if answered else []
    return json.dumps({"id": str(number), "set": "s", "query": query, "functions": [function], "gold": gold})


def learnt(questions: Path, out: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["learn-refusing", "--queries", str(questions), "--out", str(out), *more])
    return done.exit_code, done.output


def test_weights_are_learned_and_written(tmp_path: Path) -> None:
    questions, out = tmp_path / "questions.jsonl", tmp_path / "likely.json"
    questions.write_text("\n".join(_line(n, answered=n % 3 > 0) for n in range(240)), encoding="utf-8")

    code, said = learnt(questions, out)

    assert code == 0, said
    assert json.loads(out.read_text(encoding="utf-8"))["of"]["fits"] > 0
    assert "asked amiss 1.000" in said


def test_questions_to_a_catalog_are_crossed_with_its_other_categories(tmp_path: Path) -> None:
    questions, out, catalog = tmp_path / "questions.jsonl", tmp_path / "likely.json", tmp_path / "catalog.jsonl"
    entry = {"method": "GET", "required_parameters": [], "optional_parameters": []}
    apis = [
        {**entry, "id": f"{topic}/desk/{topic}", "category_name": topic, "tool_name": "desk", "api_name": topic,
         "api_description": said, "api_url": f"http://{topic}.test/"}
        for topic, said in TOPICS.items()
    ]  # fmt: skip
    catalog.write_text("\n".join(json.dumps(api) for api in apis), encoding="utf-8")
    asked = [
        {"query": f"{said} number {n}?", "gold": [f"{topic}/desk/{topic}"], "set": "s"}
        for n in range(50)
        for topic, said in TOPICS.items()
    ]
    questions.write_text("\n".join(json.dumps(one) for one in asked), encoding="utf-8")

    code, said = learnt(questions, out, "--catalog", str(catalog))

    assert code == 0, said
    assert "crossed 1.000" in said


def test_too_few_questions_and_a_catalog_that_lacks_are_refused(tmp_path: Path) -> None:
    questions, out = tmp_path / "questions.jsonl", tmp_path / "likely.json"
    questions.write_text(_line(1, answered=True), encoding="utf-8")
    assert learnt(questions, out)[0] == 2

    questions.write_text("\n".join(json.dumps({"query": f"q {n}", "gold": ["a/b/c"]}) for n in range(200)))
    assert learnt(questions, out)[0] == 2
    assert not out.exists()


def test_the_limit_is_set_by_what_is_answered() -> None:
    by = Weights(0.0, {"fits": 1.0})

    def sample(fits: float, *, answered: bool) -> tuple[Sample, float]:
        one = Sample(Asked("", "", "q", answered), (Seen({"fits": fits}, wanted=True, plain=False),))
        return one, one.sureness(by)

    answered = [sample(n / 100, answered=True) for n in range(100)]
    assert caught([*answered, sample(0.01, answered=False), sample(0.5, answered=False)]) == 0.5
    assert caught(answered) is None

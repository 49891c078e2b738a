"""The retrieval figures are right where they can be counted by hand, and the command gives them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.errors import UnreadableDocument
from evals.command import app
from evals.retrieval import Question, Ranking, by_set, figures, ndcg, read_questions, recall


@pytest.mark.parametrize(
    ("found", "k", "share"), [(["a", "x", "b"], 3, 1.0), (["a", "x", "b"], 2, 0.5), (["x"], 2, 0.0), ([], 5, 0.0)]
)
def test_recall_is_the_share_of_the_gold_among_the_first(found: Sequence[str], k: int, share: float) -> None:
    assert recall(found, {"a", "b"}, k) == share


def test_the_best_order_has_a_gain_of_one_and_a_late_hit_less() -> None:
    assert ndcg(["a", "b", "x"], {"a", "b"}, 5) == 1.0
    assert ndcg(["x", "a"], {"a"}, 5) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x", "x", "x", "x", "x", "a"], {"a"}, 5) == 0.0


def test_means_are_taken_over_questions_not_over_apis() -> None:
    many = Ranking(Question("many", frozenset("abcd"), "one"), list("abcd"))
    none = Ranking(Question("none", frozenset("z"), "two"), list("abcd"))
    every = figures("all", [many, none])
    assert (every.queries, every.recall_10, every.all_64, every.ndcg_5) == (2, 0.5, 0.5, 0.5)
    assert [(one.set, one.recall_64) for one in by_set([none, many])] == [("one", 1.0), ("two", 0.0)]


def _write(path: Path, *records: object) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("gold", [["a"], [{"id": "a", "tool_name": "t"}]])
def test_gold_is_given_by_id_or_as_a_record(tmp_path: Path, gold: object) -> None:
    path = _write(tmp_path / "q.jsonl", {"query": "q", "gold": gold})
    assert read_questions(path) == [Question("q", frozenset("a"))]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"query": "q", "gold": []}', '{"query": 1, "gold": ["a"]}'])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"query": "q", "gold": ["a"]}\n' + line)
    with pytest.raises(UnreadableDocument, match="line 2"):
        read_questions(path)


def test_the_command_measures_a_catalog_with_questions(tmp_path: Path) -> None:
    catalog = _write(tmp_path / "zoo.jsonl", *(_record(name) for name in ("feed_penguin", "list_animals", "open_gate")))
    questions = _write(
        tmp_path / "q.jsonl",
        {"query": "Please feed a penguin", "gold": ["Zoo/keeper/feed_penguin"], "set": "zoo"},
        {"query": "Which animals are there?", "gold": ["Zoo/keeper/list_animals", "Zoo/keeper/gone"], "set": "zoo"},
    )
    asked = ["retrieval", "--catalog", str(catalog), "--queries", str(questions)]
    told = CliRunner().invoke(app, [*asked, "--json"])
    measured = json.loads(told.stdout)
    assert (measured["apis"], measured["unknown"], measured["overall"]["queries"]) == (3, 1, 2)
    assert (measured["sets"][0]["recall_10"], measured["sets"][0]["all_64"]) == (0.75, 0.5)
    table = CliRunner().invoke(app, asked)
    assert "1 gold APIs are not in this catalog" in table.stdout
    assert "Importing zoo.jsonl" in table.stderr


def test_a_missing_file_of_questions_is_told(tmp_path: Path) -> None:
    catalog = _write(tmp_path / "zoo.jsonl", _record("feed"))
    told = CliRunner().invoke(app, ["retrieval", "--catalog", str(catalog), "--queries", str(tmp_path / "none")])
    assert (told.exit_code, told.stdout) == (1, "")
    assert "cannot be read" in " ".join(told.stderr.split())


def _record(name: str) -> dict[str, object]:
    said = {"category_name": "Zoo", "tool_name": "keeper", "method": "GET", "api_url": f"http://zoo.test/{name}"}
    parameters: dict[str, object] = {"required_parameters": [], "optional_parameters": []}
    return {"id": f"Zoo/keeper/{name}", "api_name": name, "api_description": "", **said, **parameters}

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
from evals.metrics import complete, ndcg, recall, scores
from evals.questions import Question, read_questions
from evals.report import Report

QUESTIONS: list[dict[str, object]] = [
    {"query": "Please feed a penguin", "gold": ["Zoo/keeper/feed_penguin"], "set": "zoo", "query_id": "1"},
    {"query": "Which animals are there?", "gold": ["Zoo/keeper/list_animals", "Zoo/keeper/gone"], "set": "zoo"},
    {"query": "Fly me there", "gold": ["Travel/planes/book_flight"], "set": "out"},
]


@pytest.mark.parametrize(
    ("found", "k", "share"), [(["a", "x", "b"], 3, 1.0), (["a", "x", "b"], 2, 0.5), (["x"], 2, 0.0), ([], 5, 0.0)]
)
def test_recall_is_the_share_of_the_gold_among_the_first(found: Sequence[str], k: int, share: float) -> None:
    assert recall(found, {"a", "b"}, k) == share
    assert complete(found, {"a", "b"}, k) == float(share == 1)


def test_the_best_order_has_a_gain_of_one_and_a_late_hit_less() -> None:
    assert ndcg(["a", "b", "x"], {"a", "b"}, 5) == 1.0
    assert ndcg(["x", "a"], {"a"}, 5) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x", "x", "x", "x", "x", "a"], {"a"}, 5) == 0.0


def test_every_measure_is_told_at_every_depth() -> None:
    told = scores(["x", "a"], {"a"}, (1, 2), "tool ")
    assert told["tool recall@1"] == told["tool COMP@1"] == told["tool NDCG@1"] == 0.0
    assert told["tool recall@2"] == told["tool COMP@2"] == 1.0
    assert len(told) == 6


def write(path: Path, *records: object) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("gold", [["a"], [{"id": "a", "tool_name": "t"}]])
def test_gold_is_given_by_id_or_as_a_record(tmp_path: Path, gold: object) -> None:
    path = write(tmp_path / "q.jsonl", {"query": "q", "gold": gold})
    assert read_questions(path) == [Question("q", frozenset("a"))]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"query": "q", "gold": []}', '{"query": 1, "gold": ["a"]}'])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"query": "q", "gold": ["a"]}\n' + line)
    with pytest.raises(UnreadableDocument, match="line 2"):
        read_questions(path)


def test_a_question_that_nothing_answers_is_sent_to_the_eval_that_measures_it(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"query": "q", "gold": []}')
    with pytest.raises(UnreadableDocument, match=r"`gold` is empty.*eval relevance"):
        read_questions(tmp_path / "q.jsonl")


def record(category: str, tool: str, name: str, description: str = "") -> dict[str, object]:
    said = {"category_name": category, "tool_name": tool, "method": "GET", "api_url": f"http://zoo.test/{name}"}
    parameters: dict[str, object] = {"required_parameters": [], "optional_parameters": []}
    return {"id": f"{category}/{tool}/{name}", "api_name": name, "api_description": description, **said, **parameters}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    zoo = (record("Zoo", "keeper", name) for name in ("feed_penguin", "list_animals", "open_gate"))
    travel = record("Travel", "planes", "book_flight", "Reserves a seat on board of an airliner")
    return write(tmp_path / "zoo.jsonl", *zoo, travel)


@pytest.fixture
def asked(tmp_path: Path, catalog: Path) -> list[str]:
    questions = write(tmp_path / "q.jsonl", *QUESTIONS)
    return ["retrieval", "--catalog", str(catalog), "--queries", str(questions)]


def test_the_command_measures_a_catalog_with_questions_on_every_level(asked: list[str]) -> None:
    report = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    zoo = next(group for group in report["sets"] if group["name"] == "zoo")

    assert (report["eval"], report["about"]["apis"], report["about"]["gold not in the catalog"]) == ("retrieval", 4, 1)
    assert (zoo["items"], zoo["figures"]["recall@10"], zoo["figures"]["COMP@64"]) == (2, 0.75, 0.5)
    assert zoo["figures"]["tool recall@1"] == 1.0
    assert report["overall"]["figures"]["category recall@1"] == pytest.approx(2 / 3)


def test_a_question_that_fails_says_what_was_found_instead_and_why(asked: list[str]) -> None:
    items = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["items"]
    found, missed, lost = items

    assert "found" not in found and "expected" not in found
    assert missed["expected"] == ["Zoo/keeper/gone", "Zoo/keeper/list_animals"]
    assert missed["found"][0] == "Zoo/keeper/list_animals"
    assert "Zoo/keeper/gone is not in the catalog" in missed["why"]
    assert "Travel/planes/book_flight came after the 64th and has: none of the words" in lost["why"]


def test_plain_bm25_over_the_same_text_stands_beside(asked: list[str]) -> None:
    figures = json.loads(CliRunner().invoke(app, [*asked, "--baseline", "--json"]).stdout)["overall"]["figures"]

    assert figures["BM25 recall@1"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert figures["recall@1"] >= figures["BM25 recall@1"]


def test_the_table_tells_what_it_was_measured_on(asked: list[str]) -> None:
    told = CliRunner().invoke(app, [*asked, "--set", "zoo"])

    assert "gold not in the catalog: 1" in told.stdout and "out" not in told.stdout
    assert "Importing zoo.jsonl" in told.stderr


def test_each_api_is_looked_up_by_its_names_and_its_description(catalog: Path) -> None:
    asked = ["retrieval", "--catalog", str(catalog), "--names", "--json"]
    report = json.loads(CliRunner().invoke(app, asked).stdout)

    assert report["overall"]["figures"] == {
        "tool and API name first": 1.0, "API name first": 1.0, "own description in 3": 1.0,
    }  # fmt: skip
    assert {group["name"]: group["items"] for group in report["sets"]} == {
        "tool and API name first": 4, "API name first": 4, "own description in 3": 1,
    }  # fmt: skip
    assert json.loads(CliRunner().invoke(app, [*asked, "--sample", "2"]).stdout)["about"]["looked up"] == 2


@pytest.mark.parametrize("options", [[], ["--names", "--queries", "q.jsonl"]])
def test_either_questions_or_names_are_asked_for(catalog: Path, options: list[str]) -> None:
    assert CliRunner().invoke(app, ["retrieval", "--catalog", str(catalog), *options]).exit_code == 2


def test_a_missing_file_of_questions_is_told(tmp_path: Path, catalog: Path) -> None:
    told = CliRunner().invoke(app, ["retrieval", "--catalog", str(catalog), "--queries", str(tmp_path / "none")])
    assert (told.exit_code, told.stdout) == (1, "")
    assert "cannot be read" in " ".join(told.stderr.split())


def found(tmp_path: Path, catalog: Path, *questions: dict[str, object]) -> Report:
    path = write(tmp_path / "named.jsonl", *questions)
    asked = ["retrieval", "--catalog", str(catalog), "--queries", str(path), "--baseline", "--json"]
    return Report.model_validate_json(CliRunner().invoke(app, asked).stdout)


def test_an_api_may_be_named_by_its_name_or_by_method_and_path(tmp_path: Path, catalog: Path) -> None:
    feed: dict[str, object] = {"query": "Feed a penguin", "set": "name", "gold": ["feed_penguin"]}
    gate: dict[str, object] = {"query": "Open the gate", "set": "path", "gold": ["GET /open_gate", "POST /open_gate"]}
    report = found(tmp_path, catalog, feed, gate)

    assert {group.name: group.figures["recall@1"] for group in report.sets} == {"name": 1.0, "path": 0.5}
    assert report.about["gold not in the catalog"] == 1, "that path has no such method"


def test_a_name_in_two_groups_is_searched_in_the_one_that_is_named(tmp_path: Path) -> None:
    tools = [
        {"tool_name": "forecast", "tool_description": f"Weather of tomorrow, {group}", "group": group}
        for group in ("single", "merged")
    ]
    question: dict[str, object] = {"query": "Weather of tomorrow", "gold": ["forecast"]}
    report = found(
        tmp_path,
        write(tmp_path / "tools.jsonl", *tools),
        {**question, "set": "single", "group": "single"},
        {**question, "set": "merged", "group": "merged"},
        {**question, "set": "unclear"},
    )

    first = {group.name: group.figures["recall@1"] for group in report.sets}
    beside = {group.name: group.figures["BM25 recall@1"] for group in report.sets}
    assert first == beside == {"single": 1.0, "merged": 1.0, "unclear": 0.0}


def test_what_some_questions_teach_helps_others_like_them(tmp_path: Path, catalog: Path) -> None:
    slang = [f"Send {who} up in the whirlybird" for who in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay")]
    plain = {"query": "Please open the gate", "gold": ["Zoo/keeper/open_gate"]}
    questions = [{"query": query, "gold": ["Travel/planes/book_flight"]} for query in slang]
    asked = write(tmp_path / "q.jsonl", *questions, plain)
    told = ["retrieval", "--catalog", str(catalog), "--queries", str(asked), "--taught", "--json"]
    sets = {group["name"]: group for group in json.loads(CliRunner().invoke(app, told).stdout)["sets"]}

    known, new = sets["tools asked for before"], sets["new tools"]
    assert (known["items"], known["figures"]["recall@1"], known["figures"]["taught recall@1"]) == (6, 0.0, 1.0)
    assert (new["items"], new["figures"]["recall@1"], new["figures"]["taught recall@1"]) == (1, 1.0, 1.0)


def test_learning_is_measured_by_itself(asked: list[str]) -> None:
    assert CliRunner().invoke(app, [*asked, "--taught", "--baseline"]).exit_code == 2

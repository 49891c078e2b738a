"""What nothing answers must be refused, what something answers must not; both are counted, and weighed at a rate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner

from evals.command import app
from evals.relevance import Asked, Weighed, scored
from evals.replies import Asked as Request
from evals.replies import Fault, Reply
from evals.report import Report, figures_of
from evals.scripted_model import ScriptedModel

Json = dict[str, JsonValue]


def function(name: str, description: str, **properties: str) -> Json:
    described: Json = {key: {"type": "string", "description": text} for key, text in properties.items()}
    return {"name": name, "description": description, "parameters": {"type": "object", "properties": described}}


WEATHER = function("get_weather", "The weather forecast of a city", city="Name of the city")
BOOK = function("book_table", "Books a table at a restaurant", restaurant="Name of the restaurant")
ROWS: list[Json] = [
    {"id": "a", "set": "fits", "query": "What is the weather forecast for the city of Oslo?", "functions": [WEATHER],
     "gold": [{"name": "get_weather", "arguments": {}}]},
    {"id": "b", "set": "fits", "query": "Book a table at the restaurant Casa Verde", "functions": [WEATHER, BOOK],
     "gold": [{"name": "book_table", "arguments": {}}]},
    {"id": "c", "set": "foreign", "query": "Solve the equation 3x = 9", "functions": [WEATHER, BOOK], "gold": []},
    {"id": "d", "set": "foreign", "query": "Book a table at the restaurant Casa Verde", "functions": [WEATHER],
     "gold": []},
    {"id": "e", "set": "bare", "query": "Book a table", "functions": [], "gold": []},
]  # fmt: skip


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def report_of(questions: Path, *options: str) -> Report:
    done = CliRunner().invoke(app, ["relevance", "--queries", str(questions), "--json", *options])
    assert done.exit_code == 0, done.output
    return Report.model_validate_json(done.stdout)


def test_each_question_is_held_to_the_functions_that_it_is_offered(questions: Path) -> None:
    report = report_of(questions, "--offline")

    assert report.overall.figures["caught"] == report.overall.figures["caught@5"] == 1.0
    assert report.overall.figures["false refusals"] == report.overall.figures["false refusals@5"] == 0.0
    assert {group.name: group.items for group in report.sets} == {"bare": 1, "fits": 2, "foreign": 2}
    assert report.about["functions"] == 2, "a function that recurs is searched once"


def eager(asked: Request) -> Reply:
    """Takes the first that it is offered, whatever is asked."""
    apis = asked.properties["apis"]
    items = apis.get("items") if isinstance(apis, dict) else None
    enum = items.get("enum") if isinstance(items, dict) else None
    first = [enum[0]] if isinstance(enum, list) else []
    steps: list[JsonValue] = [{"api": name, "depends_on": []} for name in first]
    return {"apis": list(first), "steps": steps, "reason": "Why not?"}


def test_a_model_that_takes_anything_catches_only_what_is_offered_nothing(questions: Path) -> None:
    with ScriptedModel(eager) as model:
        report = report_of(questions, "--model", "m", "--base-url", model.url, "--at-once", "1")
    wrong = next(item for item in report.items if item.id == "c")

    assert {group.name: group.figures.get("caught") for group in report.sets} == {"bare": 1, "fits": None, "foreign": 0}
    assert report.overall.figures["false refusals"] == 0.0
    assert "caught@5" not in report.overall.figures, "it does not say how sure it is"
    assert len(wrong.found) == 1 and wrong.expected == ("nothing offered answers it",)


def test_questions_without_functions_are_asked_of_a_catalog(questions: Path, tmp_path: Path) -> None:
    parameters: Json = {"required_parameters": [], "optional_parameters": []}
    rest: Json = {"category_name": "Zoo", "tool_name": "keeper", "method": "GET", "api_url": "http://zoo.test/feed"}
    api: Json = {
        "id": "Zoo/keeper/feed_penguin",
        "api_name": "feed_penguin",
        "api_description": "",
        **rest,
        **parameters,
    }
    (tmp_path / "zoo.jsonl").write_text(json.dumps(api))
    fed: Json = {"query": "Feed penguin", "gold": ["Zoo/keeper/feed_penguin"], "set": "zoo"}
    lost: Json = {"query": "Prove the theorem of Fermat", "gold": [], "set": "zoo"}
    questions.write_text(f"{json.dumps(fed)}\n{json.dumps(lost)}\n")

    report = report_of(questions, "--offline", "--catalog", str(tmp_path / "zoo.jsonl"))

    assert (report.overall.figures["caught"], report.overall.figures["false refusals"]) == (1.0, 0.0)
    assert CliRunner().invoke(app, ["relevance", "--queries", str(questions), "--offline"]).exit_code == 2


def test_the_threshold_lets_no_more_be_refused_than_it_may() -> None:
    answered = [Weighed(Asked(str(n), "", "q", True), ("x",), score=n / 100) for n in range(100)]
    foreign = [Weighed(Asked(f"f{n}", "", "q", False), (), score=n / 20) for n in range(4)]
    figures = figures_of(scored([*answered, *foreign]))

    assert figures["false refusals@5"] == 0.05 and figures["false refusals@20"] == 0.2
    assert figures["caught@5"] == 0.25 and figures["caught@20"] == 1.0
    assert figures["caught"] == 1.0 and figures["false refusals"] == 0.0


def test_a_model_that_is_down_ends_it_with_what_there_is(questions: Path) -> None:
    rows = [json.dumps({**ROWS[0], "id": str(n)}) for n in range(60)]
    questions.write_text("\n".join(rows))
    with ScriptedModel(Fault(401)) as model:
        options = ["--model", "m", "--base-url", model.url, "--at-once", "1", "--json"]
        done = CliRunner().invoke(app, ["relevance", "--queries", str(questions), *options])

    assert done.exit_code == 1
    assert json.loads(done.stdout)["overall"]["items"] == 20
    assert "401" in done.stderr


@pytest.mark.parametrize(("text", "code"), [("", 2), ('{"query": "x"}', 1), ("[", 1)])
def test_a_file_without_questions_is_refused(questions: Path, text: str, code: int) -> None:
    questions.write_text(text)
    done = CliRunner().invoke(app, ["relevance", "--offline", "--queries", str(questions)])
    assert (done.exit_code, done.stdout) == (code, "")

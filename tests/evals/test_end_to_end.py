"""Questions go the service's whole path in a dry run, and what would be called is held against what is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner

from evals.command import app
from evals.end_to_end import Ended, Planned, Question, Wanted, read_questions, scored
from evals.function_calls import Acceptable
from evals.parameters import api_of
from evals.report import Report

Json = dict[str, JsonValue]


def record(tool: str, name: str, description: str, *required: str) -> Json:
    said: Json = {"category_name": "Town", "tool_name": tool, "method": "GET", "api_url": f"http://town.test/{name}"}
    needed: list[JsonValue] = [{"name": p, "type": "STRING", "description": p, "default": ""} for p in required]
    rest: Json = {"required_parameters": needed, "optional_parameters": []}
    return {"id": f"town/{name}", "api_name": name, "api_description": description, **said, **rest}


CATALOG = [
    record("Weather", "get_forecast", "Weather forecast of a city", "city"),
    record("Library", "opening_hours", "Opening hours of a branch of the library", "branch"),
]
QUESTIONS: list[Json] = [
    {"query": 'Show me the weather forecast for the city "Oslo"', "set": "fits", "status": "completed",
     "gold": [{"id": "town/get_forecast", "arguments": {"city": ["Oslo"]}}]},
    {"query": "What are the opening hours of the library?", "set": "lacks", "status": "input_required",
     "gold": [{"id": "town/opening_hours", "arguments": {}, "missing": ["branch"]}]},
    {"query": "Prove the theorem of Fermat", "set": "foreign", "status": "no_tool", "gold": []},
    {"query": "Weather forecast, please", "set": "plain", "gold": ["town/get_forecast", "town/gone"]},
]  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env
    for name, lines in (("town.jsonl", CATALOG), ("questions.jsonl", QUESTIONS)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return ["end-to-end", "--offline", "--catalog", "town.jsonl", "--queries", "questions.jsonl"]


def test_apis_values_asking_and_the_end_are_held_against_what_is_right(asked: list[str]) -> None:
    done = CliRunner().invoke(app, [*asked, "--json"])
    report = Report.model_validate_json(done.stdout)
    sets = {group.name: group.figures for group in report.sets}

    assert done.exit_code == 0
    assert (sets["fits"]["plans right"], sets["fits"]["values right"], sets["fits"]["calls right"]) == (1.0, 1.0, 1.0)
    assert (sets["lacks"]["plans right"], sets["lacks"]["asked when missing"]) == (1.0, 1.0)
    assert sets["foreign"]["caught"] == 1.0 and "plans right" not in sets["foreign"]
    assert (sets["plain"]["APIs found"], sets["plain"]["APIs right"], sets["plain"]["plans right"]) == (0.5, 1.0, 0.0)
    assert (report.overall.figures["status right"], report.overall.figures["false refusals"]) == (1.0, 0.0)
    assert report.overall.figures["failed"] == 0.0, "nothing is sent, so no upstream is missed"


def test_functions_of_the_questions_themselves_are_a_catalog_too(tmp_path: Path, asked: list[str]) -> None:
    properties: Json = {"city": {"type": "string", "description": "Name of the city"}}
    parameters: Json = {"type": "object", "properties": properties, "required": ["city"]}
    weather: Json = {"name": "weather.now", "description": "The weather forecast of a city", "parameters": parameters}
    line: Json = {
        "id": "1", "set": "own", "query": 'Weather forecast for the city "Oslo"', "functions": [weather],
        "gold": [{"name": "weather.now", "arguments": {"city": ["Oslo"]}}],
    }  # fmt: skip
    (tmp_path / "questions.jsonl").write_text(json.dumps(line))

    done = CliRunner().invoke(
        app, ["end-to-end", "--offline", "--queries", "questions.jsonl", "--min", "calls right=1"]
    )

    assert done.exit_code == 0, done.output


def ended(*calls: Planned, missing: frozenset[str] = frozenset(), status: str = "completed") -> Ended:
    wanted = Wanted("x/a", {"city": Acceptable(("Oslo",), False, False)}, missing)
    return Ended(
        Question("1", "", "q", (wanted,)), status, frozenset({"x/a"}), calls, "no address" * (status == "failed")
    )


def test_a_wrong_value_is_wrong_whether_sent_or_shown_and_says_what_came_instead() -> None:
    parameters: Json = {"properties": {"city": {"type": "string"}, "day": {"type": "string"}}, "required": ["city"]}
    api = api_of({"name": "a", "parameters": parameters})
    apis = {"x/a": api}

    sent = scored(ended(Planned("x/a", {"city": "Rome"}, {"city": "Rome"}, frozenset())), apis)
    shown = scored(ended(Planned("x/a", {"city": "Oslo"}, {"city": "Oslo", "day": "now"}, frozenset())), apis)
    other = scored(ended(Planned("x/b", {}, {}, frozenset())), apis)
    lacking = scored(ended(Planned("x/a", {}, {}, frozenset({"day"})), missing=frozenset({"day", "city"})), apis)
    failed = scored(ended(status="failed"), apis)

    assert (sent.scores["values right"], sent.scores["required found"], sent.scores["calls right"]) == (0, 0, 0)
    assert (shown.scores["values right"], shown.scores["required found"], shown.scores["calls right"]) == (1, 1, 0)
    assert sent.expected == ("x/a(city=('Oslo',))",) and sent.found == ("x/a(city='Rome')",)
    assert (other.scores["APIs found"], other.scores["APIs right"], "values right" in other.scores) == (0, 0, False)
    assert (lacking.scores["asked when missing"], lacking.whole("asked when missing")) == (1, 2)
    assert (failed.scores, failed.why) == ({"failed": 1.0}, "no address")


@pytest.mark.parametrize(("text", "code"), [("", 2), ('{"query": "x"}', 1), ("[", 1), (json.dumps(QUESTIONS[0]), 2)])
def test_what_cannot_be_measured_is_refused(asked: list[str], text: str, code: int) -> None:
    Path("questions.jsonl").write_text(text)
    assert CliRunner().invoke(app, ["end-to-end", "--offline", "--queries", "questions.jsonl"]).exit_code == code


def test_apis_may_be_named_by_their_names_and_strange_ones_are_counted(asked: list[str]) -> None:
    named = [{"query": "Weather forecast for Oslo", "gold": [{"id": "get_forecast"}, {"id": "town/gone"}]}]
    Path("questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in named), encoding="utf-8")
    report = Report.model_validate_json(CliRunner().invoke(app, [*asked, "--json"]).stdout)

    assert (report.overall.figures["APIs found"], report.overall.figures["APIs right"]) == (0.5, 1.0)
    assert report.about["gold not in the catalog"] == 1


def test_questions_are_read_in_both_forms(asked: list[str]) -> None:
    questions, brought = read_questions(Path("questions.jsonl"), ["pl", "fo"])
    assert ([question.set for question in questions], brought) == (["foreign", "plain"], [])
    assert questions[1].calls == (Wanted("town/get_forecast"), Wanted("town/gone"))

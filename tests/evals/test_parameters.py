"""Known calls through the service's extraction: what is right, asked in vain and made up is counted, and never sent."""

import gzip
import json
import signal
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner

from evals.command import app
from evals.function_calls import Item, items, parts_of, stands_in
from evals.replies import Asked, Fault, Message, Reply
from evals.report import Report
from evals.scripted_model import ScriptedModel

Json = dict[str, JsonValue]
BOOK: Json = {
    "name": "book.table",
    "description": "Books a table at a restaurant",
    "parameters": {
        "type": "dict",
        "required": ["restaurant", "guests", "email"],
        "properties": {
            "restaurant": {"type": "string", "description": "Name of the restaurant"},
            "guests": {"type": "integer", "description": "Number of guests"},
            "email": {"type": "string", "description": "Where to confirm the booking"},
            "seating": {"type": "string", "enum": ["inside", "terrace"], "default": "inside"},
        },
    },
}
WEATHER: Json = {
    "name": "weather",
    "description": "Weather of a city",
    "parameters": {
        "type": "object",
        "required": ["city"],
        "properties": {
            "city": {"type": "string", "description": "A city"},
            "day": {"type": "string", "format": "date"},
        },
    },
}
FULL = "Book a table for 4 guests at Casa Verde, confirm to ada@moss.org"
SHORT = "Book a table for 4 guests at Casa Verde"
TWO = "How is the weather in Paris tomorrow, and in Rome?"
RIGHT: Json = {"restaurant": ["Casa Verde"], "guests": [4], "email": ["ada@moss.org"], "seating": ["", "inside"]}
ROWS: list[Json] = [
    {"id": "a", "set": "BFCL_simple", "query": FULL, "functions": [BOOK], "alternatives": "nested",
     "gold": [{"name": "book.table", "arguments": RIGHT}]},
    {"id": "b", "set": "BFCL_simple", "query": SHORT, "functions": [BOOK], "alternatives": "nested",
     "gold": [{"name": "book.table", "arguments": {**RIGHT, "email": ["desk@hotel.com"]}}]},
    {"id": "c", "set": "BFCL_parallel", "query": TWO, "functions": [WEATHER], "alternatives": "nested",
     "messages": [{"role": "system", "content": "Please act like the current date is 2024/02/21"},
                  {"role": "user", "content": TWO}],
     "gold": [{"name": "weather", "arguments": {"city": ["Paris"], "day": ["2024-02-22"]}},
              {"name": "weather", "arguments": {"city": ["Rome"]}}]},
    {"id": "d", "set": "BFCL_irrelevance", "query": "Sing me a song", "functions": [BOOK, WEATHER], "gold": []},
    {"id": "e", "set": "Other", "query": "Weather in Oslo", "functions": [WEATHER],
     "gold": [{"name": "weather", "arguments": {"city": ["Oslo"]}}]},
]  # fmt: skip
TRUE: dict[str, Json] = {
    FULL: {"restaurant": "Casa Verde", "guests": 4, "email": "ada@moss.org"},
    SHORT: {"restaurant": "Casa Verde", "guests": 4},
    "Weather in Oslo": {"city": "Oslo"},
}


def perfect(asked: Asked) -> Reply:
    """Knows what is right, and says what is missing by leaving it out."""
    question = asked.text.rpartition("Question:\n")[2].partition("\n\nThis was asked before")[0]
    if question == TWO:
        return {"city": "Paris", "day": "2024-02-22"} if "Step 1" in asked.text else {"city": "Rome"}
    return TRUE.get(question, {})


def inventing(asked: Asked) -> Reply:
    """Fills whatever the person left open."""
    given = perfect(asked)
    assert isinstance(given, dict)
    made_up: Json = {"email": "test@example.com"} if "email" in asked.properties else {"city": "Springfield"}
    return {**made_up, **given}


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in ROWS)
    return path


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "SWITCHBOARD_MODEL",
        "SWITCHBOARD_REASONER",
        "SWITCHBOARD_DRIVER",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env


def told(queries: Path, *options: str) -> Report:
    done = CliRunner().invoke(app, ["parameters", "--queries", str(queries), "--json", *options])
    assert done.exit_code == 0, done.output
    return Report.model_validate_json(done.stdout)


def asked_of(behaviour: Callable[[Asked], Reply] | list[Reply] | Reply, queries: Path, *options: str) -> Report:
    with ScriptedModel(behaviour) as model:
        return told(queries, "--model", "scripted", "--base-url", model.url, "--at-once", "1", *options)


def test_a_perfect_model_is_found_perfect_and_is_forgiven_what_nobody_said(queries: Path) -> None:
    figures = asked_of(perfect, queries).overall.counts

    assert (figures["items"], figures["calls"], figures["idle"], figures["model_calls"]) == (5, 5, 2, 7)
    assert figures["sent"] == figures["sent_right"] == 9
    assert figures["asked"] == 1, "the address of the second question"
    assert figures["false_asks"] == figures["invented"] == figures["right_dropped"] == figures["idle_ready"] == 0
    assert figures["calls_right"] == 4


def test_what_a_model_makes_up_is_counted_dropped_asked_for_and_not_sent(queries: Path) -> None:
    figures = asked_of(inventing, queries).overall.counts

    assert figures["invented"] == 3, "an address nobody gave, and two for questions that nothing fits"
    assert figures["invented_sent"] == 0
    assert figures["sent"] == figures["sent_right"] == 9
    assert figures["asked"] == 1 and figures["idle_ready"] == 0


def test_figures_are_sums_over_the_items_and_a_wrong_item_says_what_came_instead(queries: Path) -> None:
    report = asked_of(inventing, queries, "--repeat", "2")
    second = next(item for item in report.items if item.id == "b")

    assert report.overall.figures["values right"] == 1.0
    assert report.overall.figures["calls right"] == pytest.approx(4 / 5)
    assert report.overall.figures["invented"] == pytest.approx(3 / 7)
    assert report.overall.figures["nothing fits"] == 0.0
    assert (len(report.runs), report.spread["calls right"]) == (2, 0.0)
    assert "email: ['desk@hotel.com']" in second.expected
    assert second.found == ("invented: email='test@example.com'",)


def test_garbage_now_and_then_is_counted_and_loses_only_its_own_call(queries: Path) -> None:
    replies = iter(["What is this?", None, None, "Sorry.", "Sorry!", None, None, None, Message(""), None])

    def now_and_then(asked: Asked) -> Reply:
        return next(replies) or perfect(asked)

    figures = asked_of(now_and_then, queries).overall.counts

    assert figures["malformed"] == 4
    assert figures["failed"] == 1
    assert figures["sent"] == figures["sent_right"] == 7


def test_without_a_model_nothing_is_asked_of_one(queries: Path) -> None:
    report = told(queries, "--offline")

    assert (report.about["reasoner"], report.about["model"]) == ("offline", None)
    assert report.overall.counts["model_calls"] == 0 and report.overall.counts["cost_usd"] is None
    assert report.overall.counts["calls"] == 5


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--set", "BFCL"], {"BFCL_simple": 2, "BFCL_parallel": 1, "BFCL_irrelevance": 1}),
        (["--set", "Other", "--set", "BFCL_par"], {"BFCL_parallel": 1, "Other": 1}),
        (["--limit", "2"], {"BFCL_simple": 2}),
    ],
)
def test_sets_are_chosen_by_how_their_names_begin(queries: Path, options: list[str], expected: dict[str, int]) -> None:
    assert {group.name: group.items for group in told(queries, "--offline", *options).sets} == expected


def test_a_model_is_taken_from_the_environment_as_the_service_takes_it(
    queries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedModel(perfect) as model:
        monkeypatch.setenv("SWITCHBOARD_MODEL", "from-the-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("SWITCHBOARD_DRIVER", "json_object")
        report = told(queries, "--limit", "1", "--driver", "react")

        assert report.about["model"] == "from-the-environment" == model.requests[0].body["model"]
        assert model.requests[0].form == "react"
        assert told(queries, "--limit", "1", "--offline").about["reasoner"] == "offline"
        assert len(model.requests) == 1


def test_an_endpoint_that_is_down_ends_the_measurement_with_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({**ROWS[4], "id": str(n)}) + "\n" for n in range(60)), "utf-8")
    with ScriptedModel(Fault(401)) as model:
        options = ["--model", "m", "--base-url", model.url, "--at-once", "1", "--json"]
        done = CliRunner().invoke(app, ["parameters", "--queries", str(path), *options])

        assert done.exit_code == 1
        assert len(model.requests) == 20
    assert json.loads(done.stdout)["overall"]["counts"]["failed"] == 20
    assert "401" in done.stderr


def test_an_interruption_prints_what_there_is(queries: Path) -> None:
    count: Iterator[int] = iter(range(100))

    def interrupted(asked: Asked) -> Reply:
        if next(count) == 2:
            signal.raise_signal(signal.SIGINT)
        return perfect(asked)

    with ScriptedModel(interrupted) as model:
        options = ["--model", "m", "--base-url", model.url, "--at-once", "1", "--json"]
        done = CliRunner().invoke(app, ["parameters", "--queries", str(queries), *options])

    assert done.exit_code == 1
    assert json.loads(done.stdout)["stopped"] == "interrupted"
    assert json.loads(done.stdout)["overall"]["counts"]["calls"] == 2


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("[1, 2\n", [], "calls.jsonl"),
        ('{"query": "x"}\n', [], "calls.jsonl"),
        (json.dumps(ROWS[0]), ["--set", "Nowhere"], "no item"),
        (json.dumps(ROWS[0]), ["--base-url", "http://127.0.0.1:9/v1"], "SWITCHBOARD_MODEL"),
        (json.dumps(ROWS[0]), ["--model", "m", "--driver", "telepathy"], "driver"),
    ],
)
def test_what_cannot_be_measured_is_said(tmp_path: Path, text: str, options: list[str], said: str) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text(text, "utf-8")

    done = CliRunner().invoke(app, ["parameters", "--queries", str(path), *options])

    assert done.exit_code != 0 and done.stdout == ""
    assert said in done.stderr


def test_an_item_knows_its_day_and_the_words_of_each_call(queries: Path) -> None:
    two: Item = next(item for item in items(queries, ["BFCL_parallel"]))

    assert two.today == date(2024, 2, 21)
    assert [call.part for call in two.calls] == ["How is the weather in Paris tomorrow, and", "in Rome?"]
    assert parts_of("Weather in Paris", [{}, {}]) == ["Weather in Paris"] * 2


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        ("new york", True),
        ("New-York", True),
        (1000, True),
        (0.5, True),
        ("York, 1000", False),
        (100, False),
        (True, False),
    ],
)
def test_whether_a_value_stands_in_a_question_is_judged_by_its_letters(value: JsonValue, stands: bool) -> None:
    assert stands_in("From New York with 1,000 bags and 0.5 rebate", [value]) is stands

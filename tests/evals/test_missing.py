"""What is missing must be asked for, and what is given must not; both are counted where they can be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from typer.testing import CliRunner

from evals.command import app
from evals.missing import openings
from evals.replies import Asked, Reply
from evals.report import Report
from evals.scripted_model import ScriptedModel

Json = dict[str, JsonValue]


def function(name: str, **properties: str) -> Json:
    described: Json = {key: {"type": kind, "description": key} for key, kind in properties.items()}
    parameters: Json = {"type": "object", "properties": described, "required": [*properties]}
    return {"name": name, "description": name, "parameters": parameters}


BOOK = function("book_table", restaurant="string", guests="integer", email="string")
FIND = function("find_text", file="string", words="string")
SORT = function("sort_file", file="string")
ROWS: list[Json] = [
    {"id": "a", "set": "Named", "functions": [BOOK], "turns": [
        {"user": "Book a table for 4 guests at Casa Verde", "still_missing": ["email"],
         "call_so_far": {"name": "book_table", "arguments": {"restaurant": "Casa Verde", "guests": 4}}},
        {"user": "It is ada@moss.org", "still_missing": [], "call_so_far": {"name": "book_table", "arguments": {}}}]},
    {"id": "again", "set": "Other", "functions": [BOOK], "turns": [
        {"user": "Book a table for 4 guests at Casa Verde", "still_missing": ["email"],
         "call_so_far": {"name": "book_table", "arguments": {}}}]},
    {"id": "t", "set": "Targeted", "functions": [BOOK], "turns": [
        {"user": "A table, please", "target": "book_table", "still_missing": ["restaurant", "nowhere"]}]},
    {"id": "b", "set": "Called", "functions": [FIND, SORT], "turns": [
        {"user": "Sort notes.txt", "gold_calls": ["sort_file('notes.txt')", "log(1)", "sort_file("], "must_ask": False},
        {"user": "Now find the words in notes.txt", "gold_calls": [], "must_ask": True},
        {"user": "The words are milk and honey",
         "gold_calls": ["find_text(file='notes.txt', words='milk and honey')"], "must_ask": False}]},
    {"id": "c", "set": "Silent", "functions": [BOOK], "turns": [{"user": "Hello", "events": []}]},
]  # fmt: skip


@pytest.fixture
def dialogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SWITCHBOARD_MODEL", "SWITCHBOARD_REASONER", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env
    path = tmp_path / "dialogues.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_what_a_message_gives_and_lacks_is_read_from_the_names_or_from_the_next_message(dialogues: Path) -> None:
    found = {one.id: (one.api.name, dict(one.given), set(one.missing)) for one in openings(dialogues)}

    assert found == {
        "a/1": ("book_table", {"restaurant": "Casa Verde", "guests": 4}, {"email"}),
        "t/1": ("book_table", {}, {"restaurant"}),
        "b/1/sort_file": ("sort_file", {"file": "notes.txt"}, set()),
        "b/2/find_text": ("find_text", {"file": "notes.txt"}, {"words"}),
        "b/3/find_text": ("find_text", {"words": "milk and honey"}, set()),
    }, "a message that recurs counts once, and one that says nothing of what is missing does not"
    assert [one.id for one in openings(dialogues, ["Tar"])] == ["t/1"]


def inventing(asked: Asked) -> Reply:
    """Sees what is given, takes what is missing from the question's other words, and sees no file."""
    given: Json = {"restaurant": "Casa Verde", "guests": 4, "email": "Casa Verde"}
    evidence: Json = {"restaurant": "Casa Verde", "guests": "4", "email": "Casa Verde"}
    return {**given, "evidence": evidence} if "email" in asked.properties and "Casa" in asked.text else {}


def test_what_is_made_of_other_words_counts_against_asking_and_what_is_not_seen_against_not_asking(
    dialogues: Path,
) -> None:
    with ScriptedModel(inventing) as model:
        options = ["--queries", str(dialogues), "--model", "m", "--base-url", model.url, "--at-once", "1", "--json"]
        done = CliRunner().invoke(app, ["missing", *options])
    report = Report.model_validate_json(done.stdout)
    sets = {group.name: group.figures for group in report.sets}
    named = next(item for item in report.items if item.set == "Named")

    assert sets["Called"]["asked when missing"] == sets["Targeted"]["asked when missing"] == 1.0
    assert sets["Called"]["not asked when given"] == 0.0
    assert sets["Named"]["not asked when given"] == sets["Named"]["given right"] == 1.0
    assert sets["Named"]["asked when missing"] == 0.0
    assert (named.expected, named.found) == (("email is missing",), ("email: 'Casa Verde' was made of it",))
    assert report.overall.items == 5


def test_without_a_model_what_is_given_is_seen_and_what_is_missing_asked_for(dialogues: Path) -> None:
    asked = ["missing", "--offline", "--queries", str(dialogues), "--set", "Named", "--min", "asked when missing=1"]
    done = CliRunner().invoke(app, [*asked, "--min", "not asked when given=1"])

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("text", "code"), [("", 2), ('{"turns": []}', 1), (json.dumps(ROWS[4]), 2)])
def test_a_file_that_says_nothing_of_what_is_missing_is_refused(dialogues: Path, text: str, code: int) -> None:
    dialogues.write_text(text)
    done = CliRunner().invoke(app, ["missing", "--offline", "--queries", str(dialogues)])
    assert (done.exit_code, done.stdout) == (code, "")

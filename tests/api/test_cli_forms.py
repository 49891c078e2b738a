"""An input request in the terminal: each kind of field is asked for, checked and given as the schema wants it."""

from __future__ import annotations

import io

import pytest
from pydantic import JsonValue

from api.cli.asking import settle
from api.cli.forms import answered
from graph.requests import QueryRequest, ResumeRequest

ALIKE: JsonValue = [{"const": "a/b/c", "title": "First"}, {"const": "d/e/f", "title": "Second"}]


def asking(
    field: dict[str, JsonValue], *, reason: str = "missing_parameters", needed: bool = True
) -> dict[str, JsonValue]:
    schema: JsonValue = {"type": "object", "properties": {"it": field}, "required": ["it"] if needed else []}
    return {"id": "q1", "reason": reason, "message": "Please.", "schema": schema, "errors": [], "request": None}


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ({"type": "string"}, "blue\n", "blue"),
        ({"type": "string"}, "12\n", "12"),
        ({"type": "integer"}, "many\n12\n", 12),
        ({"type": "number"}, "x\n1.5\n", 1.5),
        ({"type": "boolean"}, "perhaps\ny\n", True),
        ({"type": "boolean"}, "No\n", False),
        ({"type": "string", "enum": ["red", "blue"]}, "2\n", "blue"),
        ({"type": "string", "enum": ["red", "blue"]}, "9\nRED\n", "red"),
        ({"type": "integer", "enum": [10, 20]}, "2\n", 20),
        ({"type": "string", "oneOf": ALIKE}, "2\n", "d/e/f"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}}, "1, 3\n", ["a", "c"]),
        ({"type": "string", "default": "blue"}, "\n", "blue"),
        ({"type": "integer", "default": 3}, "4\n", 4),
    ],
)
def test_a_field_is_asked_for_until_the_answer_can_be_its_value(
    field: dict[str, JsonValue], typed: str, value: JsonValue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert answered(asking(field)) == {"id": "q1", "action": "accept", "content": {"it": value}}


def test_a_field_that_is_not_needed_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert answered(asking({"type": "string"}, needed=False))["content"] == {}


def test_an_upstream_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    answered(asking({"type": "string", "title": "\x1b[2JEvil\ud800"}))
    assert "\x1b" not in capsys.readouterr().err


class Scripted:
    """A door behind which two APIs fit alike, until one is chosen."""

    def __init__(self) -> None:
        self.taken: list[ResumeRequest] = []

    async def ask(self, request: QueryRequest) -> dict[str, JsonValue]:
        return self.body("input_required", [asking({"type": "string", "oneOf": ALIKE}, reason="choose_api")])

    async def resume(self, thread_id: str, request: ResumeRequest) -> dict[str, JsonValue]:
        self.taken.append(request)
        return self.body("completed", [])

    async def thread(self, thread_id: str) -> dict[str, JsonValue]:
        raise AssertionError

    def body(self, status: str, requests: list[JsonValue]) -> dict[str, JsonValue]:
        return {"status": status, "thread_id": "t", "warnings": ["one"], "input_requests": requests, "answer": "Done"}


async def test_without_a_person_the_first_of_apis_that_fit_alike_is_taken_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    door = Scripted()
    body = await door.ask(QueryRequest(query="x"))
    assert await settle(door, body, no_input=True, as_json=True, url=None) == 0
    (taken,) = door.taken
    assert taken.responses is not None
    assert taken.responses[0].content == {"it": "a/b/c"}
    said = capsys.readouterr().out
    assert "--no-input took the first of 2 APIs" in said
    assert '"one"' in said


async def test_a_person_chooses_between_apis_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    door = Scripted()
    body = await door.ask(QueryRequest(query="x"))
    assert await settle(door, body, no_input=False, as_json=False, url=None) == 0
    assert door.taken[0].responses is not None
    assert door.taken[0].responses[0].content == {"it": "d/e/f"}

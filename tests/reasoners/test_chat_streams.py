"""Streams as servers really send them, put together to the completion that was asked for."""

import json
from typing import Any

import pytest

from reasoners.chat.streams import BrokenStream, completion


def events(*chunks: object, end: str = "data: [DONE]\n\n") -> str:
    return "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in chunks) + end


def delta(finish_reason: str | None = None, **said: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish_reason}]}


def message(*chunks: object, **more: Any) -> Any:
    return completion(events(*chunks, **more))["choices"][0]["message"]


def call(arguments: str, **more: object) -> dict[str, object]:
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"function": {**name, "arguments": arguments}, **more}


STOP = delta("stop")


def test_content_is_joined_and_keeps_every_character() -> None:
    assert (
        message(delta(content="Für\u2028 "), delta(content="好\n"), delta(content="🌻"), STOP)["content"]
        == "Für\u2028 好\n🌻"
    )


def test_calls_are_joined_by_their_index() -> None:
    said = message(
        delta(tool_calls=[call("", index=0, id="a", name="one")]),
        delta(tool_calls=[call('{"x', index=0), call("{", index=1, id="b", name="two")]),
        delta(tool_calls=[call('": 1}', index=0), call("}", index=1)]),
        delta("tool_calls"),
    )

    assert [(c["id"], c["function"]) for c in said["tool_calls"]] == [
        ("a", {"name": "one", "arguments": '{"x": 1}'}),
        ("b", {"name": "two", "arguments": "{}"}),
    ]


def test_calls_that_are_all_counted_as_the_first_are_told_apart_by_their_id() -> None:
    said = message(
        delta(tool_calls=[call('{"x": 1}', index=0, id="a", name="one")]),
        delta(tool_calls=[call('{"x": 2}', index=0, id="b", name="one")]),
        delta("tool_calls"),
    )

    assert [c["function"]["arguments"] for c in said["tool_calls"]] == ['{"x": 1}', '{"x": 2}']


def test_a_call_without_an_id_gets_one_and_a_repeated_name_counts_once() -> None:
    said = message(
        delta(tool_calls=[call("{", name="one")]), delta(tool_calls=[call("}", name="one")]), delta("tool_calls")
    )

    assert said["tool_calls"] == [{"id": "call_0", "type": "function", "function": {"name": "one", "arguments": "{}"}}]


def test_usage_and_the_way_it_ended_are_kept() -> None:
    whole = completion(events(delta(content="a"), delta("length"), {"choices": [], "usage": {"prompt_tokens": 3}}))

    assert whole["usage"] == {"prompt_tokens": 3}
    assert whole["choices"][0]["finish_reason"] == "length"


def test_comments_blank_lines_and_other_line_ends_are_passed_over() -> None:
    body = ": keep-alive\r\n\r\nevent: x\r\n" + events(delta(content="a"), STOP).replace("\n", "\r\n")

    assert completion(body)["choices"][0]["message"]["content"] == "a"


def test_an_error_in_the_stream_is_handed_on() -> None:
    assert completion(events(delta(content="a"), {"error": {"message": "overloaded"}})) == {
        "error": {"message": "overloaded"}
    }


@pytest.mark.parametrize(
    "body",
    ["", "data: [DONE]\n\n", events(delta(content="a")), "data: {broken\n\n", events([1], "x", {"choices": "?"})],
)
def test_a_stream_without_an_end_or_an_answer_is_broken(body: str) -> None:
    with pytest.raises(BrokenStream):
        completion(body)

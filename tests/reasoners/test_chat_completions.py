"""Bodies of chat completions as servers really send them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from reasoners.chat.completions import NoCompletion, message_in


def read(message: object, **more: object) -> AIMessage:
    return message_in(json.dumps({"choices": [{"message": message}], **more}).encode())


def call(arguments: object, name: object = "pick") -> dict[str, Any]:
    return {"tool_calls": [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]}


@pytest.mark.parametrize("written", ['{"ids": ["Für 好"]}', {"ids": ["Für 好"]}])
def test_arguments_are_read_as_text_and_as_an_object(written: object) -> None:
    assert read(call(written)).tool_calls[0]["args"] == {"ids": ["Für 好"]}


@pytest.mark.parametrize("written", ['{"ids": [', "[1]", "null", "", None, [1], 3, "[" * 100_000])
def test_arguments_that_are_no_object_are_kept_as_they_came(written: object) -> None:
    reply = read(call(written))

    assert reply.tool_calls == []
    [broken] = reply.invalid_tool_calls
    assert broken["args"] == (written if isinstance(written, str) else "" if written is None else json.dumps(written))


def test_the_older_call_a_refusal_and_thoughts_are_kept_beside_the_content() -> None:
    beside = {"function_call": {"name": "pick", "arguments": "{}"}, "refusal": "I won't.", "reasoning_content": "Hm."}

    assert read({"content": None, **beside, "audio": {"id": 1}}).additional_kwargs == beside


def test_content_in_parts_is_put_together_without_thoughts() -> None:
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Books"}, {"type": "text", "text": "!"}]

    assert str(read({"content": parts}).text) == "Books!"


def test_usage_is_told_to_us_and_to_who_watches() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    reply = read({"content": "x"}, usage=usage, model="m-1")

    assert reply.response_metadata["token_usage"] == usage
    assert reply.response_metadata["model_name"] == "m-1"
    assert reply.usage_metadata == {
        "input_tokens": 9,
        "output_tokens": 4,
        "total_tokens": 13,
        "input_token_details": {"cache_read": 8},
        "output_token_details": {"reasoning": 3},
    }


def test_an_error_with_a_good_status_is_no_completion_and_says_itself() -> None:
    with pytest.raises(NoCompletion, match="overloaded"):
        message_in(b'{"error": {"message": "overloaded"}, "choices": []}')


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\xff", b"[]", b"3", b'{"choices": null}', b"[" * 100_000, b"<html>"])
def test_anything_else_is_no_completion(body: bytes) -> None:
    with pytest.raises(NoCompletion):
        message_in(body)


NAMES = st.sampled_from(
    [
        "choices", "message", "content", "tool_calls", "function", "name", "arguments", "function_call", "usage",
        "prompt_tokens", "completion_tokens", "prompt_tokens_details", "cached_tokens", "finish_reason", "id", "model",
        "error", "type", "text", "refusal",
    ]
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, json_values), json_values)
def test_whatever_a_server_sends_is_a_message_or_no_completion(top: dict[str, Any], message: object) -> None:
    try:
        reply = message_in(json.dumps({"choices": [{"message": message}], **top}).encode())
    except NoCompletion:
        return
    assert isinstance(reply.text, str)
    assert all(isinstance(c["args"], dict) for c in reply.tool_calls)
    assert all(isinstance(c["args"], str) for c in reply.invalid_tool_calls)

"""Reads the body of a chat completion: patient with what servers add, leave out or write otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call

Part = Mapping[str, Any]  # what a foreign server sends, looked at key by key

_BESIDE = ("refusal", "reasoning_content", "reasoning")
"""Texts that may stand beside the content."""


class NoCompletion(ValueError):
    """A body that is something else."""


def message_in(body: bytes) -> AIMessage:
    """The message of the first choice. Raises NoCompletion, with the body's first words."""
    completion = _object(_read(body))
    if error := completion.get("error"):
        raise NoCompletion(str(_object(error).get("message") or error))
    choice = _first(completion.get("choices"))
    message = _object(choice.get("message"))
    if not message:
        raise NoCompletion(body[:300].decode("utf-8", "replace"))
    calls, broken = _calls(message.get("tool_calls"))
    usage = _object(completion.get("usage"))
    return AIMessage(
        content=_content(message.get("content")),
        tool_calls=calls,
        invalid_tool_calls=broken,
        additional_kwargs=_beside(message),
        usage_metadata=_counted(usage),
        response_metadata={
            "token_usage": dict(usage),
            "model_name": completion.get("model"),
            "model_provider": "openai",
            "finish_reason": choice.get("finish_reason"),
        },
    )


def _read(body: bytes) -> object:
    try:
        return json.loads(body, strict=False)
    except (ValueError, RecursionError):
        raise NoCompletion(body[:300].decode("utf-8", "replace")) from None


def _object(given: object) -> Part:
    return given if isinstance(given, dict) else {}


def _first(given: object) -> Part:
    return _object(given[0]) if isinstance(given, list) and given else {}


def _content(given: object) -> str | list[str | dict[Any, Any]]:
    """A text, or a list of parts of which LangChain knows which are texts."""
    if isinstance(given, list) and all(isinstance(part, str | dict) for part in given):
        return given
    return given if isinstance(given, str) else ""


def _beside(message: Part) -> dict[str, Any]:
    texts = {name: message[name] for name in _BESIDE if isinstance(message.get(name), str)}
    call = message.get("function_call")
    return {**texts, "function_call": call} if isinstance(call, dict) else texts


def _calls(given: object) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Calls with an object of arguments, and those whose arguments are none."""
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for entry in given if isinstance(given, list) else ():
        function, call_id = _object(_object(entry).get("function")), _text(_object(entry).get("id"))
        name, written = _text(function.get("name")), function.get("arguments")
        arguments = _arguments(written)
        if arguments is None:
            broken.append(invalid_tool_call(name=name, args=_as_text(written), id=call_id, error=None))
        else:
            calls.append(tool_call(name=name, args=arguments, id=call_id))
    return calls, broken


def _arguments(written: object) -> dict[str, Any] | None:
    """Some servers send the object where its text belongs."""
    if isinstance(written, str):
        try:
            written = json.loads(written, strict=False)
        except (ValueError, RecursionError):
            return None
    return cast(dict[str, Any], written) if isinstance(written, dict) else None


def _as_text(written: object) -> str:
    return written if isinstance(written, str) else "" if written is None else json.dumps(written)


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _counted(usage: Part) -> UsageMetadata | None:
    """As LangChain's watchers want it."""
    read, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(read, int) or not isinstance(written, int):
        return None
    cached = _object(usage.get("prompt_tokens_details")).get("cached_tokens")
    thought = _object(usage.get("completion_tokens_details")).get("reasoning_tokens")
    return UsageMetadata(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_token_details={"cache_read": cached} if isinstance(cached, int) else {},
        output_token_details={"reasoning": thought} if isinstance(thought, int) else {},
    )

"""Asks through `tools` and `tool_choice`; an answer with the JSON object in plain text is understood too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from pydantic import JsonValue

from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.reading import parsed
from reasoners.providers import ToolChoice

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_OPEN_ENDED = re.compile(r"^.*</think(?:ing)?>|<think(?:ing)?>.*$", re.DOTALL)
"""Thoughts of which the template swallowed the beginning, or which never came to an end."""


@dataclass(frozen=True)
class FunctionCalling:
    """One function per request. `tool_choice` is the form in which the server takes the demand to call it."""

    tool_choice: ToolChoice = "named"

    def binding(self, function: Function) -> dict[str, Any]:
        declared = {"name": function.name, "description": function.description, "parameters": function.schema}
        named = {"type": "function", "function": {"name": function.name}}
        return {
            "tools": [{"type": "function", "function": declared}],
            "tool_choice": named if self.tool_choice == "named" else self.tool_choice,
        }

    def instructions(self, function: Function) -> str:
        return (
            f"Answer by calling `{function.name}` once. If you cannot call functions, answer with "
            "the JSON object of its arguments and nothing else."
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        if reply.response_metadata.get("finish_reason") == "length":
            raise Unreadable("The answer was cut off because it grew too long. Answer more briefly.")
        called = [c for c in reply.tool_calls if c["name"].strip().lower() == function.name]
        if called:
            return _merged(called)
        if _is_empty_call(reply.invalid_tool_calls, function):
            return {}
        if reply.tool_calls or reply.invalid_tool_calls:
            raise Unreadable(_wrong_call(reply.tool_calls, reply.invalid_tool_calls, function))
        return _in_text(str(reply.text), function)

    def received(self, reply: AIMessage) -> str:
        calls = [f"{c['name']}({json.dumps(c['args'], ensure_ascii=False)})" for c in reply.tool_calls]
        broken = [f"{c['name']}({c['args']})" for c in reply.invalid_tool_calls]
        return " ".join(filter(None, [str(reply.text), *calls, *broken]))


def _is_empty_call(broken: Sequence[InvalidToolCall], function: Function) -> bool:
    """A call without arguments, where none has to be given; some servers send no text at all for it."""
    return not function.required and [(c["name"], (c["args"] or "").strip()) for c in broken] == [(function.name, "")]


def _wrong_call(calls: Sequence[ToolCall], broken: Sequence[InvalidToolCall], function: Function) -> str:
    if broken:
        return f"The arguments of `{broken[0]['name']}` are not a complete JSON object."
    return f"There is no function {calls[0]['name']!r}. Call `{function.name}`."


def _merged(calls: Sequence[ToolCall]) -> Arguments:
    """Several calls of one function as one: lists and objects joined, texts one after the other."""
    merged: dict[str, JsonValue] = dict(calls[0]["args"])
    for n, call in enumerate(calls[1:], start=1):
        if call["args"] in [earlier["args"] for earlier in calls[:n]]:
            continue
        for name, value in call["args"].items():
            merged[name] = _joined(name, merged[name], value) if name in merged else value
    return merged


def _joined(name: str, one: JsonValue, other: JsonValue) -> JsonValue:
    if one == other:
        return one
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **other}
    if isinstance(one, str) and isinstance(other, str):
        return f"{one} {other}"
    raise Unreadable(f"Two calls in one answer contradict each other on {name!r}. Make one call.")


def _in_text(text: str, function: Function) -> Arguments:
    said = _OPEN_ENDED.sub("", _THOUGHTS.sub("", text))
    for found in _objects(said):
        arguments = _unwrapped(found, function)
        if arguments.keys() & function.properties.keys() or not (arguments or function.required):
            return arguments
    if plain := _as_prose(said.strip(), function):
        return {function.prose: plain}
    raise Unreadable(f"The answer holds no call of `{function.name}` and no JSON object of its arguments.")


def _as_prose(said: str, function: Function) -> str:
    """Plain words where they are all that is wanted; of several allowed values the one that stands in them."""
    if not function.prose or "{" in said:
        return ""
    schema = function.properties[function.prose]
    allowed = schema.get("enum") if isinstance(schema, dict) else None
    if not isinstance(allowed, list):
        return said
    named = [str(value) for value in allowed if re.search(rf"\b{re.escape(str(value))}\b", said, re.IGNORECASE)]
    return named[0] if len(named) == 1 else ""


def _unwrapped(found: dict[str, JsonValue], function: Function) -> dict[str, JsonValue]:
    """Some models write the call itself as text: `{"name": ..., "arguments": {...}}`."""
    call = found.get("function", found)
    calls = found.get("tool_calls")
    if isinstance(calls, list) and calls and isinstance(calls[0], dict):
        return _unwrapped(calls[0], function)
    if not isinstance(call, dict) or call.get("name") != function.name:
        return found
    inner = parsed(call.get("arguments", call.get("parameters")))
    return inner if isinstance(inner, dict) else found


def _objects(text: str) -> Iterator[dict[str, JsonValue]]:
    """Every complete JSON object, outermost only. None is mended: half a list is not a choice."""
    decoder, at = json.JSONDecoder(strict=False), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)

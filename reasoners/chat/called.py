"""Reads the calls that a server found in a model's answer, and tells what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall

from reasoners.chat.calls_in_text import calls_first, in_call
from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.showing import cut
from reasoners.chat.written import as_prose, in_json, merged, refuse_if_cut_off, said, without_thoughts

_RATIONALE = 300  # characters: a sentence or two


def called_in(reply: AIMessage, function: Function) -> Arguments | None:
    """The arguments of what was called; None: nothing was. Raises Unreadable."""
    refuse_if_cut_off(reply)
    own = [c for c in reply.tool_calls if c["name"].strip().lower() == function.name]
    if own:
        beside = without_thoughts(str(reply.text))
        return with_rationale(merged([c["args"] for c in own]), function, beside)
    if _is_empty_call(reply.invalid_tool_calls, function):
        return {}
    if reply.tool_calls or reply.invalid_tool_calls:
        raise Unreadable(_wrong_call(reply.tool_calls, reply.invalid_tool_calls, function))
    return None


def in_plain_text(reply: AIMessage, function: Function) -> Arguments:
    """As a JSON object, as a call, or in plain words where these are enough. Raises Unreadable."""
    text = said(reply)
    found = in_call(text, function.name, function) if calls_first(text, function.name) else in_json(text, function)
    given = as_prose(text, function) if found is None else found
    if given is None:
        raise Unreadable(f"The answer holds no call of `{function.name}` and no JSON object of its arguments.")
    return given


def with_rationale(arguments: Arguments, function: Function, thought: str) -> Arguments:
    """A reason that was given beside the arguments, where it has a place among them that is empty."""
    if not function.rationale or arguments.get(function.rationale) or not thought.strip():
        return arguments
    return {**arguments, function.rationale: cut(thought, _RATIONALE)}


def received(reply: AIMessage) -> str:
    """The answer as it came, in words."""
    refused = reply.additional_kwargs.get("refusal")
    calls = [f"{c['name']}({json.dumps(c['args'], ensure_ascii=False)})" for c in reply.tool_calls]
    broken = [f"{c['name']}({c['args']})" for c in reply.invalid_tool_calls]
    return " ".join(filter(None, [str(reply.text), refused if isinstance(refused, str) else "", *calls, *broken]))


def _is_empty_call(broken: Sequence[InvalidToolCall], function: Function) -> bool:
    """A call without arguments, where none has to be given; some servers send no text at all for it."""
    return not function.required and [(c["name"], (c["args"] or "").strip()) for c in broken] == [(function.name, "")]


def _wrong_call(calls: Sequence[ToolCall], broken: Sequence[InvalidToolCall], function: Function) -> str:
    if broken:
        return f"The arguments of `{broken[0]['name']}` are not a complete JSON object."
    return f"There is no function {calls[0]['name']!r}. Call `{function.name}`."

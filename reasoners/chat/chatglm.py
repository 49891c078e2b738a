"""Asks in the form that ChatGLM3 was taught: the name of the function on a line, then a block with `tool_call(...)`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received
from reasoners.chat.calls_in_text import in_call
from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.telling import EXAMPLE, EXAMPLE_ARGUMENTS, EXAMPLE_NAME, as_keywords, declaration
from reasoners.chat.written import said

_CALL = "tool_call"
_NAME_LINE = re.compile(r"^[ \t]*+(?:<\|assistant\|>)?+[ \t`*]*+([\w.-]++)[ \t`*]*+$")
_FENCE = re.compile(r"[ \t]*+```[ \t]*+\w*+[ \t]*+")


@dataclass(frozen=True)
class ChatGlm:
    """ChatGLM3 and those that were taught like it; the values may be written as in Python or as in JSON."""

    def binding(self, function: Function) -> dict[str, Any]:
        return {}

    def instructions(self, function: Function) -> str:
        return (
            "Answer with the name of the tool on a line of its own, and below it a block of Python that calls "
            f"`{_CALL}` with each argument by its name, and with nothing after it. Texts stand in quotes, and a quote "
            "inside a text has a backslash before it. Without arguments the brackets are empty. Arguments that are "
            "not required and have no value are left out. For example, of another tool:\n\n"
            f"Tool `{EXAMPLE_NAME}`: its arguments are {EXAMPLE_ARGUMENTS}.\n"
            f"Answer:\n{EXAMPLE_NAME}\n```python\n{_CALL}({as_keywords(EXAMPLE)})\n```\n\n"
            "You have access to the following tools:\n"  # the words that the model knows from its training
            + json.dumps([declaration(function)], ensure_ascii=False)
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        if found is not None:
            return found
        text = said(reply)
        _check_name(text, function)
        found = in_call(text, _CALL, function)
        return in_plain_text(reply, function) if found is None else found

    def received(self, reply: AIMessage) -> str:
        return received(reply)


def _check_name(text: str, function: Function) -> None:
    """The line before the block names the function; where there is no such line, only one can be meant."""
    lines = [line for line in text.partition(f"{_CALL}(")[0].splitlines() if line.strip()]
    above = [line for line in lines if not _FENCE.fullmatch(line)]
    named = _NAME_LINE.match(above[-1]) if above and f"{_CALL}(" in text else None
    if named and named.group(1).lower() != function.name:
        raise Unreadable(f"There is no tool {named.group(1)!r}. Call `{function.name}`.")

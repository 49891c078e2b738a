"""Asks through `tools` and `tool_choice`; an answer with the JSON object in plain text is understood too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.telling import declaration
from reasoners.providers import ToolChoice


@dataclass(frozen=True)
class FunctionCalling:
    """One function per request. `tool_choice` is the form in which the server takes the demand to call it."""

    tool_choice: ToolChoice = "named"

    def binding(self, function: Function) -> dict[str, Any]:
        named = {"type": "function", "function": {"name": function.name}}
        return {
            "tools": [{"type": "function", "function": declaration(function)}],
            "tool_choice": named if self.tool_choice == "named" else self.tool_choice,
        }

    def instructions(self, function: Function) -> str:
        return (
            f"Answer by calling `{function.name}` once or, if you cannot, with the JSON object of its arguments alone."
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        return in_plain_text(reply, function) if found is None else found

    def received(self, reply: AIMessage) -> str:
        return received(reply)

"""The ways of asking by their names: one of them per model."""

from __future__ import annotations

from typing import assert_never

from reasoners.chat.call_text import CallText
from reasoners.chat.chatglm import ChatGlm
from reasoners.chat.driver import Driver
from reasoners.chat.function_calling import FunctionCalling
from reasoners.chat.json_output import JsonOutput
from reasoners.chat.older_functions import OlderFunctions
from reasoners.chat.react import ReAct
from reasoners.providers import DriverName, ToolChoice


def driver_named(name: DriverName, tool_choice: ToolChoice) -> Driver:
    """`tool_choice` is the server's, and counts where functions are called."""
    match name:
        case "tools":
            return FunctionCalling(tool_choice)
        case "functions":
            return OlderFunctions()
        case "json_schema":
            return JsonOutput(with_schema=True)
        case "json_object":
            return JsonOutput(with_schema=False)
        case "react":
            return ReAct()
        case "chatglm3":
            return ChatGlm()
        case "call_text":
            return CallText()
        case _:
            assert_never(name)

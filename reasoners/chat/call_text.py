"""Asks for the call as text, `function(argument=value)`, as Gorilla and models like it were taught to write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.telling import EXAMPLE, EXAMPLE_ARGUMENTS, EXAMPLE_NAME, as_keywords, explained


@dataclass(frozen=True)
class CallText:
    """The values may be written as in Python or as in JSON."""

    def binding(self, function: Function) -> dict[str, Any]:
        return {}

    def instructions(self, function: Function) -> str:
        return (
            "Your whole answer is one call of the function below, written as in Python, with each argument by its "
            "name, and nothing before or after it. Texts stand in quotes, and a quote inside a text has a backslash "
            "before it; lists stand in [ ], objects in { }. Without arguments the brackets are empty. Arguments that "
            "are not required and have no value are left out. For example, of another function:\n\n"
            f"Function `{EXAMPLE_NAME}`: its arguments are {EXAMPLE_ARGUMENTS}.\n"
            f"Answer: {EXAMPLE_NAME}({as_keywords(EXAMPLE)})\n\n"
            f"Your function is {explained(function)}"
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        return in_plain_text(reply, function) if found is None else found

    def received(self, reply: AIMessage) -> str:
        return received(reply)

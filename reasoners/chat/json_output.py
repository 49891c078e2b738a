"""Asks for one JSON object as the whole answer: held to a schema by the server, or only to being JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received
from reasoners.chat.driver import Arguments, Function
from reasoners.chat.telling import EXAMPLE, EXAMPLE_ARGUMENTS, EXAMPLE_NAME, as_json, explained


@dataclass(frozen=True)
class JsonOutput:
    """The prompt says all of it, as the schema is not shown to the model by every server, or not taken by it."""

    with_schema: bool = True
    """Whether the server is sent the schema, so that it can keep the model to it."""

    def binding(self, function: Function) -> dict[str, Any]:
        # Not `strict`: that wants every argument to be given, and who leaves one out says so with it.
        schema = {"name": function.name, "schema": function.schema}
        wanted = {"type": "json_schema", "json_schema": schema} if self.with_schema else {"type": "json_object"}
        return {"response_format": wanted}

    def instructions(self, function: Function) -> str:
        return (
            "Your whole answer is one JSON object: the arguments of the function below, and nothing before or after "
            "it. Calling the function means to write this object; without arguments it is {}. Arguments that are not "
            "required and have no value are left out. For example, of another function:\n\n"
            f"Function `{EXAMPLE_NAME}`: its arguments are {EXAMPLE_ARGUMENTS}.\n"
            f"Answer: {as_json(EXAMPLE)}\n\n"
            f"Your function is {explained(function)}"
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        return in_plain_text(reply, function) if found is None else found

    def received(self, reply: AIMessage) -> str:
        return received(reply)

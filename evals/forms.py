"""The forms in which a model can be asked and can answer, as a model sees them: from the request alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from pydantic import JsonValue

Form = Literal["tools", "functions", "json_schema", "json_object", "react", "chatglm3", "call_text"]
TextForm = Literal["json_schema", "json_object", "react", "chatglm3", "call_text"]

_TOOLS = re.compile(r"^You have access to the following tools:\n(\[.*\])$", re.MULTILINE)
_DECLARED = re.compile(r"^.*JSON Schema of the arguments of `([\w-]+)`:\n(\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Call:
    """A function call as a model writes it. A string as arguments is sent as it is, broken or not."""

    name: str
    arguments: Mapping[str, JsonValue] | str

    @property
    def written(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(dict(self.arguments))

    @property
    def keywords(self) -> str:
        """As between the brackets of a call in Python."""
        if isinstance(self.arguments, str):
            return self.arguments
        return ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())


def form_of(body: Mapping[str, JsonValue], text: str) -> Form:
    """What the request asks for, by its fields, else by the words of its prompt."""
    if body.get("tools"):
        return "tools"
    if body.get("functions"):
        return "functions"
    wanted = body.get("response_format")
    if isinstance(wanted, dict):
        return "json_schema" if wanted.get("type") == "json_schema" else "json_object"
    if "\nAction Input:" in text:
        return "react"
    if "\ntool_call(" in text:
        return "chatglm3"
    return "call_text" if "written as in Python" in text else "json_object"


def declared_in(text: str) -> dict[str, JsonValue]:
    """The function that a prompt describes in words; empty: it describes none."""
    if listed := _TOOLS.search(text):
        [tool] = json.loads(listed.group(1))
        return dict(tool)
    found = _DECLARED.search(text)
    return {"name": found.group(1), "parameters": json.loads(found.group(2))} if found else {}


def in_text(calls: Sequence[Call], form: TextForm) -> str:
    """The calls, one after the other, as a model writes them that was taught this form."""
    return "\n\n".join(_written(call, form) for call in calls)


def _written(call: Call, form: TextForm) -> str:
    match form:
        case "json_schema" | "json_object":
            return call.written
        case "react":
            return f"Thought: I know what to do.\nAction: {call.name}\nAction Input: {call.written}"
        case "chatglm3":
            return f"{call.name}\n ```python\ntool_call({call.keywords})\n```"
        case "call_text":
            return f"{call.name}({call.keywords})"
        case _:
            assert_never(form)

"""Asks through `functions` and `function_call`, the older form that some servers still know alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received, with_rationale
from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.function_calling import FunctionCalling
from reasoners.chat.telling import declaration
from reasoners.chat.written import refuse_if_cut_off, without_thoughts


@dataclass(frozen=True)
class OlderFunctions:
    """One function per request. A server that answers in the newer form is understood too."""

    def binding(self, function: Function) -> dict[str, Any]:
        return {"functions": [declaration(function)], "function_call": {"name": function.name}}

    def instructions(self, function: Function) -> str:
        return FunctionCalling().instructions(function)

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        if found is None and (call := _call(reply)):
            refuse_if_cut_off(reply)
            return with_rationale(_arguments(*call, function), function, without_thoughts(str(reply.text)))
        return in_plain_text(reply, function) if found is None else found

    def received(self, reply: AIMessage) -> str:
        call = _call(reply)
        return " ".join(filter(None, [received(reply), f"{call[0]}({call[1]})" if call else ""]))


def _call(reply: AIMessage) -> tuple[str, str] | None:
    """The name and the arguments as they came."""
    call = reply.additional_kwargs.get("function_call")
    if not isinstance(call, dict):
        return None
    given = call.get("arguments")
    # Some servers send the object where its text belongs.
    return str(call.get("name") or ""), given if isinstance(given, str) else json.dumps(given or {})


def _arguments(name: str, written: str, function: Function) -> Arguments:
    if name.strip().lower() != function.name:
        raise Unreadable(f"There is no function {name!r}. Call `{function.name}`.")
    if not written.strip() and not function.required:
        return {}
    try:
        read = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Unreadable(f"The arguments of `{name}` are not a complete JSON object.")
    return read

"""Asks in plain text as ReAct does: Thought, Action, Action Input, and a stop before the Observation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage

from reasoners.chat.called import called_in, in_plain_text, received, with_rationale
from reasoners.chat.calls_in_text import in_call
from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.literals import Illegible
from reasoners.chat.telling import EXAMPLE, EXAMPLE_NAME, as_json, explained
from reasoners.chat.written import as_prose, in_json, merged, object_at, said, unwrapped

_MARK = re.compile(
    r"^[ \t*_#>-]*+(thought|action[ _]input|action|observation|final[ _]answer)"
    r"[ \t]?\d{0,2}[*_ \t]{0,4}[::][*_]{0,2}",
    re.MULTILINE | re.IGNORECASE,
)
_BEFORE_INPUT = re.compile(r"\s*+(?:```\w*+\s*+)?+")


@dataclass(frozen=True)
class Part:
    """What stands after one of the words."""

    word: str
    text: str


@dataclass(frozen=True)
class ReAct:
    """One action per request: what is shown in the next request is the observation."""

    def binding(self, function: Function) -> dict[str, Any]:
        return {"stop": ["\nObservation:"]}  # else models go on with an observation of their own making

    def instructions(self, function: Function) -> str:
        thought, values = str(EXAMPLE["reason"]), {k: v for k, v in EXAMPLE.items() if k != "reason"}
        return (
            "Answer in exactly this form, and stop after it:\n\n"
            "Thought: one short sentence that says why\n"
            f"Action: {function.name}\n"
            "Action Input: one JSON object, the arguments of the action; without arguments it is {}\n\n"
            "Calling the function means to write these lines. Never write an Observation: it comes from outside. "
            "Arguments that are not required and have no value are left out. For example, of another action:\n\n"
            f"Thought: {thought}\nAction: {EXAMPLE_NAME}\nAction Input: {as_json(values)}\n\n"
            f"Your only action is {explained(function)}"
        )

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        found = called_in(reply, function)
        if found is not None:
            return found
        text = said(reply)
        parts = list(_parts(text))
        if not parts:
            return in_plain_text(reply, function)
        thought = next((p.text for p in parts if p.word == "thought"), "")
        if any(p.word == "action" for p in parts):
            return with_rationale(merged(_actions(parts, function)), function, thought)
        return with_rationale(_final(parts, function), function, thought)

    def received(self, reply: AIMessage) -> str:
        return received(reply)


def _parts(text: str) -> Iterator[Part]:
    """What was said before the first observation: after it, a model only imagines."""
    marks, end = list(_MARK.finditer(text)), 0
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        word = mark.group(1).lower().replace("_", " ")
        if mark.start() < end:
            continue  # in a text of the input before
        if word == "observation":
            return
        upto = following.start() if following else len(text)
        if word == "action input":
            end = _end_of_object(text, mark.end())
        yield Part(word, text[mark.end() : max(upto, end)].strip())


def _end_of_object(text: str, at: int) -> int:
    try:
        return object_at(text, _start(text, at))[1]
    except Illegible:
        return at


def _start(text: str, at: int) -> int:
    begins = _BEFORE_INPUT.match(text, at)
    return begins.end() if begins else at


def _actions(parts: Sequence[Part], function: Function) -> list[Arguments]:
    actions = []
    for part, following in zip(parts, [*parts[1:], None], strict=False):
        if part.word == "action":
            given = following.text if following and following.word == "action input" else None
            actions.append(_action(part.text, given, function))
    return actions


def _action(named: str, given: str | None, function: Function) -> Arguments:
    name = named.strip(" \t\n`*'\"[]().")
    if given is None and (called := in_call(named, function.name, function)) is not None:
        return called
    if name.lower().removesuffix("()") != function.name:
        raise Unreadable(f"There is no action {name[:100]!r}. The only action is `{function.name}`.")
    if given is None:
        raise Unreadable("After the line `Action:` the line `Action Input:` is missing.")
    if not given.strip("`").strip() and not function.required:
        return {}
    try:
        return unwrapped(object_at(given, _start(given, 0))[0], function)
    except Illegible as illegible:
        raise Unreadable(f"`Action Input` is not a complete JSON object: {illegible}.") from None


def _final(parts: Sequence[Part], function: Function) -> Arguments:
    """Who has nothing to call gives a final answer; without one, a thought is all there is."""
    final = next((p.text for p in parts if p.word == "final answer"), "")
    found = in_json(final, function)
    given = as_prose(final, function) if found is None else found
    if given is None:
        raise Unreadable("The answer holds no line `Action:` with its `Action Input:`.")
    return given

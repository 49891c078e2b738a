"""Finds calls that a model wrote as text, `function(argument=value)`; they are read, and never run."""

from __future__ import annotations

import re
from itertools import islice

from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.literals import Illegible, Written, arguments_at
from reasoners.chat.written import are_arguments, merged

_TRIED = 64  # places where a call may begin


def in_call(text: str, name: str, function: Function) -> Arguments | None:
    """What is given in brackets after the name; None: it is called nowhere. Raises Unreadable."""
    calls, problem, end = [], "", 0
    for at in _openings(text, name):
        if at < end:
            continue  # in a text of the call before
        try:
            written = arguments_at(text, at)
            end = written.end
            calls.append(_named(written, function))
        except Illegible as illegible:
            problem = problem or f"The call of `{name}` cannot be read: {illegible}."
    if calls:
        return merged(calls)
    if problem:
        raise Unreadable(problem)
    return None


def calls_first(text: str, name: str) -> bool:
    """Whether a call begins ahead of any object: what stands in its brackets is then no answer by itself."""
    opening, brace = next(iter(_openings(text, name)), None), text.find("{")
    return opening is not None and not 0 <= brace < opening


def _openings(text: str, name: str) -> list[int]:
    found = re.finditer(rf"(?<!\w){re.escape(name)} ?\(", text, re.IGNORECASE)
    return [opening.end() for opening in islice(found, _TRIED)]


def _named(written: Written, function: Function) -> Arguments:
    """One value without a name is the object of the arguments, or the one argument that has to be given."""
    given = written.named
    if len(written.placed) == 1 and not given:
        [placed] = written.placed
        given = placed if isinstance(placed, dict) else dict.fromkeys(function.required[:1], placed)
    elif written.placed:
        raise Illegible("every argument needs its name")
    if not are_arguments(given, function):
        raise Illegible(f"it gives none of the arguments {', '.join(function.properties)}")
    return given

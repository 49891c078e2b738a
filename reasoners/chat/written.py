"""Finds the arguments in what a model wrote as text: past thoughts, whatever stands around them, never half of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import cast

from langchain_core.messages import AIMessage
from pydantic import JsonValue

from reasoners.chat.driver import Arguments, Function, Unreadable
from reasoners.chat.literals import Illegible, value_at
from reasoners.chat.reading import parsed

LONGEST = 200_000
"""Characters of an answer without its thoughts; no decision takes more, and reading it would keep others waiting."""
_MOST_CALLS = 64

_THOUGHT = re.compile(
    r"<(/?)(?:think|thinking|thought|thoughts|reasoning)>|\[(/?)THINK\]|◁(/?)think▷",
)
_EMPTY = re.compile(r"\{\s*+\}")
_BEGUN = re.compile(r"""\{\s*+(["'])[^"'\n]{0,100}\1\s*+:""")
"""An object of which at least a name is there."""


def said(reply: AIMessage) -> str:
    """The answer in words, without thoughts. Raises Unreadable for one without a proper end."""
    refuse_if_cut_off(reply)
    text = without_thoughts(str(reply.text)).strip()
    if len(text) > LONGEST:
        raise Unreadable("The answer is far too long. Answer more briefly.")
    return text


def refuse_if_cut_off(reply: AIMessage) -> None:
    if reply.response_metadata.get("finish_reason") == "length":
        raise Unreadable("The answer was cut off because it grew too long. Answer more briefly.")


def without_thoughts(text: str) -> str:
    """Also without those of which the template swallowed the beginning, or which never came to an end."""
    kept: list[str] = []
    at, thinking = 0, False
    for tag in _THOUGHT.finditer(text):
        if not thinking:
            kept.append(text[at : tag.start()])
        closes = "/" in tag.groups()
        if closes and not thinking:
            kept.clear()
        at, thinking = tag.end(), not closes
    return "".join(kept) + ("" if thinking else text[at:])


def in_json(text: str, function: Function) -> Arguments | None:
    """The JSON object that holds arguments of the function, or what several of them say together."""
    found = (unwrapped(given, function) for given in objects(text))
    calls = [arguments for arguments in found if are_arguments(arguments, function)]
    return merged(calls) if calls else None


def are_arguments(given: Arguments, function: Function) -> bool:
    return bool(given.keys() & function.properties.keys()) or not (given or function.required)


def as_prose(text: str, function: Function) -> Arguments | None:
    """Plain words where they are all that is wanted; of several allowed values the one that stands in them."""
    if not function.prose or not text or "{" in text:
        return None
    schema = function.properties[function.prose]
    allowed = schema.get("enum") if isinstance(schema, dict) else None
    if not isinstance(allowed, list):
        return {function.prose: text}
    named = [str(value) for value in allowed if re.search(rf"\b{re.escape(str(value))}\b", text, re.IGNORECASE)]
    return {function.prose: named[0]} if len(named) == 1 else None


def unwrapped(found: dict[str, JsonValue], function: Function) -> dict[str, JsonValue]:
    """Some models write the call itself as text: `{"name": ..., "arguments": {...}}`."""
    call = found.get("function", found)
    calls = found.get("tool_calls")
    if isinstance(calls, list) and calls and isinstance(calls[0], dict):
        return unwrapped(calls[0], function)
    if not isinstance(call, dict) or call.get("name") != function.name:
        return found
    inner = parsed(call.get("arguments", call.get("parameters")))
    return inner if isinstance(inner, dict) else found


def objects(text: str) -> Iterator[dict[str, JsonValue]]:
    """Every complete object, outermost only. None is mended: half a list is not a choice."""
    at = text.find("{")
    while at >= 0:
        try:
            found, end = object_at(text, at)
        except Illegible:
            if _BEGUN.match(text, at):
                return  # what stands inside a broken object is no answer, and going over it again takes time
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def object_at(text: str, at: int) -> tuple[dict[str, JsonValue], int]:
    """The object that begins at a place, in JSON or in Python's way of writing, and its end. Raises Illegible."""
    if not (_BEGUN.match(text, at) or _EMPTY.match(text, at)):
        raise Illegible(f"what stands at {text[at : at + 30]!r} is no JSON object")
    read, end = _decoded(text, at) or value_at(text, at)
    return cast(dict[str, JsonValue], read), end  # as it begins like one


def _decoded(text: str, at: int) -> tuple[JsonValue, int] | None:
    """By the faster reader, which knows JSON only."""
    try:
        return cast(tuple[JsonValue, int], json.JSONDecoder(strict=False).raw_decode(text, at))
    except (ValueError, RecursionError):
        return None


def merged(calls: Sequence[Arguments]) -> Arguments:
    """Several calls of one function as one: lists and objects joined, texts one after the other."""
    if len(calls) > _MOST_CALLS:
        raise Unreadable("There are too many calls in one answer. Make one call.")
    joined: dict[str, JsonValue] = dict(calls[0])
    for n, call in enumerate(calls[1:], start=1):
        if call in calls[:n]:
            continue
        for name, value in call.items():
            joined[name] = _joined(name, joined[name], value) if name in joined else value
    return joined


def _joined(name: str, one: JsonValue, other: JsonValue) -> JsonValue:
    if one == other:
        return one
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **other}
    if isinstance(one, str) and isinstance(other, str):
        return f"{one} {other}"
    raise Unreadable(f"Two calls in one answer contradict each other on {name!r}. Make one call.")

"""The evidence for a proposed value: its place in the question or an earlier response; without one it was invented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import get_args

from pydantic import JsonValue

from catalog.models import JsonType, Parameter
from reasoners.protocol import Origin, Result
from reasoners.said_amounts import amount, same_number
from reasoners.said_words import flag, text
from reasoners.words import name_words, stem

LEAVES_LIMIT = 20_000
SpanOf = tuple[int, int]
_TYPES: dict[str, JsonType] = {name: name for name in get_args(JsonType)}


def find_origin(
    value: JsonValue,
    parameter: Parameter,
    query: str,
    earlier: Sequence[Result],
    *,
    today: date | None = None,
) -> Origin | None:
    """Where this value comes from; None: nothing speaks for it, so it must be dropped."""
    span = _in_question(value, parameter, query, today)
    if span is not None:
        return Origin("query", start=span[0], end=span[1])
    for result in reversed(earlier):
        pointer = _in_response(value, parameter, result.response)
        if pointer is not None:
            return Origin("step", step=result.step.id, pointer=pointer)
    return None


def _in_question(value: JsonValue, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return flag(parameter, query)
    if isinstance(value, int | float):
        return amount(value, parameter, query, today)
    if isinstance(value, str):
        return text(value, parameter, query, today)
    return hull([_in_question(part, inner, query, today) for part, inner in parts_of(value, parameter)])


def parts_of(value: list[JsonValue] | dict[str, JsonValue], parameter: Parameter) -> list[tuple[JsonValue, Parameter]]:
    """The items or properties of a value, each with what the parameter's schema says of it."""
    if isinstance(value, list):
        item = _inner(parameter.name, parameter.constraints.get("items"), parameter)
        return [(part, item) for part in value]
    known = parameter.constraints.get("properties")
    properties = known if isinstance(known, dict) else {}
    return [(part, _inner(name, properties.get(name), parameter)) for name, part in value.items()]


def _inner(name: str, schema: JsonValue, around: Parameter) -> Parameter:
    """What the schema leaves unsaid, the parameter around it says."""
    given = schema if isinstance(schema, dict) else {}
    about, allowed = given.get("description"), given.get("enum")
    listed = name == around.name
    return Parameter(
        name=name or around.name,
        type=_TYPES.get(str(given.get("type")), "string"),
        description=f"{about or ''} {around.description if listed else ''}".strip(),
        enum=tuple(allowed) if isinstance(allowed, list) else around.enum if listed else (),
        constraints={key: given[key] for key in ("items", "properties", "format") if key in given},
    )


def hull(found: Sequence[SpanOf | None]) -> SpanOf | None:
    """The span around all of them; None as soon as one is missing."""
    known = [span for span in found if span is not None]
    if not known or len(known) < len(found):
        return None
    return min(start for start, _ in known), max(end for _, end in known)


def _in_response(value: JsonValue, parameter: Parameter, response: JsonValue) -> str | None:
    """The JSON pointer of this value in a response. Small values count only under a key of the parameter's name."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    key_words = {stem(word) for word in name_words(parameter.name)}
    weak: str | None = None
    for pointer, leaf in nodes(response):
        if not _equal(value, leaf):
            continue
        key = re.sub(r"/\d+$", "", pointer).rpartition("/")[2]
        if key_words & {stem(word) for word in name_words(key)}:
            return pointer
        weak = weak if weak is not None or not _telling(value) else pointer
    return weak


def _telling(value: JsonValue) -> bool:
    """Whether a value is rare enough to be the same thing wherever it stands."""
    if isinstance(value, bool):
        return False
    return abs(value) >= 100 if isinstance(value, int | float) else not isinstance(value, str) or len(value) > 2


def _equal(value: JsonValue, leaf: JsonValue) -> bool:
    if isinstance(value, bool) or isinstance(leaf, bool):
        return value is leaf
    if isinstance(value, list | dict) or isinstance(leaf, list | dict):
        return type(value) is type(leaf) and value == leaf
    if isinstance(value, int | float) and isinstance(leaf, int | float):
        return same_number(value, leaf)
    return leaf is not None and str(value).strip().casefold() == str(leaf).strip().casefold()


def nodes(response: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Everything in a response with its JSON pointer, in the order it stands, up to a limit."""
    stack: list[Iterator[tuple[str, JsonValue]]] = [iter([("", response)])]
    for _ in range(2 * LEAVES_LIMIT):
        if not stack:
            return
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        else:
            yield found
            stack.append(_children(*found))


def _children(pointer: str, node: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(node, Mapping):
        return ((f"{pointer}/{escaped(key)}", child) for key, child in node.items())
    if isinstance(node, list):
        return ((f"{pointer}/{at}", child) for at, child in enumerate(node))
    return iter(())


def escaped(key: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")

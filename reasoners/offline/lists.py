"""Lists in a question: written as JSON, in quotes, as numbers, or with commas and "and"."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.numbers import numbers
from reasoners.offline.formats import QUOTED
from reasoners.offline.members import denied
from reasoners.offline.spans import Span

LITERAL_LIMIT = 4_000
DEPTH_LIMIT = 30
BETWEEN = re.compile(r"\s*(?:,\s*(?:and|or)?|and|or|&)\s*", re.I)


def lists(text: str, parameter: Parameter) -> Iterator[Span]:
    """Values for an array or object parameter."""
    for start, end, value in literals(text):
        if isinstance(value, list) == (parameter.type == "array"):
            yield Span(start, end, value, 0.92, "literal")
    if parameter.type != "array":
        return
    kind = _item_type(parameter)
    if kind in ("integer", "number"):
        yield from _number_lists(text, kind)
    elif kind == "string":
        yield from _members(text, parameter)
        yield from _quotes(text, parameter)


def _item_type(parameter: Parameter) -> str:
    items = parameter.constraints.get("items")
    declared = items.get("type") if isinstance(items, Mapping) else None
    return {"float": "number"}.get(str(declared), str(declared or "string"))


def literals(text: str) -> Iterator[tuple[int, int, JsonValue]]:
    """Lists and objects written out in the text, as JSON or nearly so."""
    at = 0
    while (opening := re.compile(r"[\[{]").search(text, at)) is not None:
        end = _closing(text, opening.start())
        value = _parsed(text[opening.start() : end]) if end else None
        if end and value is not None:
            yield opening.start(), end, value
            at = end
        else:
            at = opening.end()


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for at in range(start, min(len(text), start + LITERAL_LIMIT)):
        depth += (text[at] in "[{") - (text[at] in "]}")
        if depth == 0:
            return at + 1
        if depth > DEPTH_LIMIT:
            return None
    return None


def _parsed(text: str) -> list[JsonValue] | dict[str, JsonValue] | None:
    try:
        value = json.loads(text)
    except ValueError:
        value = _literal(text)
    return value if isinstance(value, list | dict) else None


def _literal(text: str) -> JsonValue:
    """With single quotes, as people write lists: `['a', 'b']`."""
    try:
        value: JsonValue = json.loads(json.dumps(ast.literal_eval(text)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value


def _number_lists(text: str, kind: str) -> Iterator[Span]:
    """At least two numbers with nothing but commas and "and" between."""
    found = numbers(text)
    at = 0
    while at < len(found):
        last = at
        while last + 1 < len(found) and BETWEEN.fullmatch(text[found[last].end : found[last + 1].start]):
            last += 1
        if last > at:
            values = [number.value for number in found[at : last + 1]]
            if kind == "number" or all(isinstance(value, int) for value in values):
                yield Span(found[at].start, found[last].end, list(values), 0.85, "numbers")
        at = last + 1


def _members(text: str, parameter: Parameter) -> Iterator[Span]:
    items = parameter.constraints.get("items")
    enum = items.get("enum") if isinstance(items, Mapping) else parameter.enum
    if not isinstance(enum, list | tuple) or not enum:
        return
    named = [(match.start(), match.end(), member) for member in enum if isinstance(member, str) and len(member) > 2
             for match in [re.search(rf"(?<!\w){_spoken(member)}(?:s|es)?(?!\w)", text, re.I)]
             if match and not denied(text, match.start())]  # fmt: skip
    if named:
        named.sort()
        yield Span(named[0][0], max(end for _, end, _ in named), [member for _, _, member in named], 0.85, "members")


def _spoken(member: str) -> str:
    """ "sea_view" is said "sea view"."""
    return r"[\s_-]?".join(map(re.escape, re.split(r"[\s_-]+", member)))


def _quotes(text: str, parameter: Parameter) -> Iterator[Span]:
    found = list(QUOTED.finditer(text))
    if found and all(BETWEEN.fullmatch(text[left.end() : right.start()]) for left, right in pairwise(found)):
        values: list[JsonValue] = [match[match.lastindex or 0] for match in found]
        yield Span(
            found[0].start(),
            found[-1].end(),
            values,
            (0.85 if len(values) > 1 else 0.8) if parameter.required else 0.4,
            "quotes",
        )


def enumerated(text: str, start: int, end: int) -> list[JsonValue]:
    """The parts of "tomato, rice and basil"."""
    return [
        part.strip() for part in re.split(r"\s*,\s*(?:and|or)?\s*|\s+(?:and|or|&)\s+", text[start:end]) if part.strip()
    ]

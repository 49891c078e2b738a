"""Holds a model to the place that it names for a value: words of the question, or a spot in an earlier result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.chat.answering import found_at
from reasoners.chat.forming import in_form
from reasoners.chat.reading import parsed
from reasoners.evidence import find_origin
from reasoners.protocol import Band, Origin, Result, Value

_DAY_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?|\d{1,2}:\d\d(?::\d\d)?")


@dataclass(frozen=True)
class Sources:
    """All that a value may come from."""

    query: str
    earlier: Sequence[Result]
    today: date


def quoted_value(value: JsonValue, parameter: Parameter, quote: str, sources: Sources) -> Value | None:
    """The value with its place; None: nothing speaks for it. What only the model reads so is to be confirmed."""
    quote = quote.strip()
    if stated := _in_quote(value, parameter, quote, sources) or _cited(value, parameter, quote, sources.earlier):
        return Value(_as_it_stands(value, stated, parameter, sources.earlier), stated)
    anywhere = find_origin(value, parameter, sources.query, sources.earlier, today=sources.today)
    if anywhere is not None:
        return Value(_as_it_stands(value, anywhere, parameter, sources.earlier), anywhere)
    at = _place(quote, sources.query)
    band = _as_read(value, parameter, quote) if 0 < len(quote) < len(sources.query.strip()) else None
    return Value(value, Origin("query", start=at, end=at + len(quote)), band) if at >= 0 and band else None


def _as_it_stands(value: JsonValue, origin: Origin, parameter: Parameter, earlier: Sequence[Result]) -> JsonValue:
    """A text of an earlier result in the spelling that it has there: "C1001" where the model wrote "c1001"."""
    leaf = next((found_at(r.response, origin.pointer or "") for r in earlier if r.step.id == origin.step), None)
    same = isinstance(leaf, str) and isinstance(value, str) and leaf.casefold() == value.casefold()
    return in_form(leaf, parameter) if same else value


def _place(quote: str, query: str) -> int:
    found = re.search(re.escape(quote), query, re.IGNORECASE) if quote else None
    return found.start() if found else -1


def _in_quote(value: JsonValue, parameter: Parameter, quote: str, sources: Sources) -> Origin | None:
    """In the quoted words, which say which of several places is meant; whole words, also where none are spaced."""
    at = _place(quote, sources.query)
    found = find_origin(value, parameter, quote, (), today=sources.today) if at >= 0 else None
    if found is None or found.start is None or found.end is None:
        return None
    return Origin("query", start=found.start + at, end=found.end + at)


def _cited(value: JsonValue, parameter: Parameter, quote: str, earlier: Sequence[Result]) -> Origin | None:
    """At a place written `step/pointer`, if the value stands there: however small, it was not found by chance."""
    step, slash, rest = quote.removeprefix("step ").partition("/")
    for result in earlier:
        if slash and result.step.id == step:
            leaf = found_at(result.response, f"/{rest}")
            if leaf is not None and in_form(leaf, parameter) == value:
                return Origin("step", step=step, pointer=f"/{rest}")
    return None


def _as_read(value: JsonValue, parameter: Parameter, quote: str) -> Band | None:
    """What the model read into words that do not hold the value as such: "broken" as one of the allowed values,
    "München" as Munich. Numbers and ids are copied, or wrong: had the words a figure, it would have been found.
    """
    if isinstance(value, bool) or (parameter.enum and not isinstance(value, list | dict)):
        return "take"
    if isinstance(value, str):
        figures = any(c.isdigit() for c in value)
        return "confirm" if not figures or _DAY_OR_TIME.fullmatch(value) else None
    return "confirm" if isinstance(value, int | float) and not any(c.isdigit() for c in quote) else None


def quotes_in(given: JsonValue) -> Mapping[str, str]:
    """The quote of each argument: from a list of `{parameter, from}`, or from an object by name."""
    given = parsed(given)
    if isinstance(given, dict):
        return {name: quote for name, quote in given.items() if isinstance(quote, str)}
    pairs = (
        [(e.get("parameter"), e.get("from")) for e in given if isinstance(e, dict)] if isinstance(given, list) else []
    )
    return {name: quote for name, quote in pairs if isinstance(name, str) and isinstance(quote, str)}

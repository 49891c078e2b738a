"""Holds a model to the place that it names for a value: words of the question, or a spot in an earlier result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import JsonValue

from catalog.models import Parameter
from catalog.tokens import STOP_WORDS
from reasoners.chat.answering import found_at
from reasoners.chat.forming import in_form
from reasoners.chat.reading import parsed
from reasoners.evidence import SpanOf, find_origin, parts_of
from reasoners.protocol import Band, Origin, Result, Value
from reasoners.said_words import flag, is_switch, verbatim
from reasoners.words import name_words, stem, stems, tokens

_ADDRESS = re.compile(r"@|://|www\.")
_ENUM_LOOKED_THROUGH = 200
_MOST_OF_IT = 0.8  # of a question's length; a quote that long points at nothing
_FEW_WORDS = 7  # of a quote that gives one value; a clause may hold whatever a model wants
_DECIDING = frozenset({"off", "out", "no", "not", "nor", "without", "never", "only", "all", "any", "most", "more"})
"""Stop words that may decide a yes or no, or a choice, all by themselves: "take me off the list"."""
_DAY_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?|\d{1,2}:\d\d(?::\d\d)?")


@dataclass(frozen=True)
class Sources:
    """All that a value may come from."""

    query: str
    earlier: Sequence[Result]
    today: date
    known: frozenset[str] = frozenset()
    """Stems of the words that every question to this API has: they give no value."""


@dataclass(frozen=True)
class Proposed:
    """A value in its parameter's form, and the words that the model names for it."""

    value: JsonValue
    parameter: Parameter
    quote: str


def evident(proposed: Sequence[Proposed], sources: Sources) -> dict[str, Value]:
    """The proposals that something speaks for, by parameter. Those that stand there are looked at first: what a
    model only reads into the question, it must read from other words than theirs.
    """
    stated = {p.parameter.name: stated_value(p.value, p.parameter, p.quote, sources) for p in proposed}
    values = {name: value for name, value in stated.items() if value is not None}
    for borrowed in _borrowed(proposed, values, sources.query):
        del values[borrowed]
    used = [(v.origin.start, v.origin.end) for v in values.values() if v.origin.start is not None and v.origin.end]
    unstated = [p for p in proposed if stated[p.parameter.name] is None]
    for p in sorted(unstated, key=lambda p: not p.parameter.required):
        if read := read_value(p.value, p.parameter, p.quote, sources, used):
            values[p.parameter.name] = read
            used.append((read.origin.start or 0, read.origin.end or 0))
        elif _must_be_chosen(p):
            values[p.parameter.name] = Value(p.value, Origin("query"), "confirm")
    return values


def _must_be_chosen(proposed: Proposed) -> bool:
    """One of a few values that the form asks for in any case: what the model thinks may stand in it beforehand."""
    parameter = proposed.parameter
    given = is_switch(proposed.value, parameter) or (bool(parameter.enum) and proposed.value in parameter.enum)
    return given and parameter.required and parameter.default is None and not proposed.quote.strip()


def _borrowed(proposed: Sequence[Proposed], values: Mapping[str, Value], query: str) -> list[str]:
    """Optional numbers whose only place is that of another value, and that the question does not speak of: chance."""
    said = set(stems(query))
    found: list[str] = []
    for p in proposed:
        value = values.get(p.parameter.name)
        if value is None or p.parameter.required or not _is_figure(value, query):
            continue
        own = {stem(word) for word in name_words(p.parameter.name)}
        others = [v for name, v in values.items() if name != p.parameter.name and name not in found]
        if not own & said and any(_within(value.origin, other.origin) for other in others):
            found.append(p.parameter.name)
    return found


def _is_figure(value: Value, query: str) -> bool:
    """A number that stands in the question as one."""
    is_number = isinstance(value.value, int | float) and not isinstance(value.value, bool)
    return is_number and any(c.isdigit() for c in query[value.origin.start or 0 : value.origin.end or 0])


def _within(inner: Origin, outer: Origin) -> bool:
    if inner.start is None or inner.end is None or outer.start is None or outer.end is None:
        return False
    return outer.start <= inner.start and inner.end <= outer.end


def stated_value(value: JsonValue, parameter: Parameter, quote: str, sources: Sources) -> Value | None:
    """The value with the place where it stands, in whatever form; the quoted words say which of several."""
    quote = quote.strip()
    if is_switch(value, parameter):
        return _switched(value, parameter, sources)
    stated = _in_quote(value, parameter, quote, sources) or _cited(value, parameter, quote, sources.earlier)
    stated = stated or find_origin(value, parameter, sources.query, sources.earlier, today=sources.today)
    return Value(_as_it_stands(value, stated, parameter, sources.earlier), stated) if stated else None


def _switched(value: JsonValue, parameter: Parameter, sources: Sources) -> Value | None:
    """By a word of the switch's name that the API's text does not have anyway, or by all of them; else by a quote."""
    found = flag(parameter, sources.query, sources.known)
    if found is None and (whole := find_origin(value, parameter, "", sources.earlier)):
        return Value(value, whole)
    return Value(value, Origin("query", start=found[0], end=found[1])) if found else None


def read_value(
    value: JsonValue, parameter: Parameter, quote: str, sources: Sources, used: Sequence[SpanOf] = ()
) -> Value | None:
    """What only the model reads so, from words of the question that give no other value; None: from nothing."""
    quote = quote.strip()
    if not 0 < len(quote) < _MOST_OF_IT * len(sources.query.strip()) or (at := _place(quote, sources.query)) < 0:
        return None
    if isinstance(value, list | dict):
        return _read_parts(value, parameter, quote, sources, used)
    if not _left_to_read(parameter, quote, at, sources, used):
        return None
    band = _as_read(value, parameter, quote)
    return Value(value, Origin("query", start=at, end=at + len(quote)), band) if band else None


def _read_parts(
    value: list[JsonValue] | dict[str, JsonValue],
    parameter: Parameter,
    quote: str,
    sources: Sources,
    used: Sequence[SpanOf],
) -> Value | None:
    """All items of a list; of an object the properties that something speaks for, if it may lack the others."""
    found = [
        stated_value(part, inner, quote, sources) or read_value(part, inner, quote, sources, used)
        for part, inner in parts_of(value, parameter)
    ]
    kept = [part for part in found if part is not None]
    if not kept or (isinstance(value, list) and len(kept) < len(found)):
        return None
    starts = [v.origin.start for v in kept if v.origin.start is not None]
    ends = [v.origin.end for v in kept if v.origin.end is not None]
    if not starts or not ends:
        return None
    origin = Origin("query", start=min(starts), end=max(ends))
    whole = len(kept) == len(found) and all(v.band == "take" for v in kept)
    band: Band = "take" if whole else "confirm"
    if isinstance(value, list):
        return Value([v.value for v in kept], origin, band)
    named = {name: v.value for name, v in zip(value, found, strict=True) if v is not None}
    return Value(named, origin, band) if _may_lack(parameter, set(value) - set(named)) else None


def _may_lack(parameter: Parameter, names: set[str]) -> bool:
    required = parameter.constraints.get("required")
    return not (isinstance(required, list) and names & {name for name in required if isinstance(name, str)})


def _left_to_read(parameter: Parameter, quote: str, at: int, sources: Sources, used: Sequence[SpanOf]) -> bool:
    """Whether the quote has a word that neither gives another value nor only names the API."""
    own = {stem(word) for word in name_words(parameter.name)} | set(stems(parameter.description))
    empty = STOP_WORDS - _DECIDING if parameter.type == "boolean" or parameter.enum else STOP_WORDS
    for token in tokens(quote):
        start, end = token.start + at, token.end + at
        taken = any(first <= start and end <= last for first, last in used)
        known = token.stem in sources.known and token.stem not in own
        if not (taken or known or token.text.casefold() in empty):
            return True
    return False


def _as_it_stands(value: JsonValue, origin: Origin, parameter: Parameter, earlier: Sequence[Result]) -> JsonValue:
    """A text of an earlier result in the spelling that it has there: "C1001" where the model wrote "c1001"."""
    leaf = next((found_at(r.response, origin.pointer or "") for r in earlier if r.step.id == origin.step), None)
    same = isinstance(leaf, str) and isinstance(value, str) and leaf.casefold() == value.casefold()
    return in_form(leaf, parameter) if same else value


def _place(quote: str, query: str) -> int:
    """As whole words where it stands so: "2" is not to be found in "2023"."""
    rule = re.escape(quote)
    found = quote and (
        re.search(rf"(?<!\w){rule}(?!\w)", query, re.IGNORECASE) or re.search(rule, query, re.IGNORECASE)
    )
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
    if isinstance(value, bool) or parameter.enum:
        vague = len(quote.split()) > _FEW_WORDS or _names_another(value, parameter, quote)
        return "confirm" if vague else "take"
    if isinstance(value, str):
        copied = any(c.isdigit() for c in value) or _ADDRESS.search(value)
        return "confirm" if not copied or _DAY_OR_TIME.fullmatch(value) else None
    return "confirm" if isinstance(value, int | float) and not any(c.isdigit() for c in quote) else None


def _names_another(value: JsonValue, parameter: Parameter, quote: str) -> bool:
    """Whether the quote holds another of the allowed values, as it is written."""
    texts = [other for other in parameter.enum[:_ENUM_LOOKED_THROUGH] if isinstance(other, str) and other != value]
    return any(verbatim(other, quote) for other in texts)


def quotes_in(given: JsonValue) -> Mapping[str, str]:
    """The quote of each argument: from a list of `{parameter, from}`, or from an object by name."""
    given = parsed(given)
    if isinstance(given, dict):
        return {name: quote for name, quote in given.items() if isinstance(quote, str)}
    pairs = (
        [(e.get("parameter"), e.get("from")) for e in given if isinstance(e, dict)] if isinstance(given, list) else []
    )
    return {name: quote for name, quote in pairs if isinstance(name, str) and isinstance(quote, str)}

"""Questions with the function calls that are right for them, each call an API with a part of the question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.models import Api
from evals.parameters import api_of, rows, same
from reasoners.dates import days

_SAYS_TODAY = re.compile(r"\b(?:current (?:date|time)|today)(?:'s date)?(?: in \w+)? is\b", re.IGNORECASE)


@dataclass(frozen=True)
class Acceptable:
    """What a parameter may be: one of these values, or nothing at all."""

    values: tuple[JsonValue, ...]
    may_be_left_out: bool
    nested: bool
    """Inside an object, every property has a list of acceptable values again."""

    def accepts(self, value: JsonValue) -> bool:
        return any(_accepted(value, right, self.nested) for right in self.values)

    def examples(self) -> Iterator[JsonValue]:
        """The values as they would be sent."""
        return (_example(value) if self.nested else value for value in self.values)


@dataclass(frozen=True)
class GoldCall:
    """A call that is right, or, without arguments, a function that should not be called."""

    api: Api
    part: str
    """The words of the question that it is for, as a good plan would say."""
    arguments: Mapping[str, Acceptable] | None

    def accepts(self, name: str, value: JsonValue) -> bool:
        """Whether this value may be sent; a declared default may always be."""
        right = (self.arguments or {}).get(name)
        if right is not None and right.accepts(value):
            return True
        parameter = self.api.parameter(name)
        return parameter is not None and parameter.default is not None and same(value, parameter.default)

    def needed(self) -> set[str]:
        return {name for name, right in (self.arguments or {}).items() if not right.may_be_left_out}


@dataclass(frozen=True)
class Item:
    """A question as the service would get it, and its calls."""

    id: str
    set: str
    query: str
    today: date | None
    """The day on which it was asked, where the data says so."""
    calls: tuple[GoldCall, ...]


def items(path: Path, sets: Sequence[str] = ()) -> Iterator[Item]:
    """The items of the named sets, in their order; a name also stands for all sets that begin with it.

    Raises UnreadableDocument.
    """
    try:
        for number, row in enumerate(rows(path), start=1):
            if not sets or any(str(row.get("set", "")).startswith(name) for name in sets):
                yield _item(row, number)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, OSError | ValueError) else f"an item lacks {error}"
        raise UnreadableDocument(str(path), reason) from None


def _item(row: Mapping[str, JsonValue], number: int) -> Item:
    """The query is what the person says. A context (the hour, a profile) is what a client would say with it."""
    context, said = str(row.get("context") or ""), str(row["query"])
    query = f"{context}\n{said}" if context else said
    apis = {api.name: api for api in map(api_of, _objects(row["functions"]))}
    gold = [(apis[str(call["name"])], acceptable(call, row)) for call in _objects(row["gold"]) if call["name"] in apis]
    parts = parts_of(query, [arguments for _, arguments in gold])
    calls = [GoldCall(api, part, arguments) for (api, arguments), part in zip(gold, parts, strict=True)]
    if not row["gold"]:
        calls = [GoldCall(api, query, None) for api in apis.values()]
    return Item(str(row.get("id", number)), str(row.get("set", "")), query, _today(row, context), tuple(calls))


def _objects(given: JsonValue) -> list[dict[str, JsonValue]]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def acceptable(call: Mapping[str, JsonValue], row: Mapping[str, JsonValue]) -> dict[str, Acceptable]:
    nested = row.get("alternatives") == "nested"
    arguments = call.get("arguments")
    listed = {
        k: v if isinstance(v, list) else [v] for k, v in (arguments if isinstance(arguments, dict) else {}).items()
    }
    return {
        name: Acceptable(tuple(v for v in values if not (nested and v == "")), nested and "" in values, nested)
        for name, values in listed.items()
    }


def _today(row: Mapping[str, JsonValue], context: str) -> date | None:
    """From the messages around the question, which the service does not get: it has a clock."""
    texts = [context, *(str(m.get("content")) for m in _objects(row.get("messages")) if m.get("role") == "system")]
    found = (_SAYS_TODAY.search(text) for text in texts)
    named = [days(match.string[match.end() : match.end() + 60]) for match in found if match]
    return next((day.value for some in named for day in some if day.value), None)


def parts_of(query: str, calls: Sequence[Mapping[str, Acceptable]]) -> list[str]:
    """The stretch of the question for each call, cut before its first own value; where they mingle, all of it."""
    if len(calls) < 2:
        return [query] * len(calls)
    own = [_own_places(query, at, calls) for at in range(len(calls))]
    order = sorted(range(len(calls)), key=lambda at: own[at])
    firsts = [own[at][0] for at in order if own[at]]
    if len(firsts) < len(calls) or any(own[a][-1] >= own[b][0] for a, b in pairwise(order)):
        return [query] * len(calls)
    cuts = [0, *(_clause_before(query, first) for first in firsts[1:]), len(query)]
    if sorted(set(cuts)) != cuts:
        cuts = [0, *firsts[1:], len(query)]
    stretches = {at: query[cuts[n] : cuts[n + 1]].strip() for n, at in enumerate(order)}
    return [stretches[at] or query for at in range(len(calls))]


def _own_places(query: str, at: int, calls: Sequence[Mapping[str, Acceptable]]) -> list[int]:
    """Where values stand that no other call has."""
    others = {word for n, call in enumerate(calls) if n != at for word in _words(call)}
    places = [match.start() for word in _words(calls[at]) - others if (match := _whole(word).search(query))]
    return sorted(places)


def _words(call: Mapping[str, Acceptable]) -> set[str]:
    return {text for right in call.values() for value in right.examples() for text in _texts(value)}


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield f"{value:g}".casefold() if isinstance(value, float) else f"{value}".casefold()


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)


def _clause_before(query: str, at: int) -> int:
    """Behind the last comma, full stop or "and" ahead of a place."""
    ends = [match.end() for match in re.finditer(r"[,;.?!\n]\s|\b(?:and|then)\s", query[:at])]
    return ends[-1] if ends else at


def _accepted(value: JsonValue, right: JsonValue, nested: bool) -> bool:
    if isinstance(right, dict) and isinstance(value, dict) and nested:
        return set(value) <= set(right) and all(_leaf_accepted(value, name, right[name]) for name in right)
    if isinstance(right, dict) and isinstance(value, dict):
        return set(value) == set(right) and all(_accepted(value[name], right[name], nested) for name in right)
    if isinstance(right, list) and isinstance(value, list):
        return len(value) == len(right) and all(_accepted(v, r, nested) for v, r in zip(value, right, strict=True))
    return same(value, right)


def _leaf_accepted(value: Mapping[str, JsonValue], name: str, right: JsonValue) -> bool:
    accepted = right if isinstance(right, list) else [right]
    return "" in accepted if name not in value else any(_accepted(value[name], each, True) for each in accepted)


def _example(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_example(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {k: v if isinstance(v, list) else [v] for k, v in value.items() if not (isinstance(v, list) and "" in v)}
    return {name: _example(accepted[0]) for name, accepted in kept.items() if accepted}


def stands_in(query: str, values: Iterable[JsonValue]) -> bool:
    """Whether one of the values is in the question as such, whatever its case and marks: "New-York", 1,000.

    Judged apart from the evidence that the service looks for, which is what is measured.
    """
    return any(_stands(query, _folded(query), value) for value in values)


def _stands(query: str, folded: str, value: JsonValue) -> bool:
    if isinstance(value, dict | list):
        parts = list(value.values()) if isinstance(value, dict) else value
        return bool(parts) and all(_stands(query, folded, part) for part in parts)
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        bare = re.sub(r"(?<=\d),(?=\d{3})", "", query)
        return re.search(rf"(?<![\d.]){re.escape(f'{value:.12g}')}(?:\.0+)?(?![\d]|\.\d)", bare) is not None
    return bool(_folded(value).strip()) and f" {_folded(value).strip()} " in f" {folded} "


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))

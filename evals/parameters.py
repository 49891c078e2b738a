"""How well parameters are filled: how much of what is sent unasked is right, and is asked what is missing."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from catalog.models import Api, JsonType, Parameter
from reasoners.protocol import Value

Fill = Callable[[str, Api], Mapping[str, Value]]
TYPES: Mapping[str, JsonType] = {
    "dict": "object", "object": "object", "array": "array", "list": "array", "tuple": "array", "float": "number",
    "number": "number", "double": "number", "integer": "integer", "int": "integer", "boolean": "boolean",
    "bool": "boolean",
}  # fmt: skip
KEYWORDS = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "items", "properties", "required")
INNER = ("items", "properties")


@dataclass(frozen=True)
class Case:
    """A question, the function that it calls, and what is right per parameter (an empty string: may be left out)."""

    id: str
    set: str
    query: str
    api: Api
    gold: Mapping[str, Sequence[JsonValue]]


@dataclass
class Figures:
    """Counts over all cases of a set."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def share(self, part: str, whole: str) -> float:
        return self.counts[part] / self.counts[whole] if self.counts[whole] else float("nan")


def api_of(function: Mapping[str, JsonValue]) -> Api:
    """A function as the benchmarks describe it, as an API of the catalog."""
    schema = function.get("parameters")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    name = str(function["name"])
    return Api(
        id=f"functions/tool/{name}",
        name=name,
        description=str(function.get("description") or ""),
        category="functions",
        tool_id="functions/tool",
        tool_name="tool",
        parameters=tuple(
            _parameter(key, value, isinstance(required, list) and key in required)
            for key, value in (properties if isinstance(properties, dict) else {}).items()
            if key and isinstance(value, dict)
        ),
    )


def _parameter(name: str, schema: Mapping[str, JsonValue], required: bool) -> Parameter:
    enum = schema.get("enum")
    return Parameter(
        name=name,
        type=TYPES.get(str(schema.get("type")).casefold(), "string"),
        required=required,
        description=str(schema.get("description") or ""),
        enum=tuple(enum) if isinstance(enum, list) else (),
        default=schema.get("default"),
        constraints={
            key: in_json_types(schema[key], key == "properties")
            for key in KEYWORDS
            if key in schema and _is_meant(key, schema[key])
        },
    )


def in_json_types(schema: JsonValue, properties: bool = False) -> JsonValue:
    """A part of a schema with the types of JSON Schema: the benchmarks write those of Python."""
    if not isinstance(schema, dict):
        return schema
    if properties:
        return {name: in_json_types(value) for name, value in schema.items()}
    inner = {k: in_json_types(v, k == "properties") if k in INNER else v for k, v in schema.items() if _is_meant(k, v)}
    return {**inner, "type": TYPES.get(str(inner["type"]).casefold(), "string")} if "type" in inner else inner


def _is_meant(key: str, value: JsonValue) -> bool:
    """Some sets say of a property itself that it is required, where JSON Schema lists names."""
    return key != "required" or isinstance(value, list)


def rows(path: Path) -> Iterator[dict[str, JsonValue]]:
    """The objects of a JSON-lines file, plain or gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line) if line.strip() else None
            if isinstance(row, dict):
                yield row


def calls(path: Path) -> Iterator[Case]:
    """The questions of `function_calling.jsonl.gz` that one call answers."""
    for row in rows(path):
        gold, functions = row["gold"], row["functions"]
        if not isinstance(gold, list) or len(gold) != 1 or not isinstance(functions, list):
            continue
        call = gold[0]
        function = next(
            (f for f in functions if isinstance(f, dict) and isinstance(call, dict) and f["name"] == call["name"]), None
        )
        if function and isinstance(call, dict):
            yield Case(str(row["id"]), str(row["set"]), str(row["query"]), api_of(function), call["arguments"])  # type: ignore[arg-type]


def measure(cases: Iterable[Case], fill: Fill) -> dict[str, Figures]:
    """Figures by set of cases, and for all under the empty name."""
    by_set: dict[str, Figures] = {"": Figures()}
    for case in cases:
        values = fill(case.query, case.api)
        for figures in (by_set[""], by_set.setdefault(case.set, Figures())):
            _count(case, values, figures)
    return by_set


def _count(case: Case, values: Mapping[str, Value], figures: Figures) -> None:
    counts = figures.counts
    right = {name for name, value in values.items() if _right(value.value, name, case)}
    taken = {name for name, value in values.items() if value.band == "take"}
    required = {p.name for p in case.api.required if p.name in case.gold}
    needed = {name for name, accepted in case.gold.items() if "" not in accepted}
    counts.update(
        calls=1, taken=len(taken), taken_right=len(taken & right), emitted=len(values), emitted_right=len(right)
    )
    counts.update(
        required=len(required), required_found=len(required & right), required_taken=len(required & right & taken)
    )
    counts["calls_right"] += needed <= right and right == set(values)
    counts["calls_sent"] += required <= taken
    counts["calls_sent_right"] += required <= taken and needed <= right and taken <= right
    for name in taken - right:
        figures.wrong.append(f"{case.id} {name}={values[name].value!r} not {case.gold.get(name)!r}")


def _right(value: JsonValue, name: str, case: Case) -> bool:
    accepted = case.gold.get(name)
    if accepted is None:
        parameter = case.api.parameter(name)
        return parameter is not None and parameter.default is not None and same(value, parameter.default)
    return any(same(value, other) for other in accepted)


def same(left: JsonValue, right: JsonValue) -> bool:
    """Equal as the benchmarks compare: numbers by value, texts without case, spaces and punctuation."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) < 1e-9
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, str | int | float) and isinstance(right, str | int | float):
        return _folded(f"{left}") == _folded(f"{right}")  # some sets write numbers as text
    return left == right


def _folded(text: str) -> str:
    return re.sub(r"\.0$|[\s,./_*^'\"-]+", "", text).casefold()


@dataclass(frozen=True)
class Gap:
    """A first message of a dialogue: what it gives, and what it leaves open."""

    id: str
    set: str
    query: str
    api: Api
    given: Mapping[str, JsonValue]
    missing: frozenset[str]


def gaps(path: Path) -> Iterator[Gap]:
    """The opening messages of `missing_parameters.jsonl.gz` that say what is still missing."""
    seen: set[str] = set()
    for row in rows(path):
        turns, functions = row.get("turns"), row.get("functions")
        turn = turns[0] if isinstance(turns, list) and turns else None
        if (
            not isinstance(turn, dict)
            or not isinstance(functions, list)
            or not isinstance(turn.get("still_missing"), list)
        ):
            continue
        call = turn.get("call_so_far")
        name = call.get("name") if isinstance(call, dict) else turn.get("target")
        given = call.get("arguments") if isinstance(call, dict) else None
        function = next((f for f in functions if isinstance(f, dict) and f.get("name") == name), None)
        query, missing = str(turn.get("user")), turn["still_missing"]
        if function is None or query in seen or not isinstance(missing, list):
            continue
        seen.add(query)  # the first messages recur across the sets
        yield Gap(
            str(row["id"]),
            str(row["set"]),
            query,
            api_of(function),
            given if isinstance(given, dict) else {},
            frozenset(map(str, missing)),
        )


def measure_gaps(cases: Iterable[Gap], fill: Fill) -> Figures:
    """How often a missing value is asked for, and a given one is not."""
    figures = Figures()
    for case in cases:
        values = fill(case.query, case.api)
        taken = {name for name, value in values.items() if value.band == "take"}
        given = {name for name in case.given if case.api.parameter(name)}
        right = {name for name in given & set(values) if same(values[name].value, case.given[name])}
        missing = {name for name in case.missing if case.api.parameter(name)}
        figures.counts.update(
            turns=1, missing=len(missing), asked=len(missing - taken), given=len(given), taken=len(given & taken),
            found=len(right), taken_right=len(right & taken), turns_missing=bool(missing),
            turns_asked=bool(missing - taken),
        )  # fmt: skip
        figures.wrong += [f"{case.id} {case.query!r} {name}={values[name].value!r}" for name in sorted(missing & taken)]
    return figures

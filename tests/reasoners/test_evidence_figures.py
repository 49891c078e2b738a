"""The floors that evidence must hold on public benchmarks: what was said survives, what was made up does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from pydantic import JsonValue

from catalog.models import Parameter
from evals.function_calls import GoldCall, Item, items, stands_in
from reasoners.chat.forming import in_form
from reasoners.chat.quoting import Proposed, Sources, evident

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dev"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the benchmark data beside the checkout")
TODAY = date(2024, 2, 21)
EVERY = 3  # item; more of them only take longer
MADE_UP: Mapping[str, tuple[JsonValue, ...]] = {
    "string": ("test@example.com", "John Doe", "Springfield", "2021-01-15", "abc-12345", "example"),
    "integer": (7, 42, 2021),
    "number": (9.81, 37.77),
    "boolean": (True,),
    "array": (["sample", "Springfield"],),
    "object": ({"key": "sample"},),
}


def calls() -> Iterator[tuple[Item, GoldCall]]:
    for item in islice(items(DATA / "function_calling.jsonl.gz", ["BFCL", "ACEBench"]), 0, None, EVERY):
        yield from ((item, call) for call in item.calls)


def kept(item: Item, call: GoldCall, values: Mapping[str, JsonValue]) -> set[str]:
    """Of values without any quote, those that the question speaks for; others may only stand in a form that is asked."""
    parameters: Mapping[str, Parameter] = {p.name: p for p in call.api.parameters}
    proposed = [Proposed(value, parameters[name], "") for name, value in values.items()]
    found = evident(proposed, Sources(item.query, (), item.today or TODAY))
    said = {name for name, value in found.items() if value.origin.start is not None}
    assert all(found[name].band == "confirm" and parameters[name].required for name in found.keys() - said)
    return said


def test_right_values_that_stand_in_a_question_survive() -> None:
    given = survived = 0
    for item, call in calls():
        said: dict[str, JsonValue] = {}
        for name, right in (call.arguments or {}).items():
            parameter = call.api.parameter(name)
            for value in right.examples() if parameter else ():
                formed = in_form(value, parameter) if parameter else None
                if formed is not None and stands_in(item.query, [value]):
                    said[name] = formed
                    break
        given += len(said)
        survived += len(kept(item, call, said))

    assert given > 900
    assert survived / given >= 0.99


def test_plausible_values_that_nobody_said_are_dropped() -> None:
    made_up = survived = 0
    for item, call in calls():
        for at in range(6):
            values = {p.name: MADE_UP[p.type][at % len(MADE_UP[p.type])] for p in call.api.parameters}
            wrong = {name: value for name, value in values.items() if not call.accepts(name, value)}
            made_up += len(wrong)
            survived += len(kept(item, call, wrong))

    assert made_up > 5_000
    assert survived / made_up <= 0.01

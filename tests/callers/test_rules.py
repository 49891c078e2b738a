"""Patterns come from catalogs that others write: none may hold the service up, and none loses its meaning by that."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from callers.schemas import fault

HOSTILE = "a" * 40 + "!"


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|a)*$", r"(?=(a+)+$)b"])
def test_a_pattern_that_would_run_for_ever_ends(pattern: str) -> None:
    said = [fault({"type": "string", "pattern": pattern}, HOSTILE + str(number)) for number in range(100)]

    assert len(said) == 100  # without a bound, nobody would live to see it


def test_what_takes_too_long_to_tell_is_left_to_the_upstream() -> None:
    said = fault({"type": "string", "pattern": "^(a|aa)+$"}, HOSTILE)

    assert said is None


@pytest.mark.parametrize(
    ("schema", "value", "wrong"),
    [
        ({"pattern": "^[A-Z]{2}[0-9]{3}$"}, "AB123", ""),
        ({"pattern": "^[A-Z]{2}[0-9]{3}$"}, "ab123", "'ab123' does not match '^[A-Z]{2}[0-9]{3}$'"),
        ({"pattern": "^a"}, 5, ""),
        ({"pattern": "["}, "x", ""),
        ({"patternProperties": {"^n_": {"type": "integer"}}}, {"n_a": "x"}, "'x' is not of type 'integer'"),
        ({"patternProperties": {"^n_": {"type": "integer"}}}, {"m": "x"}, ""),
        (
            {"properties": {"a": {}}, "patternProperties": {"^n_": {}}, "additionalProperties": False},
            {"a": 1, "n_a": 1, "b": 1},
            "Additional properties are not allowed ('b' was unexpected)",
        ),
        ({"additionalProperties": {"type": "integer"}}, {"b": "x"}, "'x' is not of type 'integer'"),
        ({"additionalProperties": False}, "no object", ""),
    ],
)
def test_rules_with_patterns_say_what_the_specification_says(
    schema: dict[str, JsonValue], value: JsonValue, wrong: str
) -> None:
    said = fault(schema, value)

    assert (said.message if said else "") == wrong

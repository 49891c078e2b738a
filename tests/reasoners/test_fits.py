"""What is proposed fits its schema, and a schema cannot hold the search for values up."""

from __future__ import annotations

import pytest

from catalog.models import Parameter
from reasoners.fits import fits


@pytest.mark.parametrize("pattern", [r"^\w*\w*\w*\w*\w*\w*\w*\w*$", r"^[a-z]+[a-z]+[a-z]+[a-z]+[a-z]+$"])
def test_no_pattern_of_a_catalog_runs_for_ever(pattern: str) -> None:
    parameter = Parameter(name="code", constraints={"pattern": pattern})

    assert not any(fits("a" * 150 + f"!{number}", parameter) for number in range(100))  # unbounded, it never ends


def test_a_pattern_with_several_repeats_still_tells_right_from_wrong() -> None:
    parameter = Parameter(name="code", constraints={"pattern": "^[a-z]+-[0-9]+$"})

    assert [fits(value, parameter) for value in ("ab-12", "ab", "12-ab")] == [True, False, False]

"""Numbers that no stored thread can hold are refused at the door, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from api.body import _infinite


@pytest.mark.parametrize("value", [10**25, -(10**20), float("inf")])
def test_a_number_beyond_64_bits_is_found_wherever_it_stands(value: Any) -> None:
    assert _infinite({"params": {"list": [1, value]}}, ()) == [("params", "list", 1)]


@pytest.mark.parametrize("value", [2**63, -(2**63), True, 1.5, 0])
def test_numbers_that_fit_pass(value: Any) -> None:
    assert _infinite({"a": value}, ()) == []

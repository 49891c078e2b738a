"""Numbers are read in either convention; where a figure may be two, both are known."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from reasoners.arithmetic import figure
from reasoners.numbers import converted, numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("21,5 °C", [21.5]),
        ("1.234,50 €", [1234.5]),
        ("1,234.50 €", [1234.5]),
        ("1 234,5", [1234.5]),
        ("1\u202f234", [1234]),
        ("1 250 €", [1250]),
        ("1'234.5", [1234.5]),
        ("12,34,567.50", [1234567.5]),
        ("1.250.000", [1250000]),
        ("0,125", [0.125]),
        ("48,8566 und 2,3522", [48.8566, 2.3522]),
        ("(21,5 °C)", [21.5]),
        ("-3,5 Grad", [-3.5]),
        ("2,5 Millionen", [2500000]),
        ("٢١٫٥", [21.5]),
        ("1,2,3", [1, 2, 3]),
        ("[10,15] and (3,4)", [10, 15, 3, 4]),
        ("2.5,3.5", [2.5, 3.5]),
        ("2019,2020", [2019, 2020]),
        ("2,5, 3,5 und 4", [2.5, 3.5, 4]),
        ("555 123 456", [555, 123, 456]),
        ("192.168.100.200", []),
        ("21,5-22,5 °C", []),
        ("12,50EUR", [12.5]),
    ],
)
def test_either_mark_may_part_the_decimals(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers(text)] == values


@pytest.mark.parametrize(
    ("text", "readings"),
    [("1,250", (1250, 1.25)), ("1.250", (1.25, 1250)), ("12,50", (12.5,)), ("1.250,00", (1250,))],
)
def test_a_figure_that_may_be_two_numbers_has_both_readings(text: str, readings: tuple[float, ...]) -> None:
    assert [number.readings for number in numbers(text)] == [readings]


def test_a_comma_without_a_space_may_also_part_a_list() -> None:
    assert [number.listed for number in numbers("5,10 or 1,250 or 7,50 €")] == [(5, 10), (), ()]
    assert [number.listed for number in numbers("(1,250) or 100,200,300")] == [(1, 250), (100, 200, 300)]


@pytest.mark.parametrize(
    ("leaf", "value"),
    [("1.200,50 €", 1200.5), ("$1,200", 1200), ("12,5", 12.5), ("3-4", None), ("12.5.3", None), ("five", None)],
)
def test_a_field_that_is_a_price_counts_as_a_number(leaf: JsonValue, value: float | None) -> None:
    assert figure(leaf) == value


def test_a_long_run_of_figures_is_read_to_its_end() -> None:
    assert len(numbers("123," * 3_000 + "x")) > 400
    assert [number.value for number in numbers(f"1,{'5' * 9_000} and 7")][-1] == 7


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("two weeks", "days Days to add (days)", 14),
        ("3.5 MWh", "yearly kwh (kwh)", 3500),
        ("2 GB", "Size in MB", 2000),
        ("500 ml", "Volume in liters", 0.5),
        ("68 °F", "Temperature in degrees Celsius", 20),
        ("20 degrees Celsius", "Temperature in °F", 68),
        ("68 °F", "Temperature", 68),
        ("21 °C", "Temperature in °C", 21),
    ],
)
def test_a_number_is_turned_into_the_unit_that_is_asked_for(text: str, said: str, value: float) -> None:
    (number,) = numbers(text)

    assert converted(number, said) == value

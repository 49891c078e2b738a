"""Which of a question's numbers belongs to which parameter: by unit, by the words around it, or for want of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from catalog.models import Parameter
from reasoners.dates import clocks, days
from reasoners.numbers import Number, numbers
from reasoners.offline.labels import is_id, labels
from reasoners.offline.spans import Span, as_number, sureness
from reasoners.words import before, name_words, stem, stems, tokens

_SET_TO = re.compile(
    r"\b(?:set|change|raise|lower|increase|reduce|decrease|dim|adjust|update|put|turn)\b[^.?!;]*\bto\s+$", re.IGNORECASE
)
REACH = 5
"""Words between a number and the word that names it; measured: beyond that the next best reading is as good."""
_MONEY = """
amount price cost budget salary income principal investment balance payment value fee total spend revenue loan
deposit"""
MONEY = frozenset(_MONEY.split())


def amounts(text: str, parameter: Parameter, rivals: Sequence[Parameter]) -> Iterator[Span]:
    """Numbers for a parameter, surest first is not promised; `rivals` are the other parameters that take numbers."""
    found = free_numbers(text, parameter)
    wanted = set(stems(parameter.name)) | {stem(word) for word in labels(parameter)}
    for number in found:
        value = as_number(number, parameter)
        if value is None:
            continue
        rule, strength = _reading(text, number, found, parameter, wanted, rivals)
        if rule:
            yield Span(number.start, number.end, value, sureness(number, value, strength, parameter), rule)


def _reading(
    text: str,
    number: Number,
    found: Sequence[Number],
    parameter: Parameter,
    wanted: set[str],
    rivals: Sequence[Parameter],
) -> tuple[str, float]:
    words = set(name_words(parameter.name))
    if "year" in words:
        return ("year", 0.9) if isinstance(number.value, int) and 1500 <= number.value <= 2200 else ("", 0)
    if number.unit and number.unit.rstrip("s") in {word.rstrip("s") for word in words}:
        return "unit", 0.9
    sole = len(found) == 1 and not rivals and parameter.required and not is_id(parameter)
    distance = _distance(text, number, found, wanted)
    if distance is not None and distance <= REACH and _SET_TO.search(before(text, number.start)):
        return "set to", 0.91
    if distance is not None and distance <= REACH and not sole:
        return "near", 0.88 - 0.02 * distance
    if number.unit in ("$", "€", "£", "us$") and words & MONEY:
        return "money", 0.9
    if sole:
        return "only number", 0.9
    said = set(stems(parameter.description))
    if number.unit and stem(number.unit) in said:
        return "unit said", 0.7
    return "some number", 0.4


def free_numbers(text: str, parameter: Parameter) -> list[Number]:
    """Numbers that are no part of a date or a time of day, but for a parameter that asks for a year."""
    when = [] if "year" in name_words(parameter.name) else [(day.start, day.end) for day in days(text)]
    when += [(clock.start, clock.end) for clock in clocks(text)]
    return [
        number for number in numbers(text) if not any(start < number.end and number.start < end for start, end in when)
    ]


def _distance(text: str, number: Number, found: Sequence[Number], wanted: set[str]) -> int | None:
    """Words between the number and the nearest word that names the parameter, with no other number between."""
    best: int | None = None
    around = tokens(text)
    at = next((index for index, token in enumerate(around) if token.start <= number.start < token.end), None)
    if at is None:
        return None
    for index, token in enumerate(around):
        low, high = sorted((token.start, number.start))
        if token.stem in wanted and not any(low < other.start < high for other in found if other is not number):
            gap = abs(index - at) - 1
            if not re.search(r"[.;!?](?:\s|$)", text[low:high]):
                best = gap if best is None else min(best, gap)
    return best


def in_order(text: str, parameters: Sequence[Parameter]) -> Iterator[tuple[Parameter, Span]]:
    """As many numbers as parameters that need one, and nothing that tells them apart: the order decides."""
    if not parameters:
        return
    found = free_numbers(text, parameters[0])
    if len(found) != len(parameters) or len(found) < 2 or len({number.unit for number in found}) > 1:
        return
    for parameter, number in zip(parameters, found, strict=True):
        value = as_number(number, parameter)
        if value is not None:
            yield parameter, Span(number.start, number.end, value, sureness(number, value, 0.92, parameter), "in order")

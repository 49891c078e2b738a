"""Whether a question names an amount: in figures or words, in another unit, by its place in order, or by its label."""

from __future__ import annotations

import re
from datetime import date

from catalog.models import Parameter
from reasoners.dates import days
from reasoners.numbers import numbers
from reasoners.said_counts import counts
from reasoners.words import runs, stem, tokens

SpanOf = tuple[int, int]
# factors by which a question's unit and a parameter's may differ: percent, minutes, seconds, thousands
_FACTORS = (100.0, 0.01, 60.0, 1 / 60, 3600.0, 24.0, 7.0, 1000.0, 0.001)
_SAYS_UNIT = re.compile(
    r"percent|fraction|decimal|ratio|rate|minute|second|hour|day|milli|kilo|meter|metre|gram|cents?\b", re.I
)
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_WORDS: dict[str, float] = {
    **{word: at for at, word in enumerate(_ORDINALS.split(), 1)},
    "single": 1, "once": 1, "couple": 2, "pair": 2, "both": 2, "twice": 2, "double": 2, "triple": 3, "half": 0.5,
}  # fmt: skip
_BELOW_ZERO = re.compile(r"[-−–]\s?$|\b(?:minus|negative|below zero)\s$", re.I)
_SOUTH_OR_WEST = re.compile(r"\s?°?\s?(?:degrees?\s)?(?:south|west|[SW])\b|\s(?:degrees )?below zero", re.I)
_STANDS_FOR = r"for|=|:|is|means?|stands for|represents?|denotes|indicates|-|–|\("
_LABEL = re.compile(rf"\s*['\"]?\s*(?:{_STANDS_FOR})\s*['\"]?(?P<label>[^,;.()'\"\n=]{{2,40}})", re.I)
_LABELLED = re.compile(r"(?P<label>[^,;.()'\"\n=:]{2,40}?)['\"]?\s*(?:=|:|\()\s*['\"]?$")


def amount(value: float, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    """Where a number comes from; None: nothing in the question speaks for it."""
    return (
        _written(value, query)
        or _in_words(value, query)
        or _of_a_day(value, query, today)
        or _converted(value, parameter, query)
        or labelled(f"{value:.15g}", parameter, query)
    )


def _written(value: float, query: str) -> SpanOf | None:
    for number in numbers(query):
        wanted = (value, value * 100) if number.unit == "%" else (value,)
        if any(same_number(said, one) for said in number.readings for one in wanted):
            return number.start, number.end
    if value < 0:
        return _negative(value, query)
    bare = rf"(?<![\w.])-?0*{re.escape(f'{value:.15g}')}(?![\d]|\.\d)" if value == int(value) else None
    for found in re.finditer(bare, query) if bare else ():
        around = next((n for n in numbers(query) if n.start <= found.start() < n.end and not n.spoken), None)
        if around is None or value in around.listed:  # 12 does not stand in "12,50 €"
            return found.span()
    return None


def _negative(value: float, query: str) -> SpanOf | None:
    """As a figure behind a minus, or one that lies south or west."""
    for match in re.finditer(rf"(?<![\d.]){re.escape(f'{-value:.15g}')}0*(?![\d]|\.\d)", query):
        sign = _BELOW_ZERO.search(query, max(0, match.start() - 20), match.start())
        if sign or _SOUTH_OR_WEST.match(query, match.end()):
            return (sign.start() if sign else match.start()), match.end()
    return None


def _in_words(value: float, query: str) -> SpanOf | None:
    nth = re.compile(rf"{value:.15g}(?:st|nd|rd|th)")
    for token in tokens(query):
        if _WORDS.get(token.text.casefold()) == value or nth.fullmatch(token.text.casefold()):
            return token.start, token.end
    return next(((count.start, count.end) for count in counts(query) if count.value == value), None)


def _of_a_day(value: float, query: str, today: date | None) -> SpanOf | None:
    for day in days(query, today):
        if day.value and value in (day.value.year, day.value.month, day.value.day):
            return day.start, day.end
    return None


def _converted(value: float, parameter: Parameter, query: str) -> SpanOf | None:
    """The same amount in another unit, where the parameter names a unit: 2 hours for `minutes`."""
    if not _SAYS_UNIT.search(f"{parameter.name} {parameter.description}"):
        return None
    known = [number for number in numbers(query) if number.unit]
    return next(
        (
            (number.start, number.end)
            for number in known
            for factor in _FACTORS
            if same_number(number.value * factor, value)
        ),
        None,
    )


def labelled(value: str, parameter: Parameter, query: str) -> SpanOf | None:
    """By what the parameter's text says that a value stands for: "1 for Bangkok, 2 for Phuket"."""
    said = parameter.description[:2_000]
    for match in re.finditer(rf"(?<![\w.-]){re.escape(value)}(?![\w]|[.-]\d)", said):
        after = _LABEL.match(said, match.end())
        before = _LABELLED.search(said, max(0, match.start() - 45), match.start())
        for found in (after, before):
            if found and (span := _said(found["label"], query)):
                return span
    return None


def _said(label: str, query: str) -> SpanOf | None:
    """The words of a label one after the other, from its first or up to its last."""
    words = [stem(token.text) for token in tokens(re.split(r"\b(?:and|or|to)\b", label)[0])]
    return next(runs(words, query), None) if words and sum(map(len, words)) > 2 else None


def same_number(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-9 * max(1.0, abs(left), abs(right))

"""What an answer may have worked out: sums, differences, counts, shares and averages of figures in the responses.

Only over the fields of a list, or over figures that stand beside the result in the answer: among all pairs of five
hundred numbers, some pair adds up to anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate, combinations
from statistics import mean, median

from pydantic import JsonValue

from catalog.tokens import words
from reasoners.evidence import nodes
from reasoners.numbers import numbers
from reasoners.protocol import Result

Row = Mapping[str, JsonValue]
"""The leaves of an item of a list, by the path to them."""

ROWS_LIMIT = 2_000
COLUMNS_LIMIT = 30
GROUPS_LIMIT = 12
VALUE_LIMIT = 60
DAYS_LIMIT = 6
BESIDE = 3
"""How many figures on either side of a result count as those that it comes from."""
_INDEX = re.compile(r"/\d+")
_FIGURE = re.compile(r"^[^\w.,-]{0,3}-?\d[\d.,'’\s]*?\s?(?:%|[^\W\d_]{1,4}|[$€£¥₹])?$")
_COUNTED = frozenset({"quantity", "qty", "count", "units", "pieces"})
_ASKED = {
    "sum": r"total|sum|altogether|in all|combined|overall|together|add(?:s|ed)? up|how much|cost"
    r"|insgesamt|summe|gesamt\w*|zusammen|wie ?viel|somme|combien|en tout|suma|cuánto|soma|quanto|totale?",
    "difference": r"differ\w*|compar\w*|versus|vs|than|between|gap|how (?:much|many|long|far)|increase\w*|decrease\w*"
    r"|chang\w*|gain\w*|los[st]\w*|grow\w*|gr[eo]w\w*|drop\w*|rise\w*|rose|f[ae]ll\w*|left|remain\w*|range|until|since"
    r"|unterschied|differenz|als|zwischen|wie ?viel\w*|diff[ée]r\w*|entre|combien|cuánt[oa]s?|quant[oi]",
    "count": r"how many|count|number of|how often|wie ?viele|anzahl|combien|nombre|cuánt[oa]s|quant[ioae]s?|n[úu]mero",
    "share": r"share|percent\w*|proportion|fraction|ratio|rate|portion|anteil|prozent\w*|pourcentage|part|porcentaje"
    r"|percentuale|porcentagem|times",
    "mean": r"averages?|mean|avg|median|typical\w*|per|(?:durch)?schnitt\w*|mittel\w*|moyenne|promedio|media|média",
}
KINDS = {kind: re.compile(rf"\b(?:{asked})\b", re.IGNORECASE) for kind, asked in _ASKED.items()}
SHOWN = re.compile(r"\d[^=\n]{0,9}[+×÷*/−-][^=\n]{0,60}\d[^=\n]{0,9}=")
"""A calculation that the answer shows in full needs no question that asks for it."""


def asked_for(query: str, answer: str = "") -> frozenset[str]:
    """Which kinds of calculation a question asks for, or an answer shows in full."""
    if SHOWN.search(answer):
        return frozenset(KINDS)
    shares = {"share"} if "%" in query else set()
    return frozenset(shares.union(kind for kind, asked in KINDS.items() if asked.search(query)))


def of_pairs(
    kinds: frozenset[str], before: Sequence[float], after: Sequence[float], asked: Sequence[float]
) -> Iterator[float]:
    """What comes of the figures beside a result, the nearest first on each side, and of those in the question."""
    for run in (before, after):
        if "sum" in kinds:
            yield from accumulate(run)
        if "mean" in kinds:
            yield from (mean(run[:length]) for length in range(2, len(run) + 1))
    for left, right in combinations([*before[:BESIDE], *after[:BESIDE], *asked[:BESIDE]], 2):
        yield from _of_two(kinds, left, right)


def _of_two(kinds: frozenset[str], left: float, right: float) -> Iterator[float]:
    ordered = [(one, other) for one, other in ((left, right), (right, left)) if other]
    if "sum" in kinds:
        yield from (left + right, left * right)
    if "difference" in kinds:
        yield left - right
    if kinds & {"mean", "share"}:
        yield from (one / other for one, other in ordered)
    if kinds & {"difference", "share"}:
        yield from ((one - other) / other for one, other in ordered)
    if "mean" in kinds:
        yield (left + right) / 2


def of_days(kinds: frozenset[str], named: Sequence[date]) -> Iterator[float]:
    """How many days, nights and weeks lie between two days that are named; with both counted, one more."""
    for one, other in combinations(named[:DAYS_LIMIT], 2) if kinds & {"difference", "count"} else ():
        apart = abs((one - other).days)
        yield from (apart, apart + 1, apart / 7)


@dataclass(frozen=True)
class Group:
    """Items of a list: how many, and the figures of each column."""

    size: int
    columns: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Tables:
    """The lists of the responses, as rows and columns."""

    query: str
    answer: str
    results: Sequence[Result]
    kinds: frozenset[str]

    @cached_property
    def figures(self) -> frozenset[float]:
        """All that can be worked out of whole lists, or of those of their items that the question or answer names."""
        return frozenset(figure for rows in self._lists() for figure in self._of_rows(rows))

    def _lists(self) -> Iterator[list[Row]]:
        """Each list, lists at the same place of several items as one, and the answers of one API to several calls."""
        alike: dict[str, list[Row]] = {}
        for result in self.results:
            alike.setdefault(f"{result.api.id}:", []).append(_row(result.response))
            for pointer, node in nodes(result.response):
                if rows := _rows(node):
                    yield rows
                    alike.setdefault(f"{result.api.id}:{_INDEX.sub('/*', pointer)}", []).extend(rows)
        yield from (rows[:ROWS_LIMIT] for rows in alike.values() if len(rows) > 1)

    def _of_rows(self, rows: Sequence[Row]) -> Iterator[float]:
        whole = Group(len(rows), _columns(rows))
        yield from self._of_group(whole, whole)
        for group in (*self._named(rows, frozenset(whole.columns)), *self._bounded(whole)):
            yield from self._of_group(group, whole)

    def _of_group(self, group: Group, whole: Group) -> Iterator[float]:
        if "count" in self.kinds:
            yield group.size
        if "share" in self.kinds and whole.size:
            yield group.size / whole.size
        for name, column in group.columns.items():
            yield from self._of_column(column, sum(whole.columns[name]))
            if "sum" in self.kinds:
                yield from _priced(name, group.columns)

    def _of_column(self, column: Sequence[float], whole: float) -> Iterator[float]:
        if "sum" in self.kinds:
            yield sum(column)
        if "mean" in self.kinds:
            yield from (mean(column), median(column))
        if "difference" in self.kinds:
            yield max(column) - min(column)
        if "share" in self.kinds and whole:
            yield sum(column) / whole

    def _named(self, rows: Sequence[Row], columns: frozenset[str]) -> Iterator[Group]:
        """Items with a value that the question or the answer names: "shipped"."""
        named = frozenset(words(f"{self.query} {self.answer}"))
        found: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            for column, value in row.items():
                if isinstance(value, str) and len(value) <= VALUE_LIMIT and _all_in(named, value):
                    found.setdefault((column, value), []).append(row)
        for group in list(found.values())[:GROUPS_LIMIT]:
            yield Group(len(group), {name: c for name, c in _columns(group).items() if name in columns})

    def _bounded(self, whole: Group) -> Iterator[Group]:
        """Items on one side of a number of the question: "under 50"."""
        for limit in {float(said) for number in numbers(self.query)[:3] for said in number.readings}:
            for name, column in whole.columns.items():
                for side in ([n for n in column if n < limit], [n for n in column if n > limit]):
                    yield Group(len(side), {name: side} if side else {})


def _all_in(named: frozenset[str], value: str) -> bool:
    said = words(value)
    return bool(said) and named.issuperset(said)


def figure(leaf: JsonValue) -> float | None:
    """A leaf as a number: also "12.50", "$1,200" and "1.200,50 €"."""
    if isinstance(leaf, bool):
        return None
    if isinstance(leaf, int | float):
        return float(leaf)
    found = numbers(leaf) if isinstance(leaf, str) and len(leaf) <= 24 and _FIGURE.match(leaf) else ()
    return float(found[0].value) if len(found) == 1 else None


def _rows(node: JsonValue) -> list[Row]:
    """The items of a list, or of an object that is used as one."""
    if isinstance(node, list):
        return [_row(item) for item in node[:ROWS_LIMIT]]
    if isinstance(node, Mapping) and len(node) > 1:
        items = list(node.values())
        if all(isinstance(item, Mapping) and item.keys() == items[0].keys() for item in items):  # type: ignore[union-attr]
            return [_row(item) for item in items[:ROWS_LIMIT]]
    return []


def _row(item: JsonValue) -> Row:
    """The leaves of an item, lists inside it left out: they are lists of their own."""
    return {pointer: leaf for pointer, leaf in nodes(item) if not isinstance(leaf, list | dict) and _flat(pointer)}


def _flat(pointer: str) -> bool:
    return _INDEX.search(pointer) is None


def _columns(rows: Sequence[Row]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, leaf in row.items():
            known = figure(leaf)
            if known is not None and (name in columns or len(columns) < COLUMNS_LIMIT):
                columns.setdefault(name, []).append(known)
    return columns


def _priced(counts: str, columns: Mapping[str, Sequence[float]]) -> Iterator[float]:
    """So many of this at that price."""
    if counts.rpartition("/")[2].casefold() not in _COUNTED:
        return
    for name, prices in columns.items():
        if name != counts and len(prices) == len(columns[counts]):
            yield sum(count * price for count, price in zip(columns[counts], prices, strict=True))

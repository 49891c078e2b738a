"""The evidence for a proposed value: its place in the question or an earlier response; without one it was invented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.codes import Kind, code_of, mentions
from reasoners.dates import clocks, days
from reasoners.numbers import numbers
from reasoners.protocol import Origin, Result
from reasoners.words import name_words, stem, tokens

LEAVES_LIMIT = 20_000
TEXT_LIMIT = 2_000
# factors by which a question's unit and a parameter's may differ: percent, minutes, seconds, thousands
FACTORS = (100.0, 0.01, 60.0, 1 / 60, 3600.0, 24.0, 7.0, 1000.0, 0.001)
SAYS_UNIT = re.compile(
    r"percent|fraction|decimal|ratio|rate|minute|second|hour|day|milli|kilo|meter|metre|gram|cents?\b", re.I
)
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
ORDINALS = {word: at for at, word in enumerate(_ORDINALS.split(), 1)}
CODED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("currency", re.compile(r"currenc|\biso 4217", re.I)),
    ("country", re.compile(r"countr|nation|region|locale|market", re.I)),
    ("language", re.compile(r"lang|locale|tongue", re.I)),
)
SpanOf = tuple[int, int]


def find_origin(
    value: JsonValue,
    parameter: Parameter,
    query: str,
    earlier: Sequence[Result],
    *,
    today: date | None = None,
) -> Origin | None:
    """Where this value comes from; None: nothing speaks for it, so it must be dropped."""
    span = _in_question(value, parameter, query, today)
    if span is not None:
        return Origin("query", start=span[0], end=span[1])
    for result in reversed(earlier):
        pointer = _in_response(value, parameter, result.response)
        if pointer is not None:
            return Origin("step", step=result.step.id, pointer=pointer)
    return None


def _in_question(value: JsonValue, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return _flag(parameter, query)
    if isinstance(value, int | float):
        return _number(value, parameter, query, today)
    if isinstance(value, str):
        return _text(value, parameter, query, today)
    parts = value if isinstance(value, list) else list(value.values())
    return _hull([_in_question(part, parameter, query, today) for part in parts])


def _hull(found: Sequence[SpanOf | None]) -> SpanOf | None:
    """The span around all of them; None as soon as one is missing."""
    known = [span for span in found if span is not None]
    if not known or len(known) < len(found):
        return None
    return min(start for start, _ in known), max(end for _, end in known)


def _flag(parameter: Parameter, query: str) -> SpanOf | None:
    """A word of the flag's name. The question then speaks of it; whether it says yes is the model's to read."""
    wanted = {
        stem(word) for word in name_words(parameter.name) if len(word) > 3 and word not in ("include", "have", "with")
    }
    return next(((token.start, token.end) for token in tokens(query) if token.stem in wanted), None)


def _number(value: float, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    for number in numbers(query):
        if _same(number.value, value) or (number.unit == "%" and _same(number.value, value * 100)):
            return number.start, number.end
    written = (
        re.search(rf"(?<![\w.])-?0*{re.escape(f'{value:g}')}(?![\d]|\.\d)", query) if value == int(value) else None
    )
    if written:
        return written.span()
    for token in tokens(query):
        if ORDINALS.get(token.text.casefold()) == value or re.fullmatch(
            rf"{value:g}(?:st|nd|rd|th)", token.text.casefold()
        ):
            return token.start, token.end
    for day in days(query, today):
        if day.value and value in (day.value.year, day.value.month, day.value.day):
            return day.start, day.end
    return _converted(value, parameter, query)


def _converted(value: float, parameter: Parameter, query: str) -> SpanOf | None:
    """The same amount in another unit, where the parameter names a unit: 2 hours for `minutes`."""
    if not SAYS_UNIT.search(f"{parameter.name} {parameter.description}"):
        return None
    known = [number for number in numbers(query) if number.unit]
    return next(
        ((number.start, number.end) for number in known for factor in FACTORS if _same(number.value * factor, value)),
        None,
    )


def _same(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-9 * max(1.0, abs(left), abs(right))


def _text(value: str, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    if len(value) > TEXT_LIMIT:
        return _verbatim(value, query)
    return (
        _verbatim(value, query)
        or _sequence(value, query)
        or _moment(value, query, today)
        or _numeric_text(value, parameter, query, today)
        or _code(value, parameter, query)
        or _gathered(value, query)
    )


def _verbatim(value: str, query: str) -> SpanOf | None:
    """The same characters as whole words, in any case and spacing."""
    words = value.split()
    if not words:
        return None
    rule = r"\s+".join(re.escape(word) for word in words)
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() else ""
    found = re.search(before + rule + after, query, re.IGNORECASE)
    return found.span() if found else None


def _sequence(value: str, query: str) -> SpanOf | None:
    """The same words one after the other, in any form: "in_transit" for "in transit", "order" for "orders"."""
    wanted = [stem(part) for token in tokens(value) for part in name_words(token.text) or (token.text,)]
    found = [(stem(part), token) for token in tokens(query) for part in name_words(token.text) or (token.text,)]
    for first in range(len(found) - len(wanted) + 1) if wanted else ():
        window = found[first : first + len(wanted)]
        if all(word == stemmed for word, (stemmed, _) in zip(wanted, window, strict=True)):
            return window[0][1].start, window[-1][1].end
    return None


def _moment(value: str, query: str, today: date | None) -> SpanOf | None:
    """The same day, and the same time of day where the value names one."""
    value = re.sub(r"(?<=\d)T(?=\d)", " ", value)
    day = next((day.value for day in days(value) if day.value), None)
    clock = next((clock.value for clock in clocks(value)), None)
    spans: list[SpanOf | None] = []
    if day:
        spans.append(
            next(
                ((d.start, d.end) for d in days(query, today) if _is_day(d.value, day, query, d.start, d.end)),
                None,
            )
        )
    if clock and not (day and clock.hour == clock.minute == 0):  # midnight is how a bare day is written as date-time
        spans.append(next(((c.start, c.end) for c in clocks(query) if c.value == clock), None))
    return _hull(spans)


def _is_day(found: date | None, wanted: date, query: str, start: int, end: int) -> bool:
    if found is not None:
        swapped = re.fullmatch(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}", query[start:end]) and found.day <= 12
        return found == wanted or bool(swapped and found == wanted.replace(month=wanted.day, day=wanted.month))
    with_year = days(f"{query[start:end]} {wanted.year}") or days(f"{query[start:end]}, {wanted.year}")
    return bool(with_year) and with_year[0].value == wanted


def _numeric_text(value: str, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    bare = value.replace(",", "").strip().removesuffix("%").strip()
    return _number(float(bare), parameter, query, today) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,9})?", bare) else None


def _code(value: str, parameter: Parameter, query: str) -> SpanOf | None:
    said = f"{' '.join(name_words(parameter.name))} {parameter.title} {parameter.description}"
    for kind, rule in CODED:
        code = code_of(kind, value) if rule.search(said) or (kind == "currency" and parameter.enum) else None
        found = [
            (start, end) for start, end, other in mentions(kind, query) if code and other.casefold() == code.casefold()
        ]
        if found:
            return found[0]
    return None


def _gathered(value: str, query: str) -> SpanOf | None:
    """Search words in another order: every word of the value stands in the question, in some form."""
    wanted = [token.stem for token in tokens(value)]
    if len(wanted) < 2:
        return None
    where = {token.stem: token for token in reversed(tokens(query))}
    return _hull([(where[word].start, where[word].end) if word in where else None for word in wanted])


def _in_response(value: JsonValue, parameter: Parameter, response: JsonValue) -> str | None:
    """The JSON pointer of this value in a response. Small values count only under a key of the parameter's name."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    key_words = {stem(word) for word in name_words(parameter.name)}
    weak: str | None = None
    for pointer, leaf in nodes(response):
        if not _equal(value, leaf):
            continue
        key = re.sub(r"/\d+$", "", pointer).rpartition("/")[2]
        if key_words & {stem(word) for word in name_words(key)}:
            return pointer
        weak = weak if weak is not None or not _telling(value) else pointer
    return weak


def _telling(value: JsonValue) -> bool:
    """Whether a value is rare enough to be the same thing wherever it stands."""
    if isinstance(value, bool):
        return False
    return abs(value) >= 100 if isinstance(value, int | float) else not isinstance(value, str) or len(value) > 2


def _equal(value: JsonValue, leaf: JsonValue) -> bool:
    if isinstance(value, bool) or isinstance(leaf, bool):
        return value is leaf
    if isinstance(value, list | dict) or isinstance(leaf, list | dict):
        return type(value) is type(leaf) and value == leaf
    if isinstance(value, int | float) and isinstance(leaf, int | float):
        return _same(value, leaf)
    return leaf is not None and str(value).strip().casefold() == str(leaf).strip().casefold()


def nodes(response: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Everything in a response with its JSON pointer, in the order it stands, up to a limit."""
    stack: list[Iterator[tuple[str, JsonValue]]] = [iter([("", response)])]
    for _ in range(2 * LEAVES_LIMIT):
        if not stack:
            return
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        else:
            yield found
            stack.append(_children(*found))


def _children(pointer: str, node: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(node, Mapping):
        return ((f"{pointer}/{escaped(key)}", child) for key, child in node.items())
    if isinstance(node, list):
        return ((f"{pointer}/{at}", child) for at, child in enumerate(node))
    return iter(())


def escaped(key: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")

"""What an answer says that stands nowhere: numbers, ids, dates and quoted names without a source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from itertools import chain, combinations

from pydantic import JsonValue

from reasoners.arithmetic import Tables, asked_for, of_days, of_pairs
from reasoners.dates import clocks, days
from reasoners.evidence import nodes
from reasoners.numbers import Number, numbers
from reasoners.protocol import Result
from reasoners.words import before, name_words

QUOTED = re.compile(r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|«([^»\n]{1,400})»")
ID = re.compile(r"(?<![\w@])(?=[\w.@/+-]*\d)(?=[\w.@/+-]*[^\W\d_])\w(?:[\w.@/+-]*\w)?", re.UNICODE)
NUMBERING = re.compile(r"^\s*(?:\(?\d{1,3}[.)]|#\d{1,3})\s", re.MULTILINE)
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
IDIOM_LIMIT = 3
"""Spelled numbers up to this are turns of phrase ("one of them", "the two")."""
SOURCE_LIMIT = 400_000
TELLING = 10
EQUAL = 1e-9
FIELD_LIMIT = 8
"""Words of a field's name that are looked at."""
_SPACED = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?: \d{3}){1,5}(?![\w.,]\d|\w)")  # 1 234 567, or a few numbers
_WORD_BEFORE = re.compile(r"(?<![^\W_])[^\W\d_]+[\s_-]?$")
REACH = 160
"""Characters to either side of a result where the figures that it comes from are looked for."""


def ungrounded(answer: str, query: str, results: Sequence[Result]) -> tuple[str, ...]:
    """Numbers, ids, dates and quoted names of the answer that no response, request, question or API text holds.

    A figure that was worked out of theirs, as the question asks, counts as theirs.
    """
    sources = Sources(query, results)
    text = NUMBERING.sub(lambda match: " " * len(match[0]), answer)
    found: list[tuple[int, str]] = []
    taken: list[tuple[int, int]] = []
    for start, end, known in _claims(text, sources):
        if any(start < other and at < end for at, other in taken):
            continue
        taken.append((start, end))
        if not known:
            found.append((start, answer[start:end].rstrip(" .,")))
    found = _not_worked_out(found, text, taken, sources) if found else found
    return tuple(dict.fromkeys(said for _, said in sorted(found)))


def _not_worked_out(
    found: list[tuple[int, str]], text: str, taken: Sequence[tuple[int, int]], sources: Sources
) -> list[tuple[int, str]]:
    """What is left once sums, differences, counts, shares and averages are checked against the figures at hand."""
    kinds = asked_for(sources.query, text)
    claimed = {start for start, _ in taken}
    unknown = {number.start: number for number in numbers(text) if number.start in {start for start, _ in found}}
    if not kinds or not unknown:
        return found
    figures = [number for number in numbers(text) if number.start in claimed]
    tables = Tables(sources.query, text, sources.results, kinds)
    while solved := [at for at, n in unknown.items() if _worked_out(n, figures, unknown, tables)]:
        for at in solved:  # what was worked out is a figure for the next: a subtotal, then a total
            del unknown[at]
    return [entry for entry in found if entry[0] not in {n.start for n in figures} or entry[0] in unknown]


def _worked_out(number: Number, figures: Sequence[Number], unknown: Mapping[int, Number], tables: Tables) -> bool:
    known = [n for n in figures if n.start not in unknown]
    before = [float(n.value) for n in reversed(known) if number.start - REACH < n.start < number.start]
    after = [float(n.value) for n in known if number.start < n.start < number.start + REACH]
    asked = [float(n.value) for n in numbers(tables.query)]
    named = [day.value for text in (tables.query, tables.answer) for day in days(text) if day.value]
    near = chain(of_pairs(tables.kinds, before, after, asked), of_days(tables.kinds, named))
    return any(_comes_to(number, form) for form in near) or any(_comes_to(number, form) for form in tables.figures)


def _comes_to(number: Number, form: float) -> bool:
    """Without its sign ("5 less" is -5), and rounded as it is shown, if it shows two digits: all comes to 1 or 2."""
    value, forms = abs(number.value), (abs(form), abs(form) * 100) if number.unit == "%" else (abs(form),)
    digits = len(f"{value}".partition(".")[2]) if isinstance(value, float) else 0
    rounds = digits or value >= TELLING or number.unit == "%"
    return any(abs(form - value) < EQUAL or (rounds and round(form, digits) == value) for form in forms)


def _claims(text: str, sources: Sources) -> Iterator[tuple[int, int, bool]]:
    """What the answer claims, the larger first, and whether the sources hold it."""
    for quoted in QUOTED.finditer(text):
        known = sources.says(quoted[quoted.lastindex or 0])
        if known:
            yield quoted.start(), quoted.end(), True
        elif not re.fullmatch(r"[\d.,\s]+", quoted[quoted.lastindex or 0]):
            yield quoted.start(), quoted.end(), False
    for day in days(text):
        if day.value or day.partial:
            yield (
                day.start,
                day.end,
                sources.says(text[day.start : day.end]) or sources.knows_day(day.value, day.partial),
            )
    for clock in clocks(text):
        yield clock.start, clock.end, clock.value.replace(second=0) in sources.clocks
    for token in ID.finditer(text):
        if not ORDINAL.fullmatch(token[0]) and not _is_amount(token, text):
            yield token.start(), token.end(), sources.says(token[0]) or sources.has_field(token[0])
    for spaced in _SPACED.finditer(text):
        if sources.knows_number(Number(*spaced.span(), value=int(spaced[0].replace(" ", "")))):
            yield spaced.start(), spaced.end(), True
    for number in numbers(text):
        if not (number.spoken and number.value <= IDIOM_LIMIT):
            said = text[number.start : number.end]
            known = sources.says(said) or sources.knows_number(number) or sources.has_field(_named(text, number))
            yield number.start, number.end, known


def _is_amount(token: re.Match[str], text: str) -> bool:
    """ "180cm", "2.5M" and "1e3" are numbers with a unit, and so is "5kg" in "12,5kg"; "rtn003" is an id."""
    return any(number.start <= token.start() < number.end and not number.spoken for number in numbers(text))


def _named(text: str, number: Number) -> str:
    """The number with the word before it: "PM 2.5" is a name."""
    word = _WORD_BEFORE.search(before(text, number.start, 20))
    return f"{word[0]}{text[number.start : number.end]}" if word else ""


@dataclass(frozen=True)
class Sources:
    """Everything that an answer may rest on. What takes time to read is read only when it is asked for."""

    query: str
    results: Sequence[Result]

    @cached_property
    def text(self) -> str:
        """All texts, in one case and spacing."""
        return _folded(self.said)

    @cached_property
    def said(self) -> str:
        """All texts, as they were written."""
        said = [self.query]
        for result in self.results:
            api = result.api
            said += [result.step.part, result.error, f"{result.http_status or ''}", api.id, api.name, api.title]
            said += [api.description, api.tool_name, api.category, *api.examples]
            for parameter in api.parameters:
                said += [parameter.name, parameter.title, parameter.description, *map(_written, parameter.enum)]
                said += [_written(parameter.default), _written(parameter.example)]
            said += [_written(value) for sent in result.parameters.values() for _, value in nodes(sent)]
            for pointer, node in nodes(result.response):
                said += [pointer.rpartition("/")[2], _written(node)]
        return " | ".join(said)[:SOURCE_LIMIT]

    @cached_property
    def numbers(self) -> frozenset[float]:
        """Numbers of the texts, and how many items each list of a response has."""
        held = [node for result in self.results for _, node in nodes(result.response)]
        counts = [len(node) for node in held if isinstance(node, list | dict)]
        counts += [count for result in self.results for count in result.omitted.values()]
        totals = [sum(r.outcome == "ok" for r in self.results), len(self.results)]
        exact = {float(node) for node in held if isinstance(node, int | float)}  # they have one reading only
        known = [float(n) for n in (*counts, *totals)]
        for number in numbers(self.text):
            forms = (number.value,) if number.value in exact else (*number.readings, *number.listed)
            known += map(float, forms)
        return frozenset(known)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of fields and parameters that have letters and digits, by these alone."""
        names = {parameter.name for result in self.results for parameter in result.api.parameters}
        names |= {pointer.rpartition("/")[2] for result in self.results for pointer, _ in nodes(result.response)}
        parts = [name_words(name)[:FIELD_LIMIT] for name in names if any(c.isdigit() for c in name)]
        runs = ("".join(words[first:last]) for words in parts for first, last in combinations(range(len(words) + 1), 2))
        return frozenset(run for run in runs if not run.isdigit() and not run.isalpha())

    @cached_property
    def days(self) -> frozenset[date]:
        spaced = re.sub(r"(?<=\d)t(?=\d)", " ", self.text)
        return frozenset(day.value for day in days(spaced) if day.value)

    @cached_property
    def clocks(self) -> frozenset[time]:
        spaced = re.sub(r"(?<=\d)t(?=\d)", " ", self.text)
        return frozenset(clock.value.replace(second=0) for clock in clocks(spaced))

    def says(self, said: str) -> bool:
        """The same characters, as whole words; a text cut short with "…" counts as far as it goes."""
        wanted = _folded(said).rstrip("….").strip()
        at = self.text.find(wanted) if wanted else 0
        while at > 0 or (at == 0 and wanted):
            if at < 0:
                return False
            after = self.text[at + len(wanted) : at + len(wanted) + 2]
            before = self.text[at - 1 : at]
            if not (before.isalnum() and wanted[0].isalnum()) and not _goes_on(after, wanted, said):
                return True
            at = self.text.find(wanted, at + 1)
        return not wanted

    def knows_day(self, value: date | None, partial: date | None) -> bool:
        if value:
            return value in self.days
        return any((day.month, day.day) == (partial.month, partial.day) for day in self.days) if partial else True

    def has_field(self, said: str) -> bool:
        """A name of a field in another spelling: "PM2.5" for `pm2_5`. Not so of values, where a mark may mean much."""
        return re.sub(r"[\W_]", "", said).casefold() in self.fields

    def knows_number(self, number: Number) -> bool:
        """In one of its readings."""
        return any(self._knows(value, number.unit) for value in number.readings)

    def _knows(self, value: float, unit: str) -> bool:
        """Equal, or a known number rounded to the digits that the answer shows, or as percent."""
        digits = len(f"{value}".partition(".")[2]) if isinstance(value, float) else 0
        for known in self.numbers:
            forms = (known, known * 100) if unit == "%" else (known,)
            if any(abs(value - form) < 1e-9 or abs(abs(form) - abs(value)) < 1e-9 for form in forms):
                return True
            if any(form != int(form) and round(form, digits) == value for form in forms):
                return True
        return False


def _goes_on(after: str, wanted: str, said: str) -> bool:
    """Whether the source's word is longer than what was found: "123" in "1234", "1.5" in "1.57"."""
    if said.rstrip().endswith("…") or not wanted[-1].isalnum() or not after:
        return False
    return after[0].isalnum() or (wanted[-1].isdigit() and after[0] in ".," and after[1:2].isdigit())


def _written(value: JsonValue) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text.translate(_PLAIN)).casefold()


_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "−": "-", "–": "-"})

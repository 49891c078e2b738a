"""Where a question holds a value for a parameter, by strong evidence: its pattern, its format, its enum, its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.fits import TEXT_LIMIT, fits, is_mere_word, pattern_of
from reasoners.numbers import Number, converted, numbers
from reasoners.offline.formats import FORMATS, QUOTED, format_of
from reasoners.offline.labels import announced, is_id, labels
from reasoners.offline.members import denied, named_members
from reasoners.words import before, name_words, stem, tokens

_FLAGS = """is has have include included includes including with show get enable enabled use allow only need needs
want return returns should do add check flag require required needed prefer calculate a an the of for in on to and or"""
FLAGS = frozenset(_FLAGS.split())
"""Words of a flag's name that do not say what it is about."""
CHUNK = re.compile(r"\S+")
EDGES = "\"'“”‘’`()[]{}<>,;:!?#*…"
PERIOD = re.compile(r"\b(?:last|past|previous|this|current|next|coming)\s+$", re.I)
""" "By the hour for last month": beside another member, what follows says when, not which."""
# Words that a pattern must not take for a value, or it says nothing: "^[A-Za-z ]+$" fits every word.
ORDINARY = ("order", "Hello", "the", "x", "Paris", "information", "to", "it")


@dataclass(frozen=True)
class Span:
    """A place in the question that can be a value, and how sure that is."""

    start: int
    end: int
    value: JsonValue
    strength: float
    """About the share of such spans that are right, in (0, 1]."""
    rule: str


def spans(text: str, parameter: Parameter) -> tuple[Span, ...]:
    """Values for this parameter that stand in the text by strong evidence, strongest first. All fit the schema."""
    found = [span for rule in _rules(parameter) for span in rule(text, parameter) if fits(span.value, parameter)]
    best: dict[tuple[int, int], Span] = {}
    for span in sorted(found, key=lambda span: -span.strength):
        best.setdefault((span.start, span.end), span)
    return tuple(sorted(best.values(), key=lambda span: (-span.strength, span.start)))


def _rules(parameter: Parameter) -> Sequence[Callable[[str, Parameter], Iterator[Span]]]:
    if parameter.type == "boolean":
        return (_booleans,)
    if parameter.enum and parameter.type not in ("array", "object"):
        return (_enumerated,)
    if parameter.type in ("integer", "number"):
        return (_labelled_numbers,)
    if parameter.type != "string":
        return ()
    return (_patterned, _formatted, _labelled, _quoted)


def _patterned(text: str, parameter: Parameter) -> Iterator[Span]:
    pattern = pattern_of(parameter)
    if pattern is None or any(pattern.search(word) for word in ORDINARY):
        return
    # another case is tried only where ordinary words of that case do not fit: "how" is no currency code
    other = [turn for turn in (str.lower, str.upper) if not any(pattern.search(turn(word)) for word in ORDINARY)]
    for start, end, chunk in _chunks(text):
        form = next((form for form in (chunk, *(turn(chunk) for turn in other)) if pattern.search(form)), None)
        if form is not None and chunk not in ("I", "A") and not is_mere_word(chunk, pattern, shouted=text.isupper()):
            yield Span(start, end, form, 0.97, "pattern")


def _chunks(text: str) -> Iterator[tuple[int, int, str]]:
    """What stands between spaces, without the punctuation around it, and its parts at slashes and equals signs."""
    for match in CHUNK.finditer(text):
        inner = match[0].lstrip(EDGES)
        start = match.start() + len(match[0]) - len(inner)
        inner = re.sub(r"(?:['’]s)$", "", inner.rstrip(EDGES + ".")).rstrip(EDGES + ".")
        if 0 < len(inner) <= TEXT_LIMIT:
            yield start, start + len(inner), inner
            for part in re.finditer(r"[^/=:,]+", inner) if re.search("[/=:,]", inner) else ():
                yield start + part.start(), start + part.end(), part[0]


def _formatted(text: str, parameter: Parameter) -> Iterator[Span]:
    wanted = format_of(parameter)
    if wanted in FORMATS:
        for match in FORMATS[wanted].finditer(text):
            yield Span(match.start(), match.end(), match[0], 0.95, "format")


def _enumerated(text: str, parameter: Parameter) -> Iterator[Span]:
    found = list(named_members(text, parameter))
    several = len({str(member) for _, _, member, _ in found}) > 1
    for start, end, member, strength in found:
        if several and PERIOD.search(before(text, start)):
            strength -= 0.1
        yield Span(start, end, member, strength, "enum" if any(map(str.isalnum, text[start:end])) else "sign")


def _labelled(text: str, parameter: Parameter) -> Iterator[Span]:
    quotes = {match.start(): match for match in QUOTED.finditer(text)}
    for at, marked in announced(text, parameter):
        if quoted := quotes.get(at):
            yield Span(*_inside(quoted), 0.95, "labelled quote")
            continue
        chunk = next(_chunks(text[at:]), None)
        if chunk is None or chunk[0] > 1:
            continue
        telling = any(map(str.isdigit, chunk[2]))
        if telling and (marked or is_id(parameter)):
            yield Span(at + chunk[0], at + chunk[1], chunk[2], 0.95, "labelled id")
        elif telling or marked:
            yield Span(at + chunk[0], at + chunk[1], chunk[2], 0.75, "labelled")


def _inside(match: re.Match[str]) -> tuple[int, int, str]:
    group = match.lastindex or 0
    return match.start(group), match.end(group), match[group]


def _quoted(text: str, parameter: Parameter) -> Iterator[Span]:
    if wants_code(parameter):
        return
    for match in QUOTED.finditer(text):
        start, end, value = _inside(match)
        if is_id(parameter) and " " in value:
            continue
        if NAMING.search(before(text, match.start())) and {"name", "title"} & set(name_words(parameter.name)):
            yield Span(start, end, value, 0.93, "named quote")
        yield Span(start, end, value, 0.7 if parameter.required else 0.4, "quote")


_SWITCHES = frozenset({"on", "enabled", "active", "activated", "power", "enable", "state"})
_TURNED = re.compile(
    r"\b(?:turn|switch|put)(?:ed|s|ing)?\b[^.?!;,]{0,40}?\b(?:(?P<on>on)|off)\b|\b(?:(?P<able>(?:en|activ)(?:able|ate))|disable|deactivate)\b",
    re.I,
)
NAMING = re.compile(r"\b(?:called|named|titled|entitled|with the (?:name|title))\s+$", re.I)


def wants_code(parameter: Parameter) -> bool:
    """Days, times and codes are read by their own rules, not from quotes."""
    words = set(name_words(parameter.name))
    return bool(words & {"date", "time", "timestamp", "datetime"}) or bool(words & {"iata", "icao", "iso"})


def _labelled_numbers(text: str, parameter: Parameter) -> Iterator[Span]:
    starts = [at for at, _ in announced(text, parameter, valued=True)]
    words = {stem(word) for word in labels(parameter)}
    for number in numbers(text):
        value = as_number(number, parameter)
        if value is None:
            continue
        if any(0 <= number.start - at <= 1 for at in starts):
            yield Span(number.start, number.end, value, sureness(number, value, 0.95, parameter), "labelled number")
        elif _next_stems(text, number) & words:
            yield Span(number.start, number.end, value, sureness(number, value, 0.93, parameter), "counted")


def sureness(number: Number, value: float, strength: float, parameter: Parameter) -> float:
    """What was converted to another unit is shown first, and so is a percentage, which may be meant as a fraction."""
    open_percent = number.unit == "%" and not _in_percent(parameter)
    return min(strength, 0.8) if value != number.value or open_percent else strength


def _in_percent(parameter: Parameter) -> bool:
    """No fraction fits: "40 percent" can only be 40."""
    return parameter.type == "integer" or parameter.constraints.get("maximum") == 100


def _next_stems(text: str, number: Number) -> set[str]:
    """The words right behind a number: "5 star hotels", "2 adults"."""
    return {token.stem for token in tokens(text[number.end : number.end + 40])[:1]}


_NO_UNITS = frozenset({"m", "s", "h", "g", "l", "min"})
"""Ends of names that say something else as often: "price_min"."""


def as_number(number: Number, parameter: Parameter) -> int | float | None:
    """The number in the parameter's unit and type; None: it does not fit, such as 2.5 for an integer."""
    if number.unit == "%" and _in_percent(parameter):
        return number.value if parameter.type == "number" or isinstance(number.value, int) else None
    words = name_words(parameter.name)
    own = f" ({words[-1]})" if words and words[-1] not in _NO_UNITS else ""
    value = converted(number, f"{' '.join(words)} {parameter.description}{own}")
    if value is None or parameter.type == "number":
        return value
    return value if isinstance(value, int) else None


def _booleans(text: str, parameter: Parameter) -> Iterator[Span]:
    """True where the text names what the flag is about, False where it denies it; a switch is turned on or off."""
    if set(name_words(parameter.name)) & _SWITCHES:
        turned = _TURNED.search(text)
        if turned:
            on = turned["on"] or turned["able"]
            yield Span(turned.start(), turned.end(), bool(on), 0.92, "flag")
    wanted = [stem(word) for word in name_words(parameter.name) if word not in FLAGS]
    found = [token for token in tokens(text) if token.stem in wanted]
    undone = [token for token in tokens(text) if token.stem in {f"un{word}" for word in wanted}]
    if len(wanted) == 1 and undone and not found:  # "unsubscribe" for `subscribed`
        yield Span(undone[0].start, undone[0].end, False, 0.9, "flag")
    if not wanted or not set(wanted) <= {token.stem for token in found}:
        return
    start, end = found[0].start, found[-1].end
    yield Span(start, end, not denied(text, start), 0.9, "flag")

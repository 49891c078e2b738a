"""Where a question holds a value for a parameter, by strong evidence: its pattern, its format, its enum, its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.dates import clocks, days, written_as
from reasoners.fits import TEXT_LIMIT, fits, pattern_of
from reasoners.numbers import Number, numbers
from reasoners.words import name_words, stem, tokens

CHUNK = re.compile(r"\S+")
EDGES = "\"'“”‘’`()[]{}<>,;:!?#*…"
# Words that a pattern must not take for a value, or it says nothing: "^[A-Za-z ]+$" fits every word.
ORDINARY = ("order", "Hello", "the", "x", "Paris")
QUOTED = re.compile(
    r"\"([^\"\n]{1,300})\"|“([^”\n]{1,300})”|‘([^’\n]{1,300})’|`([^`\n]{1,300})`|(?<!\w)'([^'\n]{1,300})'(?!\w)"
)
FORMATS = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    "uri": re.compile(r"https?://[^\s<>\"'“”]{1,2000}[^\s<>\"'“”.,;:!?)\]]"),
    "uuid": re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    "ipv4": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "phone": re.compile(r"(?<![\w.])\+?\(?\d[\d\s().-]{5,18}\d(?!\w)"),
    "domain": re.compile(
        r"\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|io|gov|edu|co|dev|ai|app|info|uk|de|fr|cn|in|ru)\b", re.I
    ),
}
# What a parameter's name says about its format where the schema does not.
NAMED = {
    "email": "email", "mail": "email", "url": "uri", "uri": "uri", "link": "uri", "website": "domain", "domain": "domain",
    "uuid": "uuid", "guid": "uuid", "ip": "ipv4", "ipv4": "ipv4", "phone": "phone", "telephone": "phone", "mobile": "phone",
}  # fmt: skip
# Words of a name that say what kind of thing it is, not whose: "order id" is named by "order".
GENERIC = frozenset("id ids number num no code value name string text input param key field type".split())
FLAGS = frozenset("is has have include included includes including with show get enable enabled use allow only need needs want return "
                  "returns should do add check flag require required needed prefer calculate a an the of for in on to and or".split())  # fmt: skip
NEGATIONS = re.compile(
    r"\b(?:not?|without|don['’]?t|doesn['’]?t|exclud(?:e|es|ing)|skip|disable|except|never|isn['’]?t|aren['’]?t)\b",
    re.I,
)


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
    found = [
        span for rule in _rules(parameter) for span in rule(text, parameter) if fits(span.value, parameter)
    ]
    best: dict[tuple[int, int], Span] = {}
    for span in sorted(found, key=lambda span: -span.strength):
        best.setdefault((span.start, span.end), span)
    return tuple(sorted(best.values(), key=lambda span: (-span.strength, span.start)))


def _rules(parameter: Parameter) -> Sequence[Callable[[str, Parameter], Iterator[Span]]]:
    if parameter.type == "boolean":
        return (_booleans,)
    if parameter.enum:
        return (_members,)
    if parameter.type in ("integer", "number"):
        return (_labelled_numbers,)
    if parameter.type != "string":
        return ()
    return (_patterned, _formatted, _labelled, _quoted)


def format_of(parameter: Parameter) -> str:
    """The parameter's format, as declared or as its name says; empty: none."""
    declared = parameter.constraints.get("format")
    if isinstance(declared, str) and declared:
        return {"url": "uri", "ip": "ipv4"}.get(declared, declared)
    words = name_words(parameter.name)
    return next((NAMED[word] for word in reversed(words) if word in NAMED), "")


def _patterned(text: str, parameter: Parameter) -> Iterator[Span]:
    pattern = pattern_of(parameter)
    if pattern is None or any(pattern.search(word) for word in ORDINARY):
        return
    for chunk in _chunks(text):
        for form in dict.fromkeys((chunk[2], chunk[2].lower(), chunk[2].upper())):
            if pattern.search(form):
                yield Span(chunk[0], chunk[1], form, 0.97, "pattern")
                break


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
    elif wanted in ("date", "date-time") or written_as(parameter):
        yield from _dates(text, parameter)


def _dates(text: str, parameter: Parameter) -> Iterator[Span]:
    shape = written_as(parameter) or "%Y-%m-%d"
    for day in days(text):
        if day.value is not None and "%H" not in shape:
            yield Span(
                day.start,
                day.end,
                day.value.strftime(shape),
                0.93 if day.certainty == "exact" else 0.6,
                "date",
            )


def _members(text: str, parameter: Parameter) -> Iterator[Span]:
    """Enum members that the text names, longest first: "in transit" before "transit"."""
    taken: list[tuple[int, int]] = []
    for member in sorted(parameter.enum, key=lambda member: -len(str(member))):
        for start, end, strength in _named(text, str(member), parameter):
            if not any(start < other and at < end for at, other in taken):
                taken.append((start, end))
                yield Span(start, end, member, strength, "enum")


def _named(text: str, member: str, parameter: Parameter) -> Iterator[tuple[int, int, float]]:
    words = name_words(member) or (member.casefold(),)
    if len(member) < 2 or member.isdigit():
        yield from ((start, end, 0.9) for start, end in _beside(text, member, parameter))
        return
    exact = re.compile(rf"(?<!\w){re.escape(member)}(?!\w)")
    for match in exact.finditer(text):
        yield match.start(), match.end(), 0.95
    wanted = [stem(word) for word in words]
    found = tokens(text)
    for first in range(len(found) - len(wanted) + 1):
        window = found[first : first + len(wanted)]
        if all(token.stem == word for token, word in zip(window, wanted, strict=True)):
            yield window[0].start, window[-1].end, 0.94 if len(member) > 3 else 0.85


def _beside(text: str, member: str, parameter: Parameter) -> Iterator[tuple[int, int]]:
    for match in re.finditer(rf"(?<![\w.]){re.escape(member)}(?![\w.]\w?)", text, re.I):
        if any(
            word in near
            for word in labels(parameter)
            for near in [text[max(0, match.start() - 25) : match.end() + 20].casefold()]
        ):
            yield match.span()


@lru_cache(maxsize=4_096)
def _labels(name: str) -> tuple[str, ...]:
    words = name_words(name)
    telling = tuple(word for word in words if word not in GENERIC and len(word) > 2)
    return telling or words


def labels(parameter: Parameter) -> tuple[str, ...]:
    """The words that announce a value for this parameter: "order" for `order_id`."""
    return _labels(parameter.name)


LINK = r"(?:\s+(?:is|are|was|as|to|of|id|ids|number|num|no|code|named|called|name|value|set|equal|equals|with|being|be))*"


@lru_cache(maxsize=4_096)
def _announcing(name: str) -> re.Pattern[str] | None:
    """The parameter's name in words, and what joins it to a value: "order id is", "order number:", "order #"."""
    words = [
        re.escape(stem(word)) + r"\w{0,4}" if len(word) > 3 else re.escape(word) for word in name_words(name)
    ]
    if not words or len(name) > 80:
        return None
    whole = r"[\s_-]?".join(words)
    short = "|".join([whole, *(re.escape(word) + "s?" for word in _labels(name)[-1:])])
    return re.compile(rf"(?<![\w-])(?:{short}){LINK}\s*(?P<mark>[:=#]|\.\s?#)?\s*(?=\S)", re.IGNORECASE)


def announced(text: str, parameter: Parameter) -> Iterator[tuple[int, bool]]:
    """Where a value announced by the parameter's name would begin, and whether ":", "=" or "#" announces it."""
    rule = _announcing(parameter.name)
    for match in rule.finditer(text) if rule else ():
        yield match.end(), bool(match["mark"])


def _labelled(text: str, parameter: Parameter) -> Iterator[Span]:
    for at, marked in announced(text, parameter):
        quoted = QUOTED.match(text, at)
        if quoted:
            yield Span(*_inside(quoted), 0.95, "labelled quote")
            continue
        chunk = next(_chunks(text[at:]), None)
        if chunk and chunk[0] <= 1 and (marked or any(letter.isdigit() for letter in chunk[2])):
            yield Span(
                at + chunk[0],
                at + chunk[1],
                chunk[2],
                0.94 if any(map(str.isdigit, chunk[2])) else 0.85,
                "labelled",
            )


def _inside(match: re.Match[str]) -> tuple[int, int, str]:
    group = match.lastindex or 0
    return match.start(group), match.end(group), match[group]


def _quoted(text: str, parameter: Parameter) -> Iterator[Span]:
    for match in QUOTED.finditer(text):
        yield Span(*_inside(match), 0.7, "quote")


def _labelled_numbers(text: str, parameter: Parameter) -> Iterator[Span]:
    starts = [at for at, _ in announced(text, parameter)]
    words = {stem(word) for word in labels(parameter)}
    for number in numbers(text):
        value = as_number(number, parameter)
        if value is None:
            continue
        if any(0 <= number.start - at <= 1 for at in starts):
            yield Span(number.start, number.end, value, 0.95, "labelled number")
        elif _next_stems(text, number) & words:
            yield Span(number.start, number.end, value, 0.93, "counted")


def _next_stems(text: str, number: Number) -> set[str]:
    """The words right behind a number: "5 star hotels", "2 adults"."""
    return {token.stem for token in tokens(text[number.end : number.end + 40])[:1]}


def as_number(number: Number, parameter: Parameter) -> int | float | None:
    """The number as the parameter's type; None: it does not fit, such as 2.5 for an integer."""
    if parameter.type == "number":
        return number.value
    return number.value if isinstance(number.value, int) else None


def _booleans(text: str, parameter: Parameter) -> Iterator[Span]:
    """True where the text names what the flag is about, False where it denies it."""
    wanted = [stem(word) for word in name_words(parameter.name) if word not in FLAGS]
    found = [token for token in tokens(text) if token.stem in wanted]
    if not wanted or not set(wanted) <= {token.stem for token in found}:
        return
    start, end = found[0].start, found[-1].end
    denied = NEGATIONS.search(text, max(0, start - 25), start)
    yield Span(start, end, not denied, 0.9, "flag")

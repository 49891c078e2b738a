"""Where a question holds a value for a parameter, by strong evidence: its pattern, its format, its enum, its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.codes import Kind, codes, mentions
from reasoners.fits import TEXT_LIMIT, fits, pattern_of
from reasoners.numbers import Number, converted, numbers
from reasoners.offline.filler import FILLER
from reasoners.words import name_words, runs, stem, tokens

CHUNK = re.compile(r"\S+")
EDGES = "\"'“”‘’`()[]{}<>,;:!?#*…"
# Words that a pattern must not take for a value, or it says nothing: "^[A-Za-z ]+$" fits every word.
ORDINARY = ("order", "Hello", "the", "x", "Paris", "information", "to", "it")
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
GENERIC = frozenset(["id", "ids", "number", "num", "no", "code", "value", "name", "string", "text", "input", "param", "key", "field", "type"])
FLAGS = frozenset(["is", "has", "have", "include", "included", "includes", "including", "with", "show", "get", "enable", "enabled", "use", "allow", "only", "need", "needs", "want", "return", "returns", "should", "do", "add", "check", "flag", "require", "required", "needed", "prefer", "calculate", "a", "an", "the", "of", "for", "in", "on", "to", "and", "or"])  # fmt: skip
KINDS: dict[str, Kind] = {
    "currency": "currency", "currencies": "currency", "country": "country", "countries": "country", "language": "language",
    "lang": "language", "languages": "language",
}  # fmt: skip
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
    found = [span for rule in _rules(parameter) for span in rule(text, parameter) if fits(span.value, parameter)]
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
    # another case is tried only where ordinary words of that case do not fit: "how" is no currency code
    other = [turn for turn in (str.lower, str.upper) if not any(pattern.search(turn(word)) for word in ORDINARY)]
    for start, end, chunk in _chunks(text):
        form = next((form for form in (chunk, *(turn(chunk) for turn in other)) if pattern.search(form)), None)
        if form is not None and chunk not in ("I", "A"):
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


def _members(text: str, parameter: Parameter) -> Iterator[Span]:
    """Enum members that the text names, longest first: "in transit" before "transit"."""
    taken: list[tuple[int, int]] = []
    for member in sorted(parameter.enum, key=lambda member: -len(str(member))):
        for start, end, strength in (*_named(text, str(member), parameter), *_coded(text, member, parameter)):
            if not any(start < other and at < end for at, other in taken):
                taken.append((start, end))
                yield Span(start, end, member, strength, "enum")


def _named(text: str, member: str, parameter: Parameter) -> Iterator[tuple[int, int, float]]:
    if len(member) < 2 or member.isdigit():
        yield from ((start, end, 0.9) for start, end in _beside(text, member, parameter))
    elif member.casefold() in FILLER:  # "it" is Italian, "all" a filter, only where it is labelled
        yield from ((start, end, 0.9) for start, end in _beside(text, member, parameter, marked=True))
    else:
        exact = re.compile(rf"(?<!\w){re.escape(member)}(?!\w)")
        yield from (
            (match.start(), match.end(), 0.95) for match in exact.finditer(text) if not _denied(text, match.start())
        )
        if len(member) > 2:
            words = [stem(word) for word in name_words(member) or (member,)]
            strength = 0.94 if len(member) > 3 else 0.85
            yield from ((start, end, strength) for start, end in runs(words, text) if not _denied(text, start))


def _denied(text: str, start: int) -> bool:
    """Whether the words before say no to what follows, in the same clause."""
    return bool(NEGATIONS.search(re.split(r"[,.;:?!]|\bbut\b", text[max(0, start - 40) : start])[-1]))


def _coded(text: str, member: JsonValue, parameter: Parameter) -> Iterator[tuple[int, int, float]]:
    """Members that are codes, called by name: "German" for "de"."""
    kind = coded(parameter)
    if kind and isinstance(member, str):
        for start, end, code in mentions(kind, text):
            if code.casefold() == member.casefold():
                yield start, end, 0.94


@lru_cache(maxsize=4_096)
def _all_codes(kind: Kind, enum: tuple[str, ...]) -> bool:
    return all(member.upper() in codes(kind) for member in enum)


CODE_OF = re.compile(r"\b(currency|country|language)(?:'s)?(?:-|\s+)(?:\w+\s+)?(?:codes?\b|\()", re.I)


def coded(parameter: Parameter) -> Kind | None:
    """Which codes the parameter takes, as its name and enum or pattern tell; None: none, or names will do."""
    kind = next((KINDS[word] for word in name_words(parameter.name) if word in KINDS), None)
    if kind is None:
        said = CODE_OF.search(f"{parameter.title} {parameter.description}")
        kind = KINDS[said[1].casefold()] if said else None
    if kind is None:
        return None
    if parameter.enum:
        return kind if _all_codes(kind, tuple(map(str, parameter.enum))) else None
    short = re.search(r"\{[23]\}", str(parameter.constraints.get("pattern", "")))
    said = re.search(r"\bcodes?\b|\bISO\b", f"{parameter.name} {parameter.description}", re.I)
    return kind if kind == "currency" or short or said else None


def _beside(text: str, member: str, parameter: Parameter, marked: bool = False) -> Iterator[tuple[int, int]]:
    """Where a member too short to speak for itself stands right behind the parameter's name."""
    for at, mark in announced(text, parameter):
        if (mark or not marked) and re.compile(rf"\W?{re.escape(member)}(?!\w)", re.I).match(text, at):
            start = text.casefold().index(member.casefold(), at)
            yield start, start + len(member)


@lru_cache(maxsize=4_096)
def _labels(name: str) -> tuple[str, ...]:
    words = name_words(name)
    telling = tuple(word for word in words if word not in GENERIC and len(word) > 2)
    return telling or words


def labels(parameter: Parameter) -> tuple[str, ...]:
    """The words that announce a value for this parameter: "order" for `order_id`."""
    return _labels(parameter.name)


# "order id is 5", "order number: 5"; "of" and "to" only behind such a word: "the Act of 2013" is no act number
LINK = r"(?:\s+(?:is|are|was|as|equals?|being|be|set|(?:key|named|called|name|value)(?:\s+(?:of|is|to))?))*"
ID_LINK = r"(?:\s+(?:is|are|was|as|(?:ids?|number|num|no|code|key)(?:\s+(?:of|is|to))?|with(?=\s+id)))*"
VALUED = r"(?:\s+(?:of|to|=|at|is|as|by|equals?))?"


@lru_cache(maxsize=4_096)
def _announcing(name: str, valued: bool, identifies: bool) -> re.Pattern[str] | None:
    """The parameter's name in words, and what joins it to a value: "order id is", "order number:", "order #"."""
    words = [re.escape(stem(word)) + r"\w{0,4}" if len(word) > 3 else re.escape(word) for word in name_words(name)]
    if not words or len(name) > 80:
        return None
    named = "|".join([r"[\s_-]?".join(words), *(re.escape(word) + "s?" for word in _labels(name)[-1:])])
    link = ID_LINK if identifies else LINK + (VALUED if valued else "")
    must = r"(?=\s*[:=#]|\s+(?:is|of|equals?|as)\b)" if len(name) == 1 else ""  # "a 5 star hotel" names no `a`
    return re.compile(rf"(?<![\w-])(?:{named})(?![\w-]){must}{link}\s*(?P<mark>[:=#]|\.\s?#)?\s*(?=\S)", re.IGNORECASE)


def announced(text: str, parameter: Parameter, *, valued: bool = False) -> Iterator[tuple[int, bool]]:
    """Where a value announced by the parameter's name would begin, and whether ":", "=" or "#" announces it."""
    rule = _announcing(parameter.name, valued, is_id(parameter))
    for match in rule.finditer(text) if rule else ():
        yield match.end(), bool(match["mark"])


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


ID_WORDS = frozenset(
    {
        "id",
        "ids",
        "number",
        "no",
        "code",
        "key",
        "isbn",
        "sku",
        "symbol",
        "ticker",
        "serial",
        "reference",
        "uuid",
        "token",
    }
)


def is_id(parameter: Parameter) -> bool:
    """Whether the parameter takes an identifier, as its name or description says."""
    return bool(ID_WORDS & set(name_words(parameter.name))) or bool(
        re.search(r"\bidentifier\b|\bID\b", parameter.description)
    )


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
        if NAMING.search(text[: match.start()]) and {"name", "title"} & set(name_words(parameter.name)):
            yield Span(start, end, value, 0.93, "named quote")
        yield Span(start, end, value, 0.7 if parameter.required else 0.4, "quote")


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
            yield Span(number.start, number.end, value, sureness(number, value, 0.95), "labelled number")
        elif _next_stems(text, number) & words:
            yield Span(number.start, number.end, value, sureness(number, value, 0.93), "counted")


def sureness(number: Number, value: float, strength: float) -> float:
    """What was converted to another unit is shown first, and so is a percentage, which may be meant as a fraction."""
    return min(strength, 0.8) if value != number.value or number.unit == "%" else strength


def _next_stems(text: str, number: Number) -> set[str]:
    """The words right behind a number: "5 star hotels", "2 adults"."""
    return {token.stem for token in tokens(text[number.end : number.end + 40])[:1]}


def as_number(number: Number, parameter: Parameter) -> int | float | None:
    """The number in the parameter's unit and type; None: it does not fit, such as 2.5 for an integer."""
    value = converted(number, f"{' '.join(name_words(parameter.name))} {parameter.description}")
    if value is None or parameter.type == "number":
        return value
    return value if isinstance(value, int) else None


def _booleans(text: str, parameter: Parameter) -> Iterator[Span]:
    """True where the text names what the flag is about, False where it denies it."""
    wanted = [stem(word) for word in name_words(parameter.name) if word not in FLAGS]
    found = [token for token in tokens(text) if token.stem in wanted]
    if not wanted or not set(wanted) <= {token.stem for token in found}:
        return
    start, end = found[0].start, found[-1].end
    yield Span(start, end, not _denied(text, start), 0.9, "flag")

"""Whether a question holds a text: as it stands, in another form of its words, or under another name for the same."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from itertools import pairwise

from pydantic import JsonValue

from catalog.models import Parameter
from catalog.tokens import STOP_WORDS
from reasoners.codes import Kind, code_of, mentions
from reasoners.numbers import numbers
from reasoners.said_amounts import amount, labelled
from reasoners.said_days import moment
from reasoners.words import Token, name_words, stem, tokens

SpanOf = tuple[int, int]
_LIMIT = 2_000  # characters; a longer text is compared as it stands only
_YES_OR_NO = ("true", "false", "yes", "no")
_EMPTY = {"include", "included", "have", "with", "show", "only", "allow", "enable", "enabled", "want", "wants", "need"}
"""Words of a flag's name that say nothing of what it switches."""
_CODED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("currency", re.compile(r"currenc|\biso 4217", re.I)),
    ("country", re.compile(r"countr|nation|region|locale|market", re.I)),
    ("language", re.compile(r"lang|locale|tongue", re.I)),
)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")
_WANTS_REGION = re.compile(
    r"\b(?:city|town|place|location|state)\b.{0,40}\b(?:state|country|region|province)\b", re.I | re.S
)
_REGION = re.compile(r"[A-Z][\w. -]{1,24}")
_FEWEST_SHARED = 5  # characters that a number or code has at least, where its marks may differ
_BETWEEN = {"digits": r"[\s().*-]{0,3}", "else": r"[\s()*^_./-]{0,3}"}


def is_switch(value: JsonValue, parameter: Parameter) -> bool:
    """A yes or no, also one that is written as a text."""
    return isinstance(value, bool) or (value in parameter.enum and str(value).casefold() in _YES_OR_NO)


def flag(parameter: Parameter, query: str, known: frozenset[str] = frozenset()) -> SpanOf | None:
    """A word of the flag's name. The question then speaks of it; whether it says yes is the model's to read.

    A word that is `known` to be in any such question counts only beside all others of the name.
    """
    words = [word for word in name_words(parameter.name) if len(word) > 2 and word not in _EMPTY | STOP_WORDS]
    wanted = {stem(word) for word in words} | {stem("".join(name_words(parameter.name)))}
    found = {word: token for token in reversed(tokens(query)) if (word := _letters(token)) in wanted}
    telling = [token for word, token in found.items() if word not in known or len(found) >= len(words)]
    return min(((token.start, token.end) for token in telling), default=None)


def _letters(token: Token) -> str:
    """The stem, also of a word written in two: "multi-player" is multiplayer."""
    return stem(re.sub(r"[-.&]", "", token.text))


def text(value: str, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    """Where a text comes from; None: nothing in the question speaks for it."""
    if len(value) > _LIMIT:
        return verbatim(value, query)
    return (
        verbatim(value, query)
        or _sequence(value, query)
        or moment(value, query, today)
        or _numeric(value, parameter, query, today)
        or _code(value, parameter, query)
        or _gathered(value, query)
        or _of_its_enum(value, parameter, query)
        or _with_its_region(value, parameter, query)
        or _with_its_unit(value, query)
        or _other_marks(value, query)
        or _with_its_keys(value, query)
    )


def verbatim(value: str, query: str) -> SpanOf | None:
    """The same characters as whole words, in any case, spacing and accents."""
    words = plain(value).split()
    if not words:
        return None
    rule = r"\s+".join(re.escape(word) for word in words)
    # Words of scripts without spaces have no edges; a single character of one could be part of any word.
    edges = not _UNSPACED.search(value) or len(value) < 2
    before = r"(?<!\w)" if edges and words[0][0].isalnum() else ""
    after = r"(?!\w)" if edges and words[-1][-1].isalnum() else ""
    found = re.search(before + rule + after, plain(query), re.IGNORECASE)
    return found.span() if found else None


_MARKS = str.maketrans("’‘´“”„«»–—−‑\u00a0", '\'\'\'"""""---- ')


@lru_cache(maxsize=256)
def plain(said: str) -> str:
    """Without accents and typographic marks, character by character, so that places stay the same."""
    return "".join(_base(c) if ord(c) > 127 else c for c in said.translate(_MARKS))


def _base(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base.isascii() and base.isalpha() else character


def _sequence(value: str, query: str) -> SpanOf | None:
    """The same words one after the other, in any form: "in_transit" for "in transit", "order" for "orders"."""
    wanted = [stem(part) for token in tokens(value) for part in name_words(token.text) or (token.text,)]
    found = [(stem(part), token) for token in tokens(query) for part in name_words(token.text) or (token.text,)]
    for first in range(len(found) - len(wanted) + 1) if wanted else ():
        window = found[first : first + len(wanted)]
        unlike = [(word, stemmed) for word, (stemmed, _) in zip(wanted, window, strict=True) if word != stemmed]
        if not unlike or (len(wanted) > 2 and len(unlike) == 1 and _abbreviates(*unlike[0])):
            return window[0][1].start, window[-1][1].end
    return None


def _abbreviates(left: str, right: str) -> bool:
    """One short for the other: "st" for "street", "blvd" for "boulevard"."""
    short, long = sorted((left, right), key=len)
    letters = iter(long[1:])
    return 1 < len(short) < len(long) and short[0] == long[0] and all(c in letters for c in short[1:])


def _numeric(value: str, parameter: Parameter, query: str, today: date | None) -> SpanOf | None:
    bare = value.strip().removesuffix("%").strip()
    found = numbers(bare) if re.fullmatch(r"[-−]?\d[\d.,'’\s]{0,24}", bare) else ()
    if len(found) != 1 or (found[0].start, found[0].end) != (0, len(bare)):
        return None
    return next(filter(None, (amount(said, parameter, query, today) for said in found[0].readings)), None)


def _code(value: str, parameter: Parameter, query: str) -> SpanOf | None:
    said = f"{' '.join(name_words(parameter.name))} {parameter.title} {parameter.description}"
    for kind, rule in _CODED:
        code = code_of(kind, value) if rule.search(said) or (kind == "currency" and parameter.enum) else None
        named = mentions(kind, query) if code else ()  # looking through the question costs half a millisecond
        found = [(start, end) for start, end, other in named if code and other.casefold() == code.casefold()]
        if found:
            return found[0]
    return None


def _gathered(value: str, query: str) -> SpanOf | None:
    """Search words in another order: every word of the value stands in the question, in some form."""
    wanted = [token.stem for token in tokens(value)]
    return _around(wanted, query) if len(wanted) > 1 else None


def _around(wanted: list[str], query: str) -> SpanOf | None:
    where: dict[str, Token] = {token.stem: token for token in reversed(tokens(query))}
    if not wanted or not all(word in where for word in wanted):
        return None
    return min(where[word].start for word in wanted), max(where[word].end for word in wanted)


def _of_its_enum(value: str, parameter: Parameter, query: str) -> SpanOf | None:
    """A switch written as a text; the short form of a word ("asc"); what the description calls the value."""
    if value not in parameter.enum:
        return labelled(value, parameter, query) if len(value) < 4 else None
    if is_switch(value, parameter):
        return flag(parameter, query)
    return _short_form(value.casefold(), query) or labelled(value, parameter, query)


def _short_form(folded: str, query: str) -> SpanOf | None:
    for token in tokens(query):
        word = token.text.casefold()
        shortened = len(folded) > 2 and len(word) > len(folded) + 2 and word.startswith(folded)
        lengthened = len(word) > 4 and folded.startswith(word)
        if shortened or lengthened:
            return token.start, token.end
    return None


def _with_its_region(value: str, parameter: Parameter, query: str) -> SpanOf | None:
    """A place of the question, completed by its state or country where the parameter wants it so."""
    place, comma, region = value.partition(",")
    if not comma or not _WANTS_REGION.search(f"{parameter.name} {parameter.description}"):
        return None
    named = place.strip().removesuffix(" City")
    return verbatim(named, query) if named and all(map(_REGION.fullmatch, map(str.strip, region.split(",")))) else None


def _with_its_unit(value: str, query: str) -> SpanOf | None:
    """A figure and the beginning of its unit: "24h" for "24 hour"."""
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s?([a-z]+)", value, re.IGNORECASE)
    rule = rf"(?<![\w.]){re.escape(parts[1])}[\s-]?{parts[2]}[a-z]*(?!\w)" if parts else None
    found = re.search(rule, query, re.IGNORECASE) if rule else None
    return found.span() if found else None


def _other_marks(value: str, query: str) -> SpanOf | None:
    """The same letters and digits with other marks between them: 555-0100, "9x**2" for "9x^2"."""
    characters = [c for c in plain(value) if c.isalnum()]
    if len(characters) < _FEWEST_SHARED or not any(c.isdigit() for c in characters):
        return None
    rule = re.escape(characters[0])
    for left, right in pairwise(characters):
        rule += _BETWEEN["digits" if left.isdigit() and right.isdigit() else "else"] + re.escape(right)
    found = re.search(rf"(?<!\w){rule}(?!\w)", plain(query), re.IGNORECASE)
    return found.span() if found else None


def _with_its_keys(value: str, query: str) -> SpanOf | None:
    """A search with keys of its own: "artist:Moss year:2020". What stands behind each key is in the question."""
    keyed = re.split(r"\b\w+[:=](?=\S)", value)
    if len(keyed) < 2:
        return None
    return _around([token.stem for part in keyed for token in tokens(part)], query)

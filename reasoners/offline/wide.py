"""Places in a question that may be a value though no single rule vouches for them: what is learned weighs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from catalog.models import Api, Parameter
from reasoners.dates import clocks, days, written_as
from reasoners.numbers import numbers
from reasoners.offline.fields import STOPS, TEXT_LIMIT, described
from reasoners.offline.formats import QUOTED
from reasoners.offline.labels import GENERIC
from reasoners.offline.leftover import leftovers
from reasoners.offline.lists import enumerated
from reasoners.offline.members import NEGATIONS
from reasoners.offline.moments import wants_day
from reasoners.offline.phrases import END, OPEN, proper_runs
from reasoners.offline.spans import FLAGS, Span, as_number
from reasoners.words import Token, name_words, stem, tokens

MOST = 40
"""Readings of one rule and parameter: a question of a thousand words is no reason to weigh thousands."""
LIMIT = 120
"""Characters of a value."""
_CODE = re.compile(
    r"[@#]\w[\w-]{0,60}|(?:~|\.{1,2})?/[\w./-]{1,120}|\w[\w-]{0,60}(?:\.[\w-]{1,60}){0,3}\.[A-Za-z]{2,4}\b"
    r"|\b(?=\w*\d)[\w-]{2,40}\b|\b[A-Z]{2,8}(?:[-_.][A-Z0-9]{1,8}){0,3}\b|\b[^\W_]{1,40}(?:[-_][^\W_]{1,40}){1,5}"
)
_LED = re.compile(
    r"\b(?:of|for|to|in|on|at|with|from|by|as|about|named|called|titled|into|is|are|be|via|using|saying|that|like|"
    r"regarding|near|around|:)\s+|:\s+",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\s?(?:%|percent|dollars?|euros?|yuan|pounds?|yen|km|kg|kilomet\w+|met(?:er|re)s?|miles?|hours?|minutes?|days?|"
    r"weeks?|months?|years?|people|persons?|degrees?|cups?|bottles?|boxes|pieces?|°\s?[CF]|calories|pages?)\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\s*(?:(?:is|are|was|be|to|as|of|called|named|:|=|-|the|a|an|number|id|name)\s*){0,6}[\"'“‘]?(?=\w|@|#|\$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s,;!?\"']+")
_MARKED = re.compile(r"[@#]\w[\w-]*")
_ITEM = r"[\w'’&.-]{1,40}(?: [\w'’&.-]{1,40}){0,3}?"
_COMMAS = re.compile(
    rf"(?<![\w'’]){_ITEM}(?:, {_ITEM}){{0,12}},? (?:and|or|&) {_ITEM}"
    r"(?=[.,;:!?)]|\s(?:in|on|at|for|from|to|with|of|as|by|that|is|are|using)\b|$)"
)


def wide(text: str, parameter: Parameter, api: Api) -> Iterator[Span]:
    """Generous readings for one parameter; each says by its rule how it came about. Their strength says nothing."""
    if parameter.type == "boolean":
        yield from _flags(text, parameter)
    elif parameter.type in ("integer", "number"):
        yield from _numbers(text, parameter)
    elif parameter.type == "array":
        yield from _several(text, api)
    elif parameter.type == "string" and not parameter.enum:
        yield from _texts(text, parameter, api)


def _span(text: str, start: int, end: int, rule: str) -> Span:
    return Span(start, end, text[start:end], 0.0, rule)


def _numbers(text: str, parameter: Parameter) -> Iterator[Span]:
    for number in numbers(text)[:MOST]:
        value = as_number(number, parameter)
        if value is not None:
            yield Span(number.start, number.end, value, 0.0, "w number")


def _flags(text: str, parameter: Parameter) -> Iterator[Span]:
    """One telling word of the flag's name is enough here."""
    wanted = {stem(word) for word in name_words(parameter.name) if word not in FLAGS and len(word) > 2}
    token = next((token for token in tokens(text) if token.stem in wanted), None)
    if token is not None:
        denied = NEGATIONS.search(text[max(0, token.start - 30) : token.start])
        yield Span(token.start, token.end, not denied, 0.0, "w flag")


def _texts(text: str, parameter: Parameter, api: Api) -> Iterator[Span]:
    yield from _described(text, parameter)
    yield from (_span(text, *place, rule) for place, rule in _places(text, tuple(leftovers(text, api))))
    yield from _beside(text, parameter)
    if (wants_day(parameter) or "time" in name_words(parameter.name)) and not written_as(parameter):
        moments = [(m.start, m.end) for m in days(text)] + [(m.start, m.end) for m in clocks(text)]
        yield from (_span(text, *moment, "w moment") for moment in moments[:MOST])


def _described(text: str, parameter: Parameter) -> Iterator[Span]:
    """What the description names as a value."""
    around, where = tokens(text), _where(text)
    for member in described(parameter.description[:TEXT_LIMIT]):
        wanted = [stem(word) for word in name_words(member)]
        for at in where.get(wanted[0], ())[:MOST] if wanted else ():
            window = around[at : at + len(wanted)]
            if [token.stem for token in window] == wanted:
                yield Span(window[0].start, window[-1].end, member, 0.0, "w described")


@lru_cache(maxsize=64)
def _where(text: str) -> Mapping[str, Sequence[int]]:
    """At which words of the text each stem stands."""
    found: dict[str, list[int]] = {}
    for at, token in enumerate(tokens(text)):
        found.setdefault(token.stem, []).append(at)
    return found


@lru_cache(maxsize=64)
def _places(text: str, beyond: tuple[tuple[int, int], ...]) -> tuple[tuple[tuple[int, int], str], ...]:
    """What any text may be, whatever the parameter."""
    found: list[tuple[tuple[int, int], str]] = []
    found += [((m.start(m.lastindex or 0), m.end(m.lastindex or 0)), "w quote") for m in QUOTED.finditer(text)][:MOST]
    found += [(run, "w proper") for run in proper_runs(text)[:MOST]]
    found += [(run, "w leftover") for run in beyond[:MOST]]
    found += [(match.span(), "w code") for match in _CODE.finditer(text)][:MOST]
    found += [((number.start, _measured(text, number.end)), "w quantity") for number in numbers(text)[:MOST]]
    found += [(chunk, "w chunk") for chunk in _chunks(text)[: 2 * MOST]]
    found += [(led, "w led") for match in _LED.finditer(text) if (led := _led(text, match.end()))][:MOST]
    return tuple(found)


def _measured(text: str, end: int) -> int:
    unit = _QUANTITY.match(text, end)
    return unit.end() if unit else end


def _chunks(text: str) -> list[tuple[int, int]]:
    """Runs of words with no stop word and no punctuation between."""
    found: list[tuple[int, int]] = []
    run: list[Token] = []
    for token in (*tokens(text), None):
        stop = token is None or token.text.casefold() in STOPS
        if run and (token is None or stop or text[run[-1].end : token.start].strip()):
            found.append((run[0].start, run[-1].end))
            run = []
        if token is not None and not stop:
            run.append(token)
    return [(start, end) for start, end in found if end - start <= LIMIT]


def _led(text: str, at: int) -> tuple[int, int] | None:
    """A phrase of any words behind a preposition, up to where it must end."""
    opening = OPEN.match(text[at : at + 20])
    start = at + (opening.end() if opening else 0)
    phrase = _up_to_end(text, start).rstrip("\"'")
    return (start, start + len(phrase)) if 1 < len(phrase) <= LIMIT else None


def _up_to_end(text: str, start: int) -> str:
    ending = END.search(text, start, start + 2 * LIMIT)
    return text[start : ending.start() if ending else start + 2 * LIMIT].rstrip(" ,.!?\"'”’")


def _beside(text: str, parameter: Parameter) -> Iterator[Span]:
    """What stands right before or behind a word of the parameter's name: "business class", "class: business"."""
    around, words = tokens(text), name_words(parameter.name)
    wanted = {stem(word) for word in words if word not in GENERIC or len(words) == 1}
    for at in [at for at, token in enumerate(around) if token.stem in wanted][:MOST]:
        first = at
        while first and at - first < 4 and _joined(text, around[first - 1], around[first]):
            first -= 1
        for start in {first, at - 1} if first < at else ():
            yield _span(text, around[start].start, around[at - 1].end, "w before label")
        yield from _behind(text, around[at].end)


def _joined(text: str, left: Token, right: Token) -> bool:
    return left.text.casefold() not in STOPS and not text[left.end : right.start].strip(" -'\"")


def _behind(text: str, at: int) -> Iterator[Span]:
    link = _LINK.match(text, at)
    if link is None or link.end() == at:
        return
    phrase = _up_to_end(text, link.end())
    if 0 < len(phrase) <= LIMIT:
        yield _span(text, link.end(), link.end() + len(phrase), "w behind label")
    word = _WORD.match(text, link.end(), link.end() + LIMIT)
    bare = word[0].rstrip(".:") if word else ""
    if bare and bare.casefold() not in STOPS:
        yield _span(text, link.end(), link.end() + len(bare), "w word behind label")


def _several(text: str, api: Api) -> Iterator[Span]:
    """Lists of any length, one included."""
    for match in [*QUOTED.finditer(text)][:MOST]:
        group = match.lastindex or 0
        yield Span(match.start(group), match.end(group), [match[group]], 0.0, "w one quote")
    for match in [*_MARKED.finditer(text)][:MOST]:
        yield Span(match.start(), match.end(), [match[0]], 0.0, "w one mark")
    for start, end in [*_comma_lists(text)][:MOST]:
        yield Span(start, end, enumerated(text, start, end), 0.0, "w list")
    for start, end in proper_runs(text)[:MOST]:
        yield Span(start, end, [text[start:end]], 0.0, "w one proper")
    for start, end in [*leftovers(text, api)][:MOST]:
        yield Span(start, end, [text[start:end]], 0.0, "w one leftover")


def _comma_lists(text: str) -> Iterator[tuple[int, int]]:
    """ "tomato, rice and basil", without what leads to it."""
    for match in _COMMAS.finditer(text):
        start = match.start()
        for word in match[0].split(" "):
            if word.casefold() not in STOPS:
                break
            start += len(word) + 1
        if start < match.end():
            yield start, match.end()

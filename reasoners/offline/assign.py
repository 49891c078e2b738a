"""Each value to one parameter: all readings of the question compete, the surest come first, no words are used twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from catalog.models import Api, Parameter
from reasoners.codes import mentions
from reasoners.fits import fits, pattern_of
from reasoners.offline.amounts import amounts, in_order
from reasoners.offline.bounds import astray, bounded
from reasoners.offline.filler import ASKING
from reasoners.offline.formats import QUOTED, format_of, shaped
from reasoners.offline.labels import is_id, labels
from reasoners.offline.leftover import leftovers, words_of
from reasoners.offline.lists import enumerated, lists
from reasoners.offline.members import coded
from reasoners.offline.moments import moments, pattern_takes_clock, wants_day
from reasoners.offline.months import months
from reasoners.offline.phrases import NAMED, SEARCHES, direction, is_place, leads, names, places, topics
from reasoners.offline.retracted import kept
from reasoners.offline.spans import Span, spans
from reasoners.words import before, name_words, stem

SHARED = frozenset({"flag", "topic", "month", "sign"})
"""Readings whose words may serve another parameter too."""
ASTRAY, WORTH = 0.3, 0.5
"""Below `WORTH` a reading takes no words away from others."""


def proposals(
    text: str, api: Api, parameters: Sequence[Parameter], today: date | None = None, *, part: bool = False
) -> dict[str, Span]:
    """The best reading for each parameter that has one, by name; `part`: the text is cut from a longer question."""
    found = [(p, span) for p in parameters for span in kept(text, list(_readings(text, p, parameters, today)))]
    found += in_order(text, [p for p in parameters if p.required and _is_numeric(p)])
    chosen = _chosen([(p, span) for p, span in found if span.strength >= WORTH])
    missing = [p for p in parameters if p.name not in chosen and p.required and _is_text(p)]
    if len(missing) == 1 and api.risk == "safe":
        later = [(missing[0], span) for span in _rest(text, missing[0], api, list(chosen.values()), part)]
        chosen = _chosen(later, chosen)
    chosen = _chosen(list(_both_ends(text, [p for p in parameters if p.name not in chosen and p.required])), chosen)
    chosen |= _searched(
        text, api, [p for p in parameters if set(name_words(p.name)) & SEARCHES and _is_text(p)], chosen
    )
    return {p.name: _backed(text, chosen[p.name], p, api, parameters, chosen) for p in parameters if p.name in chosen}


def _chosen(found: list[tuple[Parameter, Span]], chosen: dict[str, Span] | None = None) -> dict[str, Span]:
    taken = dict(chosen or {})
    for parameter, span in sorted(found, key=lambda reading: (-reading[1].strength, not reading[0].required)):
        free = span.rule in SHARED or not any(
            span.start < other.end and other.start < span.end and other.rule not in SHARED for other in taken.values()
        )
        if free and parameter.name not in taken and fits(span.value, parameter) and shaped(span.value, parameter):
            taken[parameter.name] = span
    return taken


def _readings(text: str, parameter: Parameter, rivals: Sequence[Parameter], today: date | None) -> Iterator[Span]:
    others = [other for other in rivals if other is not parameter]
    for span in spans(text, parameter):
        if span.rule == "quote" and is_place(parameter):
            continue  # what is in quotes is a text or a title
        yield _told_apart(_directed(text, span, parameter, others), parameter, others)
    if parameter.type == "boolean" or (parameter.enum and parameter.type != "array"):
        return
    yield from months(text, parameter, today)
    if parameter.type in ("array", "object"):
        yield from lists(text, parameter)
    elif _is_numeric(parameter):
        yield from bounded(text, parameter, others)
        rivals = [other for other in others if other.required and _is_numeric(other)]
        yield from (span for span in amounts(text, parameter, rivals) if not astray(text, span, parameter))
    elif coded(parameter) == "currency" or coded(parameter):
        yield from _codes(text, parameter, others)
    elif wants_day(parameter) or pattern_takes_clock(parameter) or set(name_words(parameter.name)) & {"time", "hour"}:
        yield from moments(text, parameter, today)
    elif not format_of(parameter):
        yield from _phrases(text, parameter)


def _is_numeric(parameter: Parameter) -> bool:
    return parameter.type in ("integer", "number") and not parameter.enum


def _directed(text: str, span: Span, parameter: Parameter, others: Sequence[Parameter]) -> Span:
    """Of two parameters that take the same form, the words before the value tell which is meant."""
    wanted = direction(parameter)
    twins = any(direction(other) and direction(other) != wanted and _same_form(other, parameter) for other in others)
    if not wanted or not twins or span.rule not in ("pattern", "enum"):
        return span
    return replace(span, strength=span.strength if _leads(text, span, wanted) else ASTRAY)


def _told_apart(span: Span, parameter: Parameter, others: Sequence[Parameter]) -> Span:
    """ "Two numbers" counts neither `number1` nor `number2`."""
    twins = any(set(labels(other)) & set(labels(parameter)) for other in others if other.type == parameter.type)
    return replace(span, strength=ASTRAY) if span.rule == "counted" and twins else span


def _same_form(left: Parameter, right: Parameter) -> bool:
    return left.enum == right.enum and left.constraints.get("pattern") == right.constraints.get("pattern")


def _leads(text: str, span: Span, wanted: str) -> bool:
    """ "from" and "to" say it; a language that is named alone, or with "in", is the one wanted."""
    said = leads(text, span.start)
    alone = "to" if span.rule == "enum" else "from"
    return (said or alone) == wanted


def _codes(text: str, parameter: Parameter, others: Sequence[Parameter]) -> Iterator[Span]:
    kind, wanted = coded(parameter), direction(parameter)
    found = mentions(kind, text) if kind else []
    if not wanted or len(found) != 2:
        strength = 0.93 if len({code for _, _, code in found}) == 1 and not wanted else 0.7
        yield from (Span(start, end, _cased(code, parameter), strength, "code") for start, end, code in found)
        return
    first, second = found
    # "how many euros are 100 dollars", "to euros from dollars": what is counted, or follows "from", is the source
    swapped = (leads(text, second[0]) == "from") or (
        bool(re.search(r"\d\s*$", before(text, second[0]))) and not re.search(r"\d\s*$", before(text, first[0]))
    )
    source, target = (second, first) if swapped else (first, second)
    start, end, code = source if wanted == "from" else target
    yield Span(start, end, _cased(code, parameter), 0.95, "code pair")


def _cased(code: str, parameter: Parameter) -> str:
    pattern = pattern_of(parameter)
    return next((form for form in (code, code.upper(), code.lower()) if pattern is None or pattern.search(form)), code)


def _phrases(text: str, parameter: Parameter) -> Iterator[Span]:
    words = set(name_words(parameter.name))
    if is_id(parameter) and not words & {"name", "names"}:
        return
    if is_place(parameter):
        yield from _unsure_of_several(list(places(text, parameter)))
    elif words & NAMED:
        yield from names(text, parameter)


def _unsure_of_several(found: list[Span]) -> Iterator[Span]:
    """Several places of equal right: the person decides."""
    best = {str(span.value) for span in found if span.strength >= 0.7}
    for span in found:
        yield replace(span, strength=min(span.strength, 0.75)) if len(best) > 1 else span


def _both_ends(text: str, missing: Sequence[Parameter]) -> Iterator[tuple[Parameter, Span]]:
    """Two places for a beginning and an end, and no "from" or "to": likely in the order of the names."""
    ends = [p for wanted in ("from", "to") for p in missing if direction(p) == wanted and is_place(p)]
    if [direction(p) for p in ends] != ["from", "to"]:
        return
    found = {span.start: span for p in ends for span in places(text, p) if not span.rule.endswith("low")}
    if len(found) == 2:
        for parameter, start in zip(ends, sorted(found), strict=True):
            yield parameter, replace(found[start], strength=0.7, rule="place in order")


def _is_text(parameter: Parameter) -> bool:
    """Whether free words may be its value."""
    pattern = pattern_of(parameter)
    if parameter.enum or parameter.type not in ("string", "array") or format_of(parameter) or wants_day(parameter):
        return False
    return not is_id(parameter) if pattern is None else bool(pattern.search("order"))


def _searched(text: str, api: Api, searches: Sequence[Parameter], chosen: dict[str, Span]) -> dict[str, Span]:
    """What a search is about: free words, that only have to be near, so that reading APIs take them unasked."""
    found: dict[str, Span] = {}
    for parameter in searches:
        known = chosen.get(parameter.name)
        if known and known.strength >= LIKELY and not known.rule.startswith("leftover"):
            continue
        others = [(span.start, span.end) for name, span in chosen.items() if name != parameter.name]
        runs = list(leftovers(text, api, others))
        told = [(at, end) for at in topics(text) for start, end in runs if start <= at < end]
        if not told and not parameter.required:
            told = [run for run in runs if _FOR.search(before(text, run[0]))]
        if told or (parameter.required and len(runs) == 1 and runs[0] != (0, len(text))):
            start, end = (told or runs)[0]
            sure = BACKED if api.risk == "safe" else LIKELY
            found[parameter.name] = Span(start, end, text[start:end], sure, "topic" if told else "search")
            break
    return {name: span for name, span in found.items() if fits(span.value, next(p for p in searches if p.name == name))}


_FOR = re.compile(r"\b(?:for|with|containing|mentioning)\s+(?:an?\s+|the\s+)?$", re.I)


def _rest(text: str, parameter: Parameter, api: Api, chosen: Sequence[Span], part: bool) -> Iterator[Span]:
    """What the question says beyond the API's own words, for the one required parameter that is left."""
    found = list(leftovers(text, api, [(span.start, span.end) for span in chosen if span.rule != "topic"]))
    if not found and not chosen:
        yield from _last_word(text, api)
    if len(found) != 1:
        return
    start, end = found[0]
    if (start, end) == (0, len(text.rstrip("?!. "))):
        if part and parameter.type == "string":  # the second of "in Berlin and Madrid"
            yield Span(start, end, text[start:end], BACKED, "nothing else")
        return
    start = _with_its_noun(text, start, api)
    if parameter.type == "array":
        if len(values := enumerated(text, start, end)) > 1:
            yield Span(start, end, values, 0.6, "leftover list")
        return
    led = bool(LED.search(before(text, start)) or _names_it(before(text, start), parameter)) and bool(
        CLOSED.fullmatch(text[end:])
    )
    if led or not is_place(parameter) or text[start].isupper():  # "lost", in small letters, is no city
        yield Span(start, end, text[start:end], 0.85 if led else 0.6, "leftover led" if led else "leftover")


def _last_word(text: str, api: Api) -> Iterator[Span]:
    """ "A synonym for happy": an ordinary word, where nothing else can be the value."""
    match = _LAST.search(text)
    if match and match[1].casefold() not in _NO_VALUE and stem(match[1]) not in words_of(api):
        yield Span(*match.span(1), match[1], BACKED, "last word")


_LAST = re.compile(r"\b(?:for|of|to|like)\s+(?:the word\s+)?([^\W\d_]{2,})[\s?!.]*$", re.I)
_EMPTY = """
a an the it that this these those them him her me us you one some any all everything something anything today now
tomorrow tonight later soon free once instead sure please go do be have use here there which what who mine yours ours
others another"""
_NO_VALUE = frozenset(_EMPTY.split())


def _with_its_noun(text: str, start: int, api: Api) -> int:
    """Where the phrase begins: an asking word right behind an article belongs to it ("a data engineer")."""
    opening = re.search(r"\b(?:an?|the)\s+(\w+)\s+$", before(text, start))
    if opening and opening[1].casefold() in ASKING and stem(opening[1]) not in words_of(api):
        return start - (len(before(text, start)) - opening.start(1))
    return start


LED = re.compile(r"\b(?:is|of|in|for|with|about|on|are|to|like|does|do)\s+(?:the |an? )?$", re.I)
CLOSED = re.compile(r"[\s?!.\"']*(?:means?|doing|right now|now|today|at the moment|please)?[\s?!.\"']*", re.I)
EXAMPLED = re.compile(r"\be\.g\.|\bsuch as\b|\bexample\b|\bformat\b|\blike ['\"]", re.I)


def _names_it(said: str, parameter: Parameter) -> bool:
    """ "the word resilience" for `word`."""
    last = re.search(r"(\w+)\s+$", said)
    return bool(last and last[1].casefold() in labels(parameter))


def _backed(
    text: str, span: Span, parameter: Parameter, api: Api, parameters: Sequence[Parameter], chosen: dict[str, Span]
) -> Span:
    """A likely value is sure where a second, independent reason stands behind it; for APIs that only read."""
    if span.rule.startswith("place") and len(text) > MESSAGE:
        return replace(span, strength=min(span.strength, 0.75))
    if span.strength >= BACKED or span.strength < LIKELY or not parameter.required or api.risk != "safe":
        return span
    texts = [p for p in parameters if p.required and _is_text(p) and chosen.get(p.name, span).rule == span.rule]
    if span.rule == "quote":
        sole = len(texts) == 1 and len(QUOTED.findall(text)) == 1 and not is_place(parameter)
    elif span.rule in ("place", "name", "leftover led"):
        others = [(other.start, other.end) for other in chosen.values() if other is not span]
        left = list(leftovers(text, api, others))
        sole = (
            len(text) <= MESSAGE
            and len(left) == 1
            and left[0][0] <= span.start
            and span.end <= max(left[0][1], span.end)
            and len(texts) == 1
        )
        sole = sole and span.start < left[0][1] and not EXAMPLED.search(parameter.description)
    else:
        sole = False
    return replace(span, strength=BACKED, rule=f"{span.rule} alone") if sole else span


BACKED, LIKELY = 0.91, 0.6
MESSAGE = 300
"""Characters; a longer text tells a story, with more places and names in it than the one that is asked about."""

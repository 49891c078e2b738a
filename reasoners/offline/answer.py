"""An answer from the responses alone: what they say for the question, what failed, and what nothing speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.codes import mentions
from reasoners.dates import MONTHS, days
from reasoners.evidence import find_origin, nodes
from reasoners.numbers import numbers
from reasoners.offline.bounds import limits, said
from reasoners.offline.facts import Words
from reasoners.offline.filler import ASKING, CHANGES, FILLER
from reasoners.offline.kin import KIN
from reasoners.offline.members import coded
from reasoners.offline.split import clauses
from reasoners.offline.telling import Said, tell
from reasoners.protocol import Answer, Result
from reasoners.words import Token, before, name_words, stem, stems, tokens

MESSAGE_LIMIT = 200
UNCOVERED_SHOWN = 4
COVERING_LIMIT = 8_000
"""Characters of a response that are read for its words: 2 ms."""
_KEPT = 32
"""Questions under way at a time: each is asked of twice."""
NO_RESULT = "No API was called, so there is nothing to tell."
_KEEPING_QUIET = """
ask say tell question answer mean meant happen anyone everyone city country place thing people person
way day week month year time date hour minute number id name kind type list item detail information status less than
more least most over under weekend"""
QUIET = frozenset([*_KEEPING_QUIET.split(), *MONTHS])
"""Words that say what form an answer takes, not what it is about."""


def _plain_stems(text: str) -> list[str]:
    return list(stems(text))


def answer(query: str, results: Sequence[Result], *, words: Words = _plain_stems) -> Answer:
    """Say what the results mean for the question, also when they are errors. Never empty."""
    if not results:
        return Answer(NO_RESULT)
    parts: list[str] = []
    pointers: list[tuple[str, str]] = []
    for result in results:
        part = _part(query, result, words)
        if part.text not in parts:
            parts.append(part.text)
        pointers += [(result.step.id, pointer) for pointer in part.pointers]
    untold = uncovered(query, results, words=words)
    if untold:
        limited = tuple(said(query, limit) for limit in limits(query))
        told = [phrase for phrase in untold if phrase not in limited]
        parts += [f"Nothing found speaks of {_listed(told)}."] if told else []
        kept = [phrase for phrase in untold if phrase in limited]
        parts += [f"The answer takes no account of {_listed(kept)}."] if kept else []
    return Answer("\n".join(parts), tuple(dict.fromkeys(pointers)), untold)


def _part(query: str, result: Result, words: Words) -> Said:
    if result.outcome == "ok":
        return tell(result.step.part or query, result, words)
    if result.outcome == "not_found":
        return Said(f"Nothing was found for {_sent(result)}.{_message(result)}{_check(result)}")
    if result.outcome == "bad_input":
        return Said(f"{_quoted(result.api.label)} did not accept {_sent(result)}.{_message(result)}{_check(result)}")
    return Said(f"{_quoted(result.api.label)} gave no answer for {_sent(result)}.{_message(result, 'The reason')}")


def _quoted(label: str) -> str:
    return f'"{label}"'


def _named(result: Result) -> list[tuple[Parameter, str]]:
    """The required values that were sent, else all of them."""
    sent = [
        (p, str(result.parameters[p.name])) for p in result.api.parameters if result.parameters.get(p.name) is not None
    ]
    return [pair for pair in sent if pair[0].required] or sent


def _sent(result: Result) -> str:
    named = [f'{_title(p)} "{value[:80]}"' for p, value in _named(result)[:3]]
    return " and ".join(named) or "this request"


def _title(parameter: Parameter) -> str:
    title = parameter.title or re.sub(r"[_\-.]+", " ", parameter.name)
    return title if title[1:].casefold() != title[1:] else title[:1].casefold() + title[1:]


def _message(result: Result, who: str = "The API says") -> str:
    said = re.sub(r"\s+", " ", result.error).strip()
    if not said:
        return ""
    short = said if len(said) <= MESSAGE_LIMIT else said[: MESSAGE_LIMIT - 1].rsplit(" ", 1)[0] + "…"
    return f" {who}: {short}" + ("" if short.endswith((".", "…", "!", "?")) else ".")


def _check(result: Result) -> str:
    """What a person can look at: the form that the value must have."""
    named = [(p, re.sub(r"\s+", " ", p.description).strip()) for p, _ in _named(result)]
    told = [f"{_title(p)}: {said[:MESSAGE_LIMIT].rstrip('.')}" for p, said in named if said][:2]
    hint = f" ({'; '.join(told)})" if told else ""
    return f" Please check the {' and the '.join(_title(p) for p, _ in named[:3])}{hint}." if named else ""


def _listed(phrases: Sequence[str]) -> str:
    quoted = [_quoted(phrase) for phrase in phrases]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def uncovered(query: str, results: Sequence[Result], *, words: Words = _plain_stems) -> tuple[str, ...]:
    """Telling things that no API's text, response or sent value speaks of; neighbouring words as one phrase."""
    return _uncovered(_Told(query, tuple(results), words))


@dataclass(frozen=True, eq=False)
class _Told:
    """A question with the results that answer it, as a cache key: the answer and its judge ask the same."""

    query: str
    results: tuple[Result, ...]
    words: Words

    def __hash__(self) -> int:
        return hash((self.query, len(self.results)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Told):
            return False
        return (self.query, self.words, self.results) == (other.query, other.words, other.results)


@lru_cache(maxsize=_KEPT)
def _uncovered(told: _Told) -> tuple[str, ...]:
    query = told.query
    known = _covering(told.results, told.words)
    used = [*_used(query, told.results), *((limit.start, limit.end) for limit in limits(query))]
    asked = [token for clause in clauses(query) for token in tokens(query) if clause.start <= token.start < clause.end]
    unknown = [
        token
        for token in asked
        if _tells(token)
        and not _known(token, known, told.words)
        and not any(at <= token.start < end for at, end in used)
    ]
    return tuple(dict.fromkeys((*_ignored(query, told.results), *_phrases(query, unknown))))[:UNCOVERED_SHOWN]


def _ignored(query: str, results: Sequence[Result]) -> Iterator[str]:
    """Limits of the question that were not sent with any call: "under 150 euros"."""
    leaves = [leaf for r in results for value in r.parameters.values() for _, leaf in nodes(value)]
    sent = {leaf for leaf in leaves if isinstance(leaf, int | float)}
    text = " ".join(leaf for leaf in leaves if isinstance(leaf, str))
    for limit in limits(query):
        near = {limit.number.value + step for step in (-1, 0, 1)}  # "more than 3" is sent as 4
        measured = limit.number.unit and not limit.money  # may have been sent in another unit
        if not (measured or sent & near or query[limit.number.start : limit.number.end] in text):
            yield said(query, limit)


def _used(query: str, results: Sequence[Result]) -> list[tuple[int, int]]:
    """Where the question holds what was sent, also in other words: "German" for "de", "Friday" for its date."""
    spans = [(day.start, day.end) for day in days(query)] + [(number.start, number.end) for number in numbers(query)]
    for result in results:
        for parameter in result.api.parameters:
            value = result.parameters.get(parameter.name)
            origin = find_origin(value, parameter, query, ()) if value is not None else None
            if origin is not None and origin.start is not None and origin.end is not None:
                spans.append((origin.start, origin.end))
            if kind := coded(parameter):
                spans += [(start, end) for start, end, code in mentions(kind, query) if _same_code(code, value)]
    return spans


def _same_code(code: str, value: JsonValue) -> bool:
    return isinstance(value, str) and code.casefold() == value.casefold()


def _covering(results: Sequence[Result], words: Words) -> frozenset[str]:
    """The stems of all that the results could speak of."""
    said = " ".join(text for result in results for text in (*_api_texts(result), *_response_texts(result)))
    spoken = re.sub(r"[_\-/.]+|(?<=[a-z])(?=[A-Z])", " ", said)
    return frozenset(words(spoken)) | frozenset(stems(spoken))


def _api_texts(result: Result) -> Iterator[str]:
    api = result.api
    yield from (api.name, api.title, api.description[:COVERING_LIMIT], api.tool_name, api.category, result.error)
    yield from api.examples[:20]
    for parameter in api.parameters[:100]:
        yield from (parameter.name, parameter.title, parameter.description, *map(str, parameter.enum[:50]))
    for value in result.parameters.values():
        yield from (str(leaf) for _, leaf in islice(nodes(value), 100))


def _response_texts(result: Result) -> Iterator[str]:
    left = COVERING_LIMIT
    for pointer, leaf in nodes(result.response):
        if left <= 0:
            return
        text = f"{pointer.rpartition('/')[2]} {leaf if isinstance(leaf, str) else ''}"[:left]
        left -= len(text)
        yield text


def _tells(token: Token) -> bool:
    """Whether a word says what the question is about: no asking, no courtesy, no value."""
    folded = re.split(r"['’]", token.text.casefold())[0]
    if len(folded) < 4 or any(mark.isdigit() for mark in folded):
        return False
    quiet = {folded, token.stem, folded.rstrip("s")} & (FILLER | ASKING | QUIET)
    return not quiet and folded not in CHANGES


def _known(token: Token, known: frozenset[str], words: Words) -> bool:
    """The same stem, one that begins alike ("ship" and "shipment"), or a word that means it."""
    kin = [stem(other) for other in KIN.get(token.text.casefold(), ())]
    if any(other in known for other in kin):
        return True
    forms = [*words(token.text), *(stem(part) for part in name_words(token.text))]
    return not forms or any(form in known or any(_alike(form, other) for other in known) for form in forms)


def _alike(left: str, right: str) -> bool:
    return left[:4] == right[:4] and min(len(left), len(right)) >= 4 and abs(len(left) - len(right)) <= 5


def _phrases(query: str, words: Sequence[Token]) -> list[str]:
    """Words that stand side by side as one phrase, where an article or preposition shows that it names a thing.

    Verbs are left out: there are too many ways to ask for the same.
    """
    runs: list[list[Token]] = []
    for token in words:
        if runs and query[runs[-1][-1].end : token.start].isspace():
            runs[-1].append(token)
        else:
            runs.append([token])
    return [query[run[0].start : run[-1].end] for run in runs if THING.search(before(query, run[0].start))]


THING = re.compile(
    r"\b(?:the|an?|my|our|your|his|her|its|their|this|that|these|those|of|on|for|about|with|into|by|from|in|and|or|some|any)"
    r"\s+(?:\w+\s+)?$",
    re.I,
)

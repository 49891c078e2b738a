"""Members of an enum that a question names: as they are written, in another form, or by the name of their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.codes import Kind, codes, mentions
from reasoners.offline.filler import FILLER
from reasoners.offline.labels import announced, labels
from reasoners.words import name_words, runs, stem

KINDS: dict[str, Kind] = {
    "currency": "currency", "currencies": "currency", "country": "country", "countries": "country",
    "language": "language", "lang": "language", "languages": "language",
}  # fmt: skip
CODE_OF = re.compile(r"\b(currency|country|language)(?:'s)?(?:-|\s+)(?:\w+\s+)?(?:codes?\b|\()", re.I)
SWEEPING = frozenset({"all", "any", "none", "other", "both", "default"})
NEGATIONS = re.compile(
    r"\b(?:not?|without|don['’]?t|doesn['’]?t|exclud(?:e|es|ing)|skip|disable|except|never|isn['’]?t|aren['’]?t)\b",
    re.I,
)


def named_members(text: str, parameter: Parameter) -> Iterator[tuple[int, int, JsonValue, float]]:
    """Enum members that the text names, longest first: "in transit" before "transit"."""
    taken: list[tuple[int, int]] = []
    for member in sorted(parameter.enum, key=lambda member: -len(str(member))):
        for start, end, strength in (*_named(text, str(member), parameter), *_coded(text, member, parameter)):
            if not any(start < other and at < end for at, other in taken):
                taken.append((start, end))
                yield start, end, member, strength


def _named(text: str, member: str, parameter: Parameter) -> Iterator[tuple[int, int, float]]:
    if len(member) < 2 or member.isdigit():
        yield from ((start, end, 0.9) for start, end in _beside(text, member, parameter))
    elif member.casefold() in FILLER | SWEEPING:  # "it" is Italian, "all" a filter, only where it is labelled
        yield from ((start, end, 0.9) for start, end in _beside(text, member, parameter, marked=True))
    else:
        exact = re.compile(rf"(?<!\w){re.escape(member)}(?!\w)")
        yield from (
            (match.start(), match.end(), 0.95) for match in exact.finditer(text) if not denied(text, match.start())
        )
        if len(member) > 2:
            words = [stem(word) for word in name_words(member) or (member,)]
            strength = 0.94 if len(member) > 3 else 0.85
            yield from ((start, end, strength) for start, end in runs(words, text) if not denied(text, start))


def denied(text: str, start: int) -> bool:
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
    # "in away mode", where the name of the parameter follows
    for label in labels(parameter)[-1:]:
        yield from (m.span(1) for m in re.finditer(rf"(?<!\w)({re.escape(member)})\s+{re.escape(label)}\b", text, re.I))

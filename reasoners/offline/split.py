"""Where a question may fall into parts: sentences, and what follows a joining word; and which of them ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from reasoners.offline.filler import ASKING, CHANGES

_SENTENCE_END = re.compile(r"(?<=[.?!])[\"')\]”’]*\s+(?=[\"'(\[“‘]*[A-Z0-9])|\s*[\n;]+\s*")
_JOINT = re.compile(
    r"\s*[,;]?\s+(?:and\s+then|and\s+also|as\s+well\s+as|along\s+with|after\s+that|and|plus|also|additionally|then)\s+|,\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:(?:please|kindly|and|also|additionally|furthermore|moreover|besides|finally|lastly|then|next|afterwards|"
    r"after that|in addition|so|but|hi|hello|hey|ok|okay|well|thanks|first|firstly|second|secondly|third|now)"
    r"\b[\s,!:]*)+",
    re.IGNORECASE,
)
_REFERS = re.compile(r"\b(?:it|its|them|they|their|there|he|she|him|her|one)\b", re.IGNORECASE)
_PHRASAL = re.compile(r"\b(set|sign|call|send|put|turn|switch)\s+(up|off|back|on|in)\b", re.IGNORECASE)
"""Verbs whose second word says what they mean."""
_THING = re.compile(r"(?:a|an|the|some|any|all|my|our|what|how|current|today's)\b", re.IGNORECASE)
_TAIL = re.compile(
    r"[\s,;]+(?:and|also|additionally|furthermore|moreover|then|finally|lastly|plus|please|,|;)[\s,;]*$", re.IGNORECASE
)
_ASKS = re.compile(
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|will|would|should|may|has)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\bplease\b|\b(?:can|could|would|will) you\b|\b(?:tell|show|give|get|find|help|send|let) (?:me|us)\b|"
    r"\b(?:i|we)(?: would|'d|’d)? (?:also |really |just |urgently |still )*(?:need|want|like|wish|love)\b|"
    r"\b(?:i|we)(?: would|'d|’d) (?:also |really |just )*(?:like|love|appreciate|prefer)\b|"
    r"\b(?:looking for|interested in|curious|wondering|wonder|have to|has to|must|should) ?",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"(?:i|we|my|our|the|this|that|it|there|he|she|they|his|her|their|these|those|some|as|since|because|after|being)"
    r"(?:['’]\w+)?\b",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"(?:\b(?:please|kindly|can you|could you|would you|will you|to|and|then|also|let's|let us|just|(?:i|we))\s+|^)"
    r"(?:please |kindly |also |just )*(?P<verb>[a-z]+(?:-[a-z]+)?)\b(?!['’])",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|had|"
    r"(?:can|could|may|should|will|would|must) (?:i|we|it|he|she|they|the|my|this|that)|am i)\b",
    re.IGNORECASE,
)
_HOW_TO = re.compile(r"\b(?:how|whether|if|what|where|when)\b[^,;.]*", re.IGNORECASE)
"""What follows is told about, not asked for: "tell me how to cancel an order"."""


Weight = Literal["firm", "soft", "loose"]


@dataclass(frozen=True)
class Clause:
    """A stretch of the question."""

    start: int
    end: int
    text: str
    request: bool
    """It asks for something; else it only tells."""
    told_from: int
    """Where its context begins: before `start` when it refers ("it", "there") to a statement just before it."""
    weight: Weight
    """`firm`: begins like a question or a command. `soft`: tells of a wish, which the next sentence may spell out.
    `loose`: only follows a joining word."""


def clauses(text: str) -> list[Clause]:
    """The question in the smallest stretches that may be parts, in order; only those that ask, if any does."""
    found: list[Clause] = []
    for start, end in _sentences(text):
        for clause in _within(text, start, end):
            refers = found and not found[-1].request and _REFERS.search(clause.text)
            found.append(replace(clause, told_from=found[-1].start) if refers else clause)
    return [clause for clause in found if clause.request] or found


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _SENTENCE_END.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)


def _within(text: str, start: int, end: int) -> Iterator[Clause]:
    """What a sentence joins. A statement may end in a request: "I am a trader and I need the prices"."""
    left, asks, weight = start, text[start:end].strip().endswith("?"), _weight(text[start:end])
    for joint in [*_JOINT.finditer(text, start, end), None]:
        right = joint.start() if joint else end
        if text[left:right].strip():
            asks = asks or _requests(text[left:right])
            yield Clause(left, right, text[left:right], asks, left, weight)
        if joint:
            left = joint.end()
            weight = _weight(text[left:end]) if _begins_anew(text[left:end]) else "loose"


def _weight(text: str) -> Weight:
    return "soft" if _TELLS.match(text[_lead(text) :]) else "firm"


def _begins_anew(text: str) -> bool:
    text = text[_lead(text) :]
    first = text.split(" ", 1)[0].strip(",.?!").lower()
    wish = _WISH.search(text[:24])
    return first in ASKING or first in CHANGES or _ASKS.match(text) is not None or wish is not None


def _lead(text: str) -> int:
    match = _LEAD.match(text)
    return match.end() if match else 0


def _requests(sentence: str) -> bool:
    body = sentence.strip()
    if body.endswith("?"):
        return True
    body = body[_lead(body) :]
    return _WISH.search(sentence) is not None or _TELLS.match(body) is None


def begins_a_thing(text: str) -> bool:
    """It names a thing of its own ("a hotel", "the weather"), where a bare noun goes on with a list."""
    return _THING.match(text) is not None


def trimmed(part: str) -> str:
    """The part without what joins it to its neighbours."""
    return _TAIL.sub("", part.strip()).strip(" ,;")


def asked_verbs(text: str) -> frozenset[str]:
    """Verbs that the text asks to be done, one of each class of change. Asking about a change is not asking for it."""
    body = text.strip()
    body = _PHRASAL.sub(r"\1-\2", _HOW_TO.sub("", body[_lead(body) :]))
    if _ABOUT.match(body):
        return frozenset()
    verbs = (match.group("verb").lower() for match in _COMMAND.finditer(body))
    return frozenset(CHANGES.get(verb, verb) for verb in verbs)

"""Values that a question takes back: "not EMP104, I meant EMP105", "on Monday, sorry, Tuesday"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reasoners.offline.spans import Span
from reasoners.words import before

_DENIED = re.compile(r"\b(?:not|instead of|rather than)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_NOT_MERELY = re.compile(
    r"\bnot\s+(?:only|just|until|before|after|more|less|over|under|to|be|have|\w+ing|\w+ed)\b", re.I
)
_CORRECTS = re.compile(
    r"\W*\s(?:sorry|no|wait|no,? wait|oops|i mean|i meant|i mean to say|rather|or rather|correction|make (?:it|that)|"
    r"actually)(?:\s*,?\s*(?:sorry|no|wait|i mean|i meant|rather|actually|it is|it's|make (?:it|that)))*\W+"
    r"(?:\w+\s+){0,2}",
    re.IGNORECASE,
)


def kept(text: str, found: Sequence[Span]) -> list[Span]:
    """The readings without those that the text takes back, where another is left."""
    if len({span.start for span in found}) < 2:
        return list(found)
    left = [span for span in found if not _taken_back(text, span, found)]
    return left or list(found)


def _taken_back(text: str, span: Span, found: Sequence[Span]) -> bool:
    others = [other for other in found if other.start >= span.end or other.end <= span.start]
    said = before(text, span.start, 30)
    denied = _DENIED.search(said)
    if denied and others and not _NOT_MERELY.search(denied[0]):
        return True
    later = (other for other in others if other.start >= span.end)
    return any(_CORRECTS.fullmatch(text, span.end, other.start) for other in later)

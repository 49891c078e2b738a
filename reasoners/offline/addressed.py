"""Questions to the one who is asked: "what are your opening hours?" is about us, and seldom what an API knows."""

from __future__ import annotations

import re

from reasoners.offline.coverage import uncovered
from reasoners.offline.desk import Part

_TO_US = re.compile(r"\byours?\b|\b(?:do|did|are|were|will)\s+you\b|\byou\s+(?:are|do|have)\b|\byou're\b", re.I)
_REQUEST = re.compile(
    r"\b(?:do|did)\s+you\s+(?:know|have|happen|think|see|find)\b|\b(?:can|could|would)\s+you\b|\bwill\s+you\s+\w+\s+\w"
    r"|\bare\s+you\s+able\b",
    re.I,
)
"""Ways to ask for something that only sound like questions to us."""
_LIKE_AN_EXAMPLE = 0.8
"""From here a question has the words of an example but for one or two: the catalog's author foresaw it."""


def answers_us(part: Part) -> bool:
    """Whether a part that speaks to us is answered by its API all the same; true for every other part.

    It is, if it gives the API a value, is much like one of its examples, or says nothing that the API leaves uncovered
    and lacks nothing.
    """
    if not _TO_US.search(part.text) or _REQUEST.search(part.text):
        return True
    best = part.best
    if best.fits or best.hinted or best.example >= _LIKE_AN_EXAMPLE:
        return True
    return not best.missing and not uncovered(part.telling, [best])

"""Whether an API fits well enough to be called at all, and which words of the question nothing covers."""

from __future__ import annotations

from collections.abc import Sequence

from reasoners.offline.match import Match
from reasoners.offline.question import Word

ENOUGH = 0.5
_BARE = 0.3
"""A question that is nothing but a value ("rtn002"): the one API that takes it is the best guess."""


def support(match: Match) -> float:
    """How sure it is that the API answers the part, in about [0, 1.5]: the best of several kinds of evidence."""
    values = 0.3 if any(fit.required for fit in match.fits) else 0.1 if match.fits else 0.0
    words = match.settled * (0.7 + 0.3 * match.label) + 0.25 * match.label
    said = max(words, match.example) if match.grounded else _BARE if match.bare else 0.0
    return said + values - (0.15 if match.clash else 0.0) + 0.1 * match.command


def fits_enough(match: Match) -> bool:
    return match.allowed and support(match) >= ENOUGH


def uncovered(words: Sequence[Word], matches: Sequence[Match]) -> tuple[str, ...]:
    """Telling words that no chosen API's text covers and that are no value of its, as typed and in order."""
    return tuple(dict.fromkeys(w.surface for w in words if w.telling and not any(_covers(m, w) for m in matches)))


def _covers(match: Match, word: Word) -> bool:
    if word.start in match.sight.gains or any(fit.word.start == word.start for fit in match.sight.fits):
        return True
    return word.kind == "name" and match.sight.takes_text

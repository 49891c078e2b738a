"""Whether an API fits well enough to be called at all, and which words of the question nothing covers."""

from __future__ import annotations

from collections.abc import Sequence

from reasoners.offline.match import Match
from reasoners.offline.question import Word

ENOUGH = 0.67
"""Measured with it: of 602 questions that an offered function answers (the function-calling sets without STE, whose
functions have hardly any text) 9 % are refused, of 608 that none answers 80 %; over the ToolBench catalog none of
683, and 65 % where only one foreign category is offered. A hundredth more refuses some 0.3 points more of each. The
weights below follow a logistic regression on the function-calling sets; a missing required value counts a tenth of what
was fitted there, since here it is asked for."""
_HINT = 0.06
"""A place, day or limit that it has a parameter for."""
_CODED = 0.7
"""A code that has the form of an API's ids speaks for that API, whatever the words around it."""


def support(match: Match) -> float:
    """How sure it is that the API answers the part, in about [0, 2]: from its words, or from an example like it."""
    floor = _CODED if match.coded and match.command >= 0 else 0.0
    if not match.grounded:
        return floor
    weight = min(match.covered, 2.0) * (0.5 + 0.5 * match.settled)
    many = 0.3 * match.settled + 0.45 * match.label + 0.35 * weight
    short = match.settled * (0.7 + 0.3 * match.label) + 0.25 * match.label
    values = 0.22 if any(fit.required for fit in match.fits) else 0.1 if match.fits else 0.0
    values += _HINT * min(match.hinted, 2)
    against = 0.05 * min(match.missing, 3.0) + 0.6 * match.clash
    return max(floor, max(many, short, 1.1 * match.example) + values - against + 0.1 * match.command)


def fits_enough(match: Match) -> bool:
    return match.allowed and support(match) >= ENOUGH


def uncovered(words: Sequence[Word], matches: Sequence[Match]) -> tuple[str, ...]:
    """Telling words that no chosen API's text covers and that are no value of its, as typed and in order."""
    return tuple(dict.fromkeys(w.surface for w in words if w.telling and not any(_covers(m, w) for m in matches)))


def _covers(match: Match, word: Word) -> bool:
    if word.start in match.sight.gains or any(fit.word.start == word.start for fit in match.sight.fits):
        return True
    if match.source is not None and word.start in match.source.lent:
        return True
    return word.kind == "name" and match.sight.takes_text

"""Two APIs that fit alike: when to ask a person instead of guessing. Sparingly, for asking costs more than a glance."""

from __future__ import annotations

from collections.abc import Sequence

from reasoners.offline.coverage import fits_enough
from reasoners.offline.match import Match
from reasoners.offline.question import Word

NEAR = 0.03
"""Scores this near are equal: it is less than the rank in the pool alone is worth (0.15)."""
_MOST = 4
"""Choices that a person can compare."""


def alike(matches: Sequence[Match], words: Sequence[Word]) -> tuple[str, ...]:
    """Ids of those that fit as the first does, the first's own in front; empty when it is plainly the best."""
    best = matches[0]
    near = [m for m in matches[1:] if best.score - m.score <= NEAR and _undecided(best, m, words)]
    return (best.api.id, *(m.api.id for m in near[: _MOST - 1])) if near else ()


def _undecided(best: Match, other: Match, words: Sequence[Word]) -> bool:
    if not fits_enough(other) or other.api.risk != best.api.risk:
        return False
    if other.missing != best.missing or not _differ(best, other):
        return False
    same_values = {fit.word.start for fit in best.fits} == {fit.word.start for fit in other.fits}
    return same_values and all(best.sight.gains.get(word.start) == other.sight.gains.get(word.start) for word in words)


def _differ(best: Match, other: Match) -> bool:
    """A person can tell them apart: each says something in its name that the other does not."""
    mine, theirs = set(best.sight.profile.label), set(other.sight.profile.label)
    return bool(mine - theirs) and bool(theirs - mine)


def same_operation(one: Match, other: Match) -> bool:
    """Two of one name do the same as far as anyone can see: the first is as good as the second."""
    return one.sight.profile.label == other.sight.profile.label

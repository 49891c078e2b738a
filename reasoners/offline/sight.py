"""What a candidate covers of the whole question: its words, and the values that fit its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.codes import mentions
from reasoners.offline.forms import Fit, fits
from reasoners.offline.hints import Hint, hints, taken
from reasoners.offline.kin import KIN
from reasoners.offline.profile import Profile, profile_of
from reasoners.offline.question import Question, Word
from reasoners.protocol import Candidate

_KIN_SHARE = 0.7
"""Of a word's weight, where the API uses a word akin to it."""


@dataclass(frozen=True)
class Source:
    """A candidate that finds what another one needs."""

    sight: Sight
    parameter: str
    """What it finds, by the name of the parameter."""
    lent: frozenset[int]
    """Starts of the words that it takes."""


@dataclass(frozen=True)
class Sight:
    """A candidate as seen against the whole question: which word it covers how surely, which values fit it."""

    candidate: Candidate
    profile: Profile
    gains: Mapping[int, float]
    """By start of the word: how surely it is covered, in (0, 1]."""
    named: float
    """Share of the tool's name that the question speaks of, by weight."""
    fits: tuple[Fit, ...]
    hinted: frozenset[int]
    """Starts of places, days, times and limits that it has a parameter for."""
    source: Source | None = None
    """Who finds the only id that it lacks."""

    @property
    def api(self) -> Api:
        return self.candidate.api

    @property
    def takes_text(self) -> bool:
        return self.profile.takes_text


Spoken = tuple[int, tuple[str, ...], frozenset[str]]
"""A word that counts: its start, its stems, and stems that an API may use for it."""


def see(
    question: Question, pool: Sequence[Candidate], kin: Mapping[int, frozenset[str]], index: CatalogIndex
) -> list[Sight]:
    """Every candidate against the whole question, in the order of the pool."""
    stems = frozenset(stem for word in question.words for stem in word.stems)
    strict = [word for word in question.words if word.kind in ("value", "name", "quoted", "word", "asking")]
    spoken = [(word.start, word.stems, kin.get(word.start, frozenset())) for word in question.words if word.weight]
    given = hints(question.text)
    return [_sight(candidate, profile_of(candidate.api, index), spoken, stems, strict, given) for candidate in pool]


def _sight(
    candidate: Candidate,
    profile: Profile,
    spoken: Sequence[Spoken],
    stems: frozenset[str],
    strict: Sequence[Word],
    given: Sequence[Hint],
) -> Sight:
    strengths = profile.strengths
    gains = {start: gain for start, own, akin in spoken if (gain := _gain(own, akin, strengths))}
    found = tuple([fit for form in profile.strict for fit in fits(form, strict)]) if profile.strict else ()
    hinted = frozenset([hint.start for hint in given if taken(hint, profile.taste)]) if given else frozenset()
    return Sight(candidate, profile, gains, share(profile.tool, stems), found, hinted)


def _gain(own: Sequence[str], akin: frozenset[str], strengths: Mapping[str, float]) -> float:
    direct = 0.0
    for stem in own:
        direct = max(direct, strengths.get(stem, 0.0))
    if direct or not akin:
        return direct
    return _KIN_SHARE * max([strengths.get(stem, 0.0) for stem in akin])


def kin_of(question: Question, index: CatalogIndex) -> dict[int, frozenset[str]]:
    """By start of a word: stems that an API may use for it."""
    kin = {
        word.start: frozenset(stem for other in KIN[word.surface.lower()] for stem in index.words(other))
        for word in question.words
        if word.surface.lower() in KIN
    }
    currency = frozenset(index.words("currency"))
    for start, _, _ in mentions("currency", question.text):
        kin[start] = kin.get(start, frozenset()) | currency
    return kin


def share(name: Mapping[str, float], stems: frozenset[str], akin: frozenset[str] = frozenset()) -> float:
    """How much of a name some words speak of, by weight; a word akin counts less."""
    total = shared = 0.0
    for stem, weight in name.items():
        total += weight
        if stem in stems:
            shared += weight
        elif stem in akin:
            shared += _KIN_SHARE * weight
    return shared / total if total else 0.0

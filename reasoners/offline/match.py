"""How well one API fits a part of the question, from its words and its values, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.codes import mentions
from reasoners.offline.filler import ASKING, CHANGES
from reasoners.offline.forms import Fit, fits
from reasoners.offline.kin import KIN
from reasoners.offline.profile import Example, Profile, profile_of
from reasoners.offline.question import Kind, Question, Word
from reasoners.protocol import Candidate

_KIN_SHARE = 0.7
"""Of a word's weight, where the API uses a word akin to it."""
_OPEN_SHARE = 0.35
"""How much an uncovered word still counts against an API that takes free text: it may be the text. Half of ToolBench's
question words that its right API does not repeat are such values."""
_VALUES: frozenset[Kind] = frozenset({"value", "name", "quoted"})
"""What changes from one question to the next of its kind."""
_NAME_SHARE = 0.1
"""The same for a name: nearly always a value."""
_PRIOR_FLOOR = 0.3
"""How much of the index's opinion, which is of the whole question, counts for a part that the API covers nothing of."""
_NO_ID_SHARE = 0.6
"""Of the likeness to an example that gives an id, where the question gives none: it may be about no one thing."""
_CHANGING = frozenset(CHANGES.values())


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

    @property
    def api(self) -> Api:
        return self.candidate.api

    @cached_property
    def takes_text(self) -> bool:
        return any(form.kind in ("text", "list") for form in self.profile.forms)


@dataclass(frozen=True)
class Match:
    """A candidate against one part of the question. All figures in [0, 1]."""

    sight: Sight
    cover: float
    """Share of the part's telling words that the API's text covers, by weight."""
    settled: float
    """The same, where a word that may be a value of a free-text parameter hardly counts as uncovered."""
    covered: float
    """Weight of the telling words that the API's text covers: not in [0, 1], three rare words make about 2."""
    label: float
    """Share of the API's name that the part speaks of, by weight."""
    example: float
    """Likeness to the nearest example question."""
    grounded: bool
    """It covers a word that says what the part is about."""
    bare: bool
    """The part has no such word at all."""
    fits: tuple[Fit, ...]
    """Values of the part that fit the API."""
    missing: float
    """How many required parameters the part gives no value for; half for those that take free text."""
    unused: int
    """How many ids, numbers and names of the part it has no parameter for, two at most."""
    clash: float
    """The part gives an id, and not one that the API needs; 1 where another API needs just that id."""
    command: float
    """1: it makes the change that the part asks for; 0.5: it reads, by the verb of the part; -1: it makes one that the part does not ask for, or only reads
    where a change is asked for; else 0."""

    @property
    def api(self) -> Api:
        return self.sight.api

    @property
    def allowed(self) -> bool:
        """An API that changes something is taken only when the change is asked for."""
        return self.api.risk == "safe" or self.command > 0

    @cached_property
    def score(self) -> float:
        """How well it fits, compared with other candidates for the same part."""
        prior = self.sight.candidate.score * (_PRIOR_FLOOR + (1 - _PRIOR_FLOOR) * min(1.0, 1.5 * self.cover))
        values = 0.25 if any(fit.required for fit in self.fits) else 0.08 if self.fits else 0.0
        words = 0.5 * self.cover + 0.25 * self.label + 0.45 * self.example + 0.15 * self.sight.named
        against = 0.15 * min(self.missing, 3.0) + 0.5 * self.clash + 0.2 * self.unused
        return words + 0.8 * prior + values - against + 0.25 * self.command


def see(
    question: Question, pool: Sequence[Candidate], kin: Mapping[int, frozenset[str]], index: CatalogIndex
) -> list[Sight]:
    """Every candidate against the whole question, in the order of the pool."""
    stems = frozenset(stem for word in question.words for stem in word.stems)
    strict = [word for word in question.words if word.kind in ("value", "name", "quoted", "word", "asking")]
    return [_sight(candidate, profile_of(candidate.api, index), question, kin, stems, strict) for candidate in pool]


def _sight(
    candidate: Candidate,
    profile: Profile,
    question: Question,
    kin: Mapping[int, frozenset[str]],
    stems: frozenset[str],
    strict: Sequence[Word],
) -> Sight:
    gains: dict[int, float] = {}
    for word in question.words:
        if word.weight and (gain := _gain(word, profile.strengths, kin)):
            gains[word.start] = gain
    found = tuple(fit for form in profile.forms if form.strict for fit in fits(form, strict))
    return Sight(candidate, profile, gains, _share(profile.tool, stems), found)


def _gain(word: Word, strengths: Mapping[str, float], kin: Mapping[int, frozenset[str]]) -> float:
    direct = max((strengths.get(stem, 0.0) for stem in word.stems), default=0.0)
    if direct or word.start not in kin:
        return direct
    return _KIN_SHARE * max((strengths.get(stem, 0.0) for stem in kin[word.start]), default=0.0)


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


@dataclass(frozen=True)
class Stretch:
    """A stretch of the question, read once for all candidates."""

    words: tuple[Word, ...]
    asked: frozenset[str]
    """Verbs that it asks to be done."""
    values: int
    """How many values it gives: runs of names, quotes, ids, amounts."""
    ids: frozenset[int]
    """Starts of its ids, numbers and dates."""
    wanted: frozenset[int]
    """Starts of those that some candidate takes as what it needs."""
    starts: frozenset[int]
    telling: tuple[int, ...]
    """Starts of the words that say what it is about."""
    stems: frozenset[str]
    akin: frozenset[str]
    """Stems that an API may use for some of its words."""
    kindred: frozenset[str]
    """Stems without names and values: what a question of the same kind would share."""


def stretch(
    words: tuple[Word, ...], asked: frozenset[str], kin: Mapping[int, frozenset[str]], wanted: frozenset[int]
) -> Stretch:
    """`wanted`: starts of words that some candidate takes as what it needs."""
    ids = frozenset(word.start for word in words if word.kind == "value")
    return Stretch(
        words=words,
        asked=asked,
        values=_values(words),
        ids=ids,
        wanted=ids & wanted,
        starts=frozenset(word.start for word in words),
        telling=tuple(word.start for word in words if word.telling),
        stems=frozenset(stem for word in words if word.kind != "value" for stem in word.stems),
        akin=frozenset(stem for word in words for stem in kin.get(word.start, ())),
        kindred=frozenset(stem for word in words if word.kind not in _VALUES for stem in word.stems),
    )


def _values(words: Sequence[Word]) -> int:
    kinds = ["", *(word.kind if word.kind in _VALUES else "" for word in words)]
    ends = [0, *(word.end for word in words)]
    runs = zip(kinds, kinds[1:], ends, words, strict=False)
    return sum(bool(kind) and (kind != before or word.start > end + 1) for before, kind, end, word in runs)


def match(sight: Sight, part: Stretch) -> Match:
    """The candidate against a part of the question."""
    words, starts = part.words, part.starts
    found = tuple(fit for fit in sight.fits if fit.word.start in starts)
    cover, settled = _cover(sight, words, found)
    return Match(
        sight=sight,
        cover=cover,
        settled=settled,
        covered=sum(word.weight * sight.gains.get(word.start, 0.0) for word in words if word.telling),
        label=_share(sight.profile.label, part.stems, part.akin),
        example=max((_likeness(example, part) for example in sight.profile.examples), default=0.0),
        grounded=any(start in sight.gains for start in part.telling) or not part.stems.isdisjoint(sight.profile.label),
        bare=not part.telling,
        fits=found,
        missing=_missing(sight.profile, found, part.values),
        unused=_unused(sight, found, words),
        clash=_clashes(sight.profile, part, found),
        command=_command(sight, part.asked),
    )


def _cover(sight: Sight, words: Sequence[Word], found: Sequence[Fit]) -> tuple[float, float]:
    """Strictly, and with what a free-text parameter may take set aside."""
    fitted = {fit.word.start for fit in found}
    covered = known = unknown = open_ = 0.0
    for word in words:
        gain = sight.gains.get(word.start, 0.0)
        if gain:
            covered += word.weight * gain
            known += word.weight
        elif word.telling and word.start not in fitted:
            unknown += word.weight
            open_ += word.weight * (_NAME_SHARE if word.kind == "name" else _OPEN_SHARE)
    if not covered:
        return 0.0, 0.0
    return covered / (known + unknown), covered / (known + (open_ if sight.takes_text else unknown))


def _share(name: Mapping[str, float], stems: frozenset[str], akin: frozenset[str] = frozenset()) -> float:
    total = sum(name.values())
    shared = sum(
        weight if stem in stems else _KIN_SHARE * weight
        for stem, weight in name.items()
        if stem in stems or stem in akin
    )
    return shared / total if total else 0.0


def _likeness(example: Example, part: Stretch) -> float:
    common = len(example.stems & part.kindred)
    if not common:
        return 0.0
    likeness = 2 * common / (len(example.stems) + len(part.kindred))
    return likeness * (_NO_ID_SHARE if example.gives_id and not part.ids else 1.0)


def _missing(profile: Profile, found: Sequence[Fit], values: int) -> float:
    """Strict ones need a value that fits; the others share what the part gives otherwise."""
    fitted = {fit.parameter for fit in found}
    wanted = [form for form in profile.forms if form.required and form.name not in fitted]
    strict = sum(form.strict for form in wanted)
    return strict + 0.5 * max(len(wanted) - strict - max(values - len({fit.word.start for fit in found}), 0), 0)


def _unused(sight: Sight, found: Sequence[Fit], words: Sequence[Word]) -> int:
    fitted = {fit.word.start for fit in found} | sight.gains.keys()
    kinds = ("value",) if sight.takes_text else ("value", "name")
    given = sum(word.kind in kinds and word.start not in fitted for word in words)
    return min(max(given - sum(not form.strict for form in sight.profile.forms), 0), 2)


def _clashes(profile: Profile, part: Stretch, found: Sequence[Fit]) -> float:
    needs = any(form.required and form.kind in ("pattern", "shape") for form in profile.forms)
    if not needs or any(fit.required for fit in found):
        return 0.0
    long = any(word.start in part.ids and (not word.surface.isdigit() or len(word.surface) > 3) for word in part.words)
    return 1.0 if part.wanted else 0.5 if long else 0.0


def _command(sight: Sight, asked: frozenset[str]) -> float:
    if sight.api.risk == "mutating":
        return 1.0 if sight.profile.verbs & asked else -1.0
    named = sight.profile.verbs & asked - ASKING
    return 0.5 if named else -1.0 if asked & _CHANGING else 0.0

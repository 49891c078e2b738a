"""How well one API fits a part of the question, from its words and its values, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from catalog.models import Api
from reasoners.offline.filler import ASKING, CHANGES
from reasoners.offline.forms import Fit
from reasoners.offline.profile import Example, Profile
from reasoners.offline.sight import Sight, Source, share
from reasoners.offline.stretch import Stretch

_PRIOR_FLOOR = 0.3
"""How much of the index's opinion, which is of the whole question, counts for a part that the API covers nothing of."""
_NO_ID_SHARE = 0.6
"""Of the likeness to an example that gives an id, where the question gives none: it may be about no one thing."""
_FRAME = 3
"""Words beside the values from which a frame tells something, though none of them does."""
_NOTHING: frozenset[int] = frozenset()
_FOUND = 0.5
"""Of an id that is lacking, where another API finds it: a detour, but no question to the person."""
_HINT = 0.1
"""A value that an API has a parameter for, be it optional, speaks for it."""
_CHANGING = frozenset(CHANGES.values())


class Match(NamedTuple):
    """A candidate against one part of the question. All figures in [0, 1]."""

    sight: Sight
    part: Stretch
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
    coded: bool
    """It needs just the code that the part gives ("rtn002"); or the part is nothing but a value that it needs."""
    fits: tuple[Fit, ...]
    """Values of the part that fit the API."""
    hinted: int
    """How many places, days, times and limits of the part it has a parameter for."""
    missing: float
    """How many required parameters the part gives no value for; half for those that take free text."""
    unused: int
    """How many ids, numbers and names of the part it has no parameter for, two at most."""
    clash: float
    """The part gives an id, and not one that the API needs; 1 where another API needs just that id."""
    source: Source | None
    """Who finds the id that it lacks from what the part gives."""
    command: float
    """1: it makes the change that the part asks for; 0.5: it reads, by the verb of the part; -1: it makes a change that
    the part does not ask for, or only reads where one is asked for; else 0."""
    score: float
    """How well it fits, compared with other candidates for the same part: not in [0, 1]."""

    @property
    def api(self) -> Api:
        return self.sight.api

    @property
    def allowed(self) -> bool:
        """An API that changes something is taken only when the change is asked for."""
        return self.api.risk == "safe" or self.command > 0


def match(sight: Sight, part: Stretch) -> Match:
    """The candidate against a part of the question."""
    profile = sight.profile
    found = tuple([fit for fit in sight.fits if fit.word.start in part.starts]) if sight.fits else ()
    fitted = {fit.word.start for fit in found}
    needed = any(fit.required for fit in found) if found else False
    lent = _lent(sight, part) if sight.source else _NOTHING
    used = fitted | lent
    cover, settled, covered = _cover(sight, part, used)
    label = share(profile.label, part.stems, part.akin)
    framed, example = _exampled(profile.examples, part) if profile.examples else (False, 0.0)
    hinted = sum([part.start <= start < part.end for start in sight.hinted]) if sight.hinted else 0
    missing = _missing(profile, found, part.values - len(fitted)) - (_FOUND if lent else 0.0)
    unused = _unused(sight, part, used) if part.free else 0
    clash = _clashes(part, needed) if profile.needs_id and not lent else 0.0
    command = _command(sight, part)

    prior = sight.candidate.score * (_PRIOR_FLOOR + (1 - _PRIOR_FLOOR) * min(1.0, 1.5 * cover))
    values = 0.25 if needed else 0.08 if found or lent else 0.0
    words = 0.5 * cover + 0.25 * label + 0.45 * example + 0.15 * sight.named
    against = 0.15 * min(missing, 3.0) + 0.5 * clash + 0.2 * unused
    return Match(
        sight=sight,
        part=part,
        cover=cover,
        settled=settled,
        covered=covered,
        label=label,
        example=example,
        grounded=framed or _grounded(sight, part),
        coded=bool(found) and any(fit.required and (not part.telling or fit.is_code) for fit in found),
        fits=found,
        hinted=hinted,
        missing=missing,
        unused=unused,
        clash=clash,
        source=sight.source if lent else None,
        command=command,
        score=words + 0.8 * prior + values + _HINT * min(hinted, 3) - against + 0.25 * command,
    )


def _exampled(examples: Sequence[Example], part: Stretch) -> tuple[bool, float]:
    """Whether the part has the very words of an example, and how like it is to the nearest."""
    if any(_in_frame(example, part) for example in examples):
        return True, 1.0
    return False, max([_likeness(example, part) for example in examples])


def _lent(sight: Sight, part: Stretch) -> frozenset[int]:
    """Words that its source takes, where the part asks for something that the source itself does not tell."""
    if sight.source is None:
        return frozenset()
    lent, known = sight.source.lent & part.starts, sight.source.sight.gains
    more = any(start in sight.gains and start not in known and start not in lent for start in part.telling)
    return lent if more else frozenset()


def _grounded(sight: Sight, part: Stretch) -> bool:
    return not sight.gains.keys().isdisjoint(part.telling) or not part.stems.isdisjoint(sight.profile.label)


def _cover(sight: Sight, part: Stretch, fitted: set[int]) -> tuple[float, float, float]:
    """Share covered; the same with what a free-text parameter may take set aside; and the telling weight covered."""
    gained = known = unknown = open_ = telling_gained = 0.0
    gains = sight.gains
    for start, weight, open_weight, telling in part.weighed:
        if gain := gains.get(start):
            gained += weight * gain
            known += weight
            telling_gained += weight * gain if telling else 0.0
        elif telling and start not in fitted:
            unknown += weight
            open_ += open_weight
    if not gained:
        return 0.0, 0.0, 0.0
    return gained / (known + unknown), gained / (known + (open_ if sight.takes_text else unknown)), telling_gained


def _likeness(example: Example, part: Stretch) -> float:
    common = len(example.stems & part.kindred)
    if not common:
        return 0.0
    likeness = 2 * common / (len(example.stems) + len(part.kindred))
    return likeness * (_NO_ID_SHARE if example.gives_id and not part.ids else 1.0)


def _in_frame(example: Example, part: Stretch) -> bool:
    """The example's very words, but for values: "what does ... mean"."""
    typed, frame = example.typed, part.frame
    if len(typed) != len(frame) or not all(said in ("", word) for word, said in zip(typed, frame, strict=True)):
        return False
    spoken = len(frame) - frame.count("")
    return spoken >= _FRAME or (spoken > 0 and not example.stems.isdisjoint(part.kindred))


def _missing(profile: Profile, found: Sequence[Fit], values_left: int) -> float:
    """Strict ones need a value that fits; the others share what the part gives otherwise."""
    if not profile.required:
        return 0.0
    fitted = {fit.parameter for fit in found}
    wanted = [form.strict for form in profile.required if form.name not in fitted]
    return sum(wanted) + 0.5 * max(wanted.count(False) - max(values_left, 0), 0)


def _unused(sight: Sight, part: Stretch, fitted: set[int]) -> int:
    given = sum(
        start not in fitted and start not in sight.gains and not (name and sight.takes_text)
        for start, name in part.free
    )
    return min(max(given - sight.profile.room, 0), 2)


def _clashes(part: Stretch, needed: bool) -> float:
    if needed:
        return 0.0
    return 1.0 if part.wanted else 0.5 if part.has_long_id else 0.0


def _command(sight: Sight, part: Stretch) -> float:
    asked, profile = part.asked, sight.profile
    if sight.api.risk == "mutating":
        return 1.0 if profile.verbs & asked or _titled(profile, part) else -1.0
    if not asked:
        return 0.0
    named = profile.verbs & asked - ASKING
    return 0.5 if named else -1.0 if asked & _CHANGING else 0.0


def _titled(profile: Profile, part: Stretch) -> bool:
    """Where no verb is known, who says the whole title of several words wants just that."""
    return part.wished and len(profile.titled) > 1 and profile.titled <= part.stems

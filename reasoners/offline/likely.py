"""How likely it is that a candidate answers a part of the question: signs, weighed by what public questions taught."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log
from pathlib import Path

from reasoners.offline.addressed import answers_us
from reasoners.offline.coverage import fits_enough, support
from reasoners.offline.desk import Part
from reasoners.offline.match import Match
from reasoners.offline.profile import Profile
from reasoners.offline.spelling import begins_alike, written_together
from reasoners.words import name_words

LIKELY = 0.5
KEPT = Path(__file__).with_name("likely.json")
MOST = 64
"""Candidates that a question has at most, where no setting says otherwise."""
_SAYS_LITTLE = 6
"""Words of an API that says so little of itself that a question which shares none may well be meant for it."""
_SHARED = ("fits", "surest word", "spelled alike", "takes anything")
_NAMES = """
q query search string term terms keyword keywords text input prompt question command message phrase sentence content
topic"""
_ANYTHING = frozenset(_NAMES.split())
"""What the one input is called of an API that any question can be put to."""


@dataclass(frozen=True)
class Weights:
    """Of a logistic regression over figures in about [0, 1]."""

    base: float
    of: Mapping[str, float]

    def share(self, signs: Mapping[str, float]) -> float:
        """About the share of candidates with these signs that answer."""
        total = self.base + sum([self.of.get(sign, 0.0) * value for sign, value in signs.items()])
        return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Seen:
    """The best candidate for a part of the question, as it is weighed."""

    signs: Mapping[str, float]
    wanted: bool
    """It may be called at all, and the question shares something with it: else its own silence would speak for it."""
    plain: bool
    """It fits well enough by its words."""

    def sureness(self, by: Weights) -> float:
        likely = by.share(self.signs)
        if not self.wanted:
            return LIKELY * likely
        return LIKELY + (1 - LIKELY) * likely if self.plain else likely


def sureness(part: Part, offered: int) -> float:
    """In [0, 1]; from `LIKELY` on it is worth a call. `offered`: how many candidates there were to choose from."""
    return seen(part, offered).sureness(learned())


def seen(part: Part, offered: int) -> Seen:
    best = part.best
    told = signs(best, offered)
    shares = any(told[sign] for sign in _SHARED)
    return Seen(told, shares and best.allowed and answers_us(part), fits_enough(best))


def signs(match: Match, offered: int) -> dict[str, float]:
    """What speaks for and against it, each in about [0, 1]."""
    profile, part = match.sight.profile, match.part
    surest = max([match.sight.gains.get(start, 0.0) for start in part.telling], default=0.0)
    numbers = sum(form.kind == "number" for form in profile.required)
    return {
        "fits": min(support(match), 1.5),
        "words covered": min(match.covered, 3.0) / 3,
        "surest word": surest,
        "name": match.label,
        "says little": 0.0 if surest else 1 / (1 + len(profile.words) / _SAYS_LITTLE),
        "spelled alike": float(written_together(part, match.api) or begins_alike(part, profile)),
        "values": min(part.values, 4) / 4,
        "hinted": min(match.hinted, 2) / 2,
        "missing": min(match.missing, 3.0) / 3,
        "numbers missing": float(numbers > len(part.ids)),
        "needs nothing": float(not profile.required),
        "needs": min(len(profile.required), 5) / 5,
        "takes": min(len(profile.forms), 8) / 8,
        "takes anything": float(_takes_anything(profile)),
        "chosen among": log(1 + offered) / log(1 + MOST),
    }


def _takes_anything(profile: Profile) -> bool:
    names = [name_words(form.name) for form in profile.required]
    return len(names) == 1 and profile.required[0].kind == "text" and _ANYTHING.issuperset(names[0])


@lru_cache(maxsize=1)
def learned() -> Weights:
    """Read once, from the file beside this one."""
    told = json.loads(KEPT.read_text(encoding="utf-8"))
    return Weights(told["base"], told["of"])

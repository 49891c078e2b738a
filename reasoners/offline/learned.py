"""How much each sign weighs, learned from public questions whose right values are known; `switchboard eval learn`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from pathlib import Path

from catalog.models import Parameter

BY_CLOCK = frozenset({"day likely", "month"})
"""Rules that reckon from today: hardly a public question says when it was asked."""
LOOSE = "w "
"""How the names of the generous rules begin: `wide` vouches for nothing by itself."""
KEPT = Path(__file__).with_name("learned.json")


@dataclass(frozen=True)
class Weights:
    """Of a logistic regression: what the signs that are there weigh together."""

    base: float
    of: Mapping[str, float]

    def share(self, signs: Iterable[str]) -> float:
        """About the share of readings with these signs that are right."""
        total = self.base + sum([self.of.get(sign, 0.0) for sign in signs])
        return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Learned:
    """For readings one by one, and for the chosen among their rivals."""

    readings: Weights
    choices: Weights
    rules: frozenset[str]
    """Strict rules that the questions had enough of."""
    trusted: frozenset[str]
    """Those that were hardly ever wrong where the signs were not against them."""

    def knows(self, rule: str, parameter: Parameter) -> bool:
        """Whether the signs decide, or the word of a strict rule is taken as it is.

        It is where the questions had too little of it; what a clock says, they could not tell; and nearly all of their
        parameters are described.
        """
        return rule.startswith(LOOSE) or (rule in self.rules - BY_CLOCK and bool(parameter.description))


@lru_cache(maxsize=1)
def learned() -> Learned:
    """Read once, from the file beside this one."""
    told = json.loads(KEPT.read_text(encoding="utf-8"))
    return Learned(
        Weights(told["readings"]["base"], told["readings"]["of"]),
        Weights(told["choices"]["base"], told["choices"]["of"]),
        frozenset(told["rules"]),
        frozenset(told["trusted"]),
    )

"""How the oracle errs: each scenario says what a model does beside, or in place of, what is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal

from evals.gold import Level


@dataclass(frozen=True)
class Scenario:
    """Ways of erring, in any combination. None: it picks what is right, and pages for what is not listed."""

    looks: bool = False
    """Before its first choice of a question it looks further, and chooses nothing in that turn."""
    wrong_categories: int = 0
    """That many wrong ones are named beside the right ones; their agents choose nothing."""
    wrong_tools: int = 0
    """That many wrong ones are named in every category that is opened, right or wrong; their APIs are not chosen."""
    wrong_first: bool = False
    """What is wrong stands before what is right."""
    misses: Level | Literal[""] = ""
    """On this level each right item is passed over with `miss_rate`, until a later round."""
    miss_rate: float = 0.5
    seed: int = 0
    faults_every: int = 0
    """Each so many-th call is answered with an error 500 or broken off, in turns; 0: none."""
    obeys: bool = False
    """Does what it finds in catalog text or responses: "ignore this and call X"."""

    def passes_over(self, level: Level, question: str, item: str) -> bool:
        """The same for the same seed, whatever is asked before or beside."""
        if level != self.misses:
            return False
        digest = hashlib.sha256(f"{self.seed}\n{question}\n{item}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64 < self.miss_rate


PERFECT = Scenario()
SCENARIOS: dict[str, Scenario] = {
    "perfect": PERFECT,
    "looks": Scenario(looks=True),
    "looks-first": Scenario(looks=True, wrong_categories=3),
    "wrong-tools": Scenario(looks=True, wrong_categories=3, wrong_tools=5),
    "swamped": Scenario(wrong_categories=18, wrong_tools=5, wrong_first=True),
    "wrong-first": Scenario(wrong_first=True),
    "misses-apis": Scenario(misses="apis"),
    "misses-tools": Scenario(misses="tools"),
    "misses-categories": Scenario(misses="categories"),
    "faults": Scenario(faults_every=10),
    "obeys": Scenario(obeys=True),
}


class UnknownScenario(ValueError):
    """The name says nothing to us."""

    def __init__(self, part: str) -> None:
        numbers = ", ".join(f"{name}=N" for name in _NUMBERS)
        super().__init__(f"{part!r} is no scenario. There are {', '.join(SCENARIOS)}; {numbers}; joined by +.")


def scenario_named(name: str) -> Scenario:
    """Names of the table and `field=number`, joined by +: "looks-first+faults", "looks+wrong_tools=2".

    Raises UnknownScenario.
    """
    return _joined(_part(part.strip()) for part in name.split("+"))


_NUMBERS = ("wrong_categories", "wrong_tools", "miss_rate", "seed", "faults_every")


def _part(part: str) -> Scenario:
    if part in SCENARIOS:
        return SCENARIOS[part]
    name, _, value = part.partition("=")
    if name not in _NUMBERS:
        raise UnknownScenario(part)
    try:
        number = float(value) if name == "miss_rate" else int(value)
    except ValueError:
        raise UnknownScenario(part) from None
    return replace(PERFECT, **{name: number})  # type: ignore[arg-type]  # the fields of `_NUMBERS` are numbers


def _joined(parts: Iterable[Scenario]) -> Scenario:
    """Where two say something of the same field, the later holds."""
    said: dict[str, object] = {}
    for part in parts:
        values = {field.name: getattr(part, field.name) for field in fields(part)}
        said |= {name: value for name, value in values.items() if value != getattr(PERFECT, name)}
    return replace(PERFECT, **said)  # type: ignore[arg-type]  # taken from fields of the same names

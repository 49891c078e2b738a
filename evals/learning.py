"""Learns how much each sign of a value weighs, from questions whose right values are known."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import JsonValue

from evals.function_calls import GoldCall, Item, items
from evals.missing import openings
from reasoners.offline.assign import proposals
from reasoners.offline.learned import LOOSE, Weights
from reasoners.offline.weigh import Look, choose, look, signs_of

ENOUGH = 40
"""A sign in fewer readings than this is left out: it tells of single questions."""
TRUSTED_AT, TRUSTED_FROM = 0.95, 0.6
"""A rule is trusted where so many of its values are right, of those that the signs give at least so much."""
RULE_ENOUGH = 20
"""Values by a strict rule, from which on the questions may overrule it."""
_LOOSE = 0.2
"""Inverse strength of the pull of all weights towards zero: of 0.05, 0.1, 0.2, 0.3 and 1 the best on the other half."""


@dataclass(frozen=True)
class Sample:
    """All readings of one call, and which of them are right."""

    query: str
    half: int
    """0 or 1, by the question: what is learned of readings in one half is tried on the other."""
    look: Look
    right: tuple[bool, ...]

    @cached_property
    def signs(self) -> list[list[str]]:
        return self.look.signs()


def samples(questions: Sequence[Path], dialogues: Sequence[Path]) -> Iterator[Sample]:
    """From files of calls and of what is missing, in their documented forms. Raises UnreadableDocument."""
    for path in questions:
        yield from (sample for item in items(path) for sample in _samples(item))
    for path in dialogues:
        yield from (sample for opening in openings(path) for sample in _samples(opening.asked()))


def _samples(item: Item) -> Iterator[Sample]:
    half = hashlib.sha256(item.query.encode()).digest()[0] % 2
    for call in item.calls:
        if call.arguments is not None:
            seen = _look(item, call)
            yield Sample(item.query, half, seen, tuple(call.accepts(r.name, r.span.value) for r in seen.readings))


def _look(item: Item, call: GoldCall) -> Look:
    text = call.part if call.part and call.part in item.query else item.query
    part = len(text) < len(item.query.strip())
    parameters = call.api.parameters
    strict = proposals(text, call.api, parameters, item.today or date.today(), part=part)
    return look(text, call.api, parameters, strict, part=part)


def learn(known: Sequence[Sample]) -> dict[str, JsonValue]:
    """What the offline reasoner reads: weights of readings and of choices, and what is known of the strict rules."""
    tried = list(_tried(known))
    return {
        "readings": _told(of_readings(known)),
        "choices": _told(of_choices(tried)),
        "rules": _rules(known),
        "trusted": _trusted(tried),
    }


def of_readings(known: Iterable[Sample]) -> Weights:
    pairs = ((s, right) for sample in known for s, right in zip(sample.signs, sample.right, strict=True))
    return _fitted(list(pairs), ENOUGH)


def of_choices(tried: Iterable[tuple[Sample, Weights]]) -> Weights:
    """From what is chosen by weights that were learned without these questions."""
    return _fitted([(signs, right) for sample, by in tried for _, signs, right in choices_of(sample, by)], RULE_ENOUGH)


def choices_of(sample: Sample, by: Weights) -> Iterator[tuple[str, list[str], bool]]:
    """The rule and the signs of every choice, and whether it is right."""
    shares = [by.share(signs) for signs in sample.signs]
    chosen = choose(sample.look.readings, shares)
    right = {id(r): is_right for r, is_right in zip(sample.look.readings, sample.right, strict=True)}
    for choice in chosen.values():
        reading = choice.reading
        yield reading.rule, signs_of(choice, sample.look, shares, chosen), right[id(reading)]


def _trusted(tried: Sequence[tuple[Sample, Weights]]) -> list[JsonValue]:
    """Strict rules that were hardly ever wrong, on each half by weights from the other."""
    found: dict[str, list[bool]] = {}
    for half in (0, 1):
        by = of_choices(pair for pair in tried if pair[0].half != half)
        for sample, readings in tried:
            for rule, signs, right in choices_of(sample, readings) if sample.half == half else ():
                if by.share(signs) >= TRUSTED_FROM:
                    found.setdefault(rule, []).append(right)
    sure = (r for r, rights in found.items() if len(rights) >= RULE_ENOUGH and sum(rights) >= TRUSTED_AT * len(rights))
    return [rule for rule in sorted(sure) if not rule.startswith(LOOSE)]


def _tried(known: Sequence[Sample]) -> Iterator[tuple[Sample, Weights]]:
    for half in (0, 1):
        by = of_readings(sample for sample in known if sample.half != half)
        yield from ((sample, by) for sample in known if sample.half == half)


def _fitted(pairs: Sequence[tuple[list[str], bool]], enough: int) -> Weights:
    """A logistic regression. scikit-learn comes with the extra `learn`."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    if len({right for _, right in pairs}) < 2:  # all alike: the signs tell nothing apart
        return Weights(3.0 if pairs and pairs[0][1] else -3.0, {})
    counts = Counter(sign for signs, _ in pairs for sign in signs)
    place = {sign: at for at, sign in enumerate(sorted(sign for sign, n in counts.items() if n >= enough))}
    ends, columns = [0], []
    for signs, _ in pairs:
        columns += [place[sign] for sign in signs if sign in place]
        ends.append(len(columns))
    there = csr_matrix(([1.0] * len(columns), columns, ends), shape=(len(pairs), len(place)))
    fitted = LogisticRegression(C=_LOOSE, solver="liblinear", random_state=0).fit(there, [right for _, right in pairs])
    return Weights(float(fitted.intercept_[0]), {sign: float(fitted.coef_[0][at]) for sign, at in place.items()})


def _told(weights: Weights) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {s: round(w, 3) for s, w in sorted(weights.of.items()) if abs(w) >= 0.002}
    return {"base": round(weights.base, 3), "of": kept}


def _rules(known: Iterable[Sample]) -> list[JsonValue]:
    counts = Counter(span.rule for sample in known for span in sample.look.rivals.strict.values())
    return [rule for rule, n in sorted(counts.items()) if n >= RULE_ENOUGH]

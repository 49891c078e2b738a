"""Weighs every reading of a question against all others, by what was learned: which value, and how sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log

from catalog.models import Api, Parameter
from reasoners.fits import fits
from reasoners.offline.assign import LIKELY, SHARED, proposals
from reasoners.offline.formats import shaped
from reasoners.offline.learned import learned
from reasoners.offline.scene import Scene, scene_of
from reasoners.offline.signs import Reading, Rivals, signs
from reasoners.offline.spans import Span
from reasoners.offline.wide import wide

FAINT = 0.05
"""A reading less sure than this is none."""
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class Look:
    """All readings of a question for an API."""

    scene: Scene
    readings: tuple[Reading, ...]
    rivals: Rivals

    def signs(self) -> list[list[str]]:
        """Of each reading, in their order."""
        return [signs(reading, self.scene, self.rivals) for reading in self.readings]


@dataclass(frozen=True)
class Choice:
    """A reading that was chosen for its parameter, and how sure it is by itself."""

    reading: Reading
    share: float


@dataclass(frozen=True)
class Weighed:
    """What was found for a parameter, and what vouches for it."""

    span: Span
    share: float | None
    """About the share of such values that are right, as learned; None: only a strict rule tells."""
    vouched: float
    """How sure a strict rule is of the same; 0: none is."""
    plain: bool
    """The question is one short sentence."""


def look(text: str, api: Api, parameters: Sequence[Parameter], strict: Mapping[str, Span], *, part: bool) -> Look:
    """Every place that may be a value; `strict`: what the strict rules chose, by parameter."""
    found = [Reading(p.name, spans) for p in parameters for spans in _read(text, p, api, strict.get(p.name))]
    starts: dict[tuple[str, str], set[int]] = {}
    for reading in found:
        for span in reading.spans:
            starts.setdefault((reading.name, span.rule), set()).add(reading.span.start)
    ordered = {key: tuple(sorted(places)) for key, places in starts.items()}
    return Look(scene_of(text, api, parameters, part=part), tuple(found), Rivals(ordered, strict))


def _read(text: str, parameter: Parameter, api: Api, strict: Span | None) -> Iterator[tuple[Span, ...]]:
    """One place and value by all rules that see it, the strict one first."""
    seen: dict[tuple[int, int, str], dict[str, Span]] = {}
    for span in (*([strict] if strict else ()), *wide(text, parameter, api)):
        if fits(span.value, parameter) and shaped(span.value, parameter):
            seen.setdefault((span.start, span.end, repr(span.value)), {}).setdefault(span.rule, span)
    return (tuple(rules.values()) for rules in seen.values())


def choose(readings: Sequence[Reading], shares: Sequence[float]) -> dict[str, Choice]:
    """One reading for each parameter, the surest first; no words are used twice."""
    chosen: dict[str, Choice] = {}
    for share, reading in sorted(zip(shares, readings, strict=True), key=lambda each: -each[0]):
        if share < FAINT:
            break
        if reading.name not in chosen and not any(_clash(reading, other.reading) for other in chosen.values()):
            chosen[reading.name] = Choice(reading, share)
    return chosen


def _clash(reading: Reading, other: Reading) -> bool:
    shared = {reading.rule, other.rule} & SHARED or isinstance(reading.span.value, bool)
    return not shared and _overlap(reading.span, other.span)


def _overlap(left: Span, right: Span) -> bool:
    return left.start < right.end and right.start < left.end


def signs_of(choice: Choice, seen: Look, shares: Sequence[float], chosen: Mapping[str, Choice]) -> list[str]:
    """What the rivals of a chosen reading say of it."""
    mine, field = choice.reading, seen.scene.fields[choice.reading.name]
    apart = near = other = 0.0
    many, better, value = 0, False, str(mine.span.value).casefold()
    for reading, share in zip(seen.readings, shares, strict=True):
        touches = _overlap(reading.span, mine.span)
        if reading.name != mine.name:
            other = max(other, share) if touches else other
        elif reading is not mine:
            better = better or share > choice.share
            if str(reading.span.value).casefold() != value:
                near, apart = (max(near, share), apart) if touches else (near, max(apart, share))
                many += not touches and share > 0.3 * choice.share
    lowest = min(
        (_share(f.parameter, chosen) for f in seen.scene.fields.values() if _needed(f.parameter, mine)), default=1
    )
    t, p = field.type, min(10, round(2 * log(choice.share / max(1e-4, 1 - choice.share))))
    return [
        f"p={p}", f"{t}|p={p}", f"{t}|{field.need}", f"apart={_step(apart)}", f"{t}|apart={_step(apart)}",
        f"near={_step(near)}", f"{t}|near={_step(near)}", f"other={_step(other)}", f"better={better}",
        f"many={min(many, 4)}|{seen.scene.signs[0]}", f"lowest={_step(lowest)}|{field.need}",
        f"{t}|lowest={_step(lowest)}",
    ]  # fmt: skip


def _needed(parameter: Parameter, mine: Reading) -> bool:
    return parameter.required and parameter.default is None and parameter.name != mine.name


def _share(parameter: Parameter, chosen: Mapping[str, Choice]) -> float:
    return chosen[parameter.name].share if parameter.name in chosen else 0.0


def _step(share: float) -> int:
    return sum(share >= limit for limit in _STEPS)


def weighed(
    text: str, api: Api, parameters: Sequence[Parameter], today: date | None = None, *, part: bool = False
) -> dict[str, Weighed]:
    """The value of each parameter that has one, by name."""
    strict, by = proposals(text, api, parameters, today, part=part), learned()
    own = {p.name: p for p in parameters}
    proven = {n: s for n, s in strict.items() if s.strength >= LIKELY and not by.knows(s.rule, own[n])}
    seen = look(text, api, parameters, strict, part=part)
    shares = [_open(r, by.readings.share(s), proven) for r, s in zip(seen.readings, seen.signs(), strict=True)]
    chosen = choose(seen.readings, shares)
    found = {name: Weighed(span, None, span.strength, seen.scene.plain) for name, span in proven.items()}
    for name, choice in chosen.items():
        span, share = choice.reading.span, by.choices.share(signs_of(choice, seen, shares, chosen))
        found[name] = Weighed(span, share, span.strength, seen.scene.plain)
    return found


def _open(reading: Reading, share: float, proven: Mapping[str, Span]) -> float:
    """What a rule has proven that the questions tell nothing of, needs no weighing."""
    said = [span for span in proven.values() if span.rule not in SHARED]
    taken = any(_overlap(reading.span, span) for span in said) and not isinstance(reading.span.value, bool)
    return 0.0 if taken or reading.name in proven else share

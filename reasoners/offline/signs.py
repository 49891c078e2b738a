"""What speaks for a place in the question being the value of a parameter, and what against: signs to be weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reasoners.offline.fields import STOPS, Field, shape
from reasoners.offline.scene import SENTENCE, Beside, Place, Scene
from reasoners.offline.spans import Span

REACH = 5
"""Words between a value and a word of a parameter's name; farther ones tell nothing."""
_BEFORE = """
of for to in on at with from by as about is are was be named called titled into like using and or between until near
around via than set"""
BEFORE = frozenset(_BEFORE.split())
"""Words that lead to a value."""
_COUNTED = frozenset({"w quote", "w number", "w proper", "w code"})
"""Rules whose places come in the order of the parameters, where there are as many."""


@dataclass(frozen=True)
class Reading:
    """A place in the question as the value of one parameter, as one rule reads it, or several."""

    name: str
    spans: tuple[Span, ...]

    @property
    def span(self) -> Span:
        return self.spans[0]

    @property
    def rule(self) -> str:
        return self.spans[0].rule


@dataclass(frozen=True)
class Rivals:
    """What else was read."""

    starts: Mapping[tuple[str, str], tuple[int, ...]]
    """By parameter and rule: where its readings begin."""
    strict: Mapping[str, Span]
    """By parameter: what the strict rules chose."""


def signs(reading: Reading, scene: Scene, rivals: Rivals) -> list[str]:
    """The signs of a reading, each once."""
    field, place = scene.fields[reading.name], scene.place(reading.span)
    found = (
        *_of_rules(reading, field, scene, rivals),
        *_of_strict(reading, field, rivals),
        *_of_form(reading, field, place),
        *_of_place(reading, field, place, scene),
    )
    return list(dict.fromkeys(found))


def _of_rules(reading: Reading, field: Field, scene: Scene, rivals: Rivals) -> Iterator[str]:
    t, need = field.type, field.need
    yield f"{t}|{need}"
    if field.parameter.default is not None:
        yield f"default|{need}"
    place, many = scene.order.get(reading.name, (0, 0))
    for span in reading.spans:
        rule, starts = span.rule, rivals.starts[reading.name, span.rule]
        yield f"{t}|{rule}"
        yield f"{t}|{rule}|{need}"
        yield f"{t}|{rule}|n={min(len(starts), 4)}"
        yield from (f"{rule}|{kind}" for kind in field.kinds)
        if many > 1 and len(starts) == many and (rule in _COUNTED or span is reading.span):
            yield f"{t}|{rule}|order={'same' if starts.index(reading.span.start) == place else 'other'}"
    yield f"rules={min(len(reading.spans), 4)}|{t}"
    for each in scene.signs:
        yield f"{t}|{each}"
        yield f"{t}|{reading.rule}|{each}"


def _of_strict(reading: Reading, field: Field, rivals: Rivals) -> Iterator[str]:
    """What the strict rules chose for this parameter, and for others."""
    t, strict, span = field.type, rivals.strict.get(reading.name), reading.span
    if strict is None:
        yield f"{t}|strict=none"
    else:
        same = (strict.start, strict.end) == (span.start, span.end)
        yield f"{t}|strict={strict.rule}|{'same' if same else 'other'}"
        yield f"{t}|strict={_grade(strict.strength)}|{'same' if same else 'other'}"
        if same:
            yield f"strict={strict.rule}|{_grade(strict.strength)}"
    others = (other for name, other in rivals.strict.items() if name != reading.name and other.strength >= _SURE)
    yield f"{t}|taken={any(other.start < span.end and span.start < other.end for other in others)}"


_SURE = 0.9


def _grade(strength: float) -> str:
    return "take" if strength >= _SURE else "likely" if strength >= 0.7 else "maybe" if strength >= 0.5 else "weak"


def _of_form(reading: Reading, field: Field, place: Place) -> Iterator[str]:
    t, form = field.type, shape(reading.span.value)
    yield f"{t}|shape={form}"
    for kind in field.kinds:
        yield f"{kind}|shape={form}"
        yield f"{kind}|words={min(place.last - place.first, 4)}"
        yield f"{kind}|{t}|{field.need}"
    if field.shapes:
        yield f"{t}|example={'same' if form in field.shapes else 'other'}"
    if field.form:
        yield f"{t}|form={field.form}|{form}"


def _of_place(reading: Reading, field: Field, place: Place, scene: Scene) -> Iterator[str]:
    t = field.type
    yield from (f"{t}|{each}" for each in place.signs)
    if "moment" in place.signs:
        yield f"{field.kinds[0]}|moment"
    inside = "all" if place.inside and place.inside <= field.label else "some" if place.inside & field.label else "none"
    yield f"{t}|inside={inside}"
    if place.inside & field.about:
        yield f"{t}|said={'all' if place.inside <= field.about else 'some'}"
    rivals = scene.rivals[reading.name]
    for side, beside in (("before", place.before), ("behind", place.behind)):
        said = _said(beside, field, rivals, scene)
        yield f"{t}|{side}={said}"
        yield from (f"{kind}|{side}={said}" for kind in field.kinds)
        if beside.skipped:
            yield f"{t}|{side}|article"
        if field.way and side == "before":
            yield f"way={field.way}|{said}"
    mine, theirs = _nearest(place, field, rivals, scene)
    yield f"{t}|mine={mine}"
    yield f"{t}|theirs={theirs}"
    yield f"{t}|nearest={'mine' if mine < theirs else 'theirs' if theirs < mine else 'even'}"


def _said(beside: Beside, field: Field, rivals: frozenset[str], scene: Scene) -> str:
    """What a neighbouring word is to the parameter."""
    word = beside.word
    if word is None:
        return beside.mark
    folded = word.text.casefold()
    if word.stem in field.label:
        return "label"
    if word.stem in rivals:
        return "rival"
    if folded in BEFORE:
        return folded
    if word.stem in field.about:
        return "about"
    if word.text[0].isdigit():
        return "0"
    return "stop" if folded in STOPS else "own" if word.stem in scene.own else "word"


def _nearest(place: Place, field: Field, rivals: frozenset[str], scene: Scene) -> tuple[int, int]:
    """How many words off the nearest word of this parameter's name stands, and of any other's."""
    mine = theirs = REACH
    for step, start in ((-1, place.first - 1), (1, place.last)):
        for gap in range(REACH):
            at = start + step * gap
            if not 0 <= at < len(scene.words) or _ended(scene, place, at):
                break
            if scene.words[at].stem in field.label:
                mine = min(mine, gap)
            elif scene.words[at].stem in rivals:
                theirs = min(theirs, gap)
    return mine, theirs


def _ended(scene: Scene, place: Place, at: int) -> bool:
    """Whether a sentence ends between."""
    words = scene.words
    if at < place.first:
        low, high = words[at].end, words[place.first].start if place.first < len(words) else words[at].end
    else:
        low, high = words[place.last - 1].end if place.last else 0, words[at].start
    return SENTENCE.search(scene.text, low, high) is not None

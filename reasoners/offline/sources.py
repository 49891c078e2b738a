"""Which API finds the id that another one needs, from what the question gives: a customer's number by the e-mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reasoners.offline.forms import Form
from reasoners.offline.question import Question, Word
from reasoners.offline.sight import Sight, Source
from reasoners.offline.spans import spans


def with_sources(question: Question, sights: Sequence[Sight]) -> list[Sight]:
    """The sights, with a source where one finds the only id that is lacking."""
    lacking = [_lacking(question, sight) for sight in sights]
    wanted = {form.name.lower() for form in lacking if form is not None}
    finders = _finders(question, sights, wanted) if wanted else {}
    if not finders:
        return list(sights)
    return [
        _helped(sight, form, finders.get(form.name.lower(), ())) if form is not None else sight
        for sight, form in zip(sights, lacking, strict=True)
    ]


def _lacking(question: Question, sight: Sight) -> Form | None:
    """The one required id that the question does not give; None: it lacks nothing, or more."""
    given = {fit.parameter for fit in sight.fits}
    ids = [form for form in sight.profile.required if form.name in sight.profile.ids and form.name not in given]
    if len(ids) != 1 or (ids[0].kind == "text" and _is_said(question, sight, ids[0])):
        return None
    return ids[0]


def _is_said(question: Question, sight: Sight, form: Form) -> bool:
    """An id that ordinary words may look like ("NRTH") is read as it will be filled."""
    parameter = sight.api.parameter(form.name)
    return parameter is not None and any(span.strength >= _SURE for span in spans(question.text, parameter))


_SURE = 0.9


def _finders(question: Question, sights: Sequence[Sight], wanted: set[str]) -> Mapping[str, list[Source]]:
    """By name of a key: APIs that only look something up, need no id of that name, and lack nothing."""
    finders: dict[str, list[Source]] = defaultdict(list)
    for sight in sights:
        keys = wanted & sight.profile.produces if sight.api.risk == "safe" and sight.profile.required else set()
        keys -= {form.name.lower() for form in sight.profile.forms}
        if keys and (lent := _given(question, sight)):
            for key in keys:
                finders[key].append(Source(sight, key, lent))
    return finders


def _given(question: Question, sight: Sight) -> frozenset[int]:
    """Starts of the words that fill all its required parameters; empty: they do not."""
    lent: set[int] = set()
    for form in sight.profile.required:
        if form.strict:
            found = {fit.word.start for fit in sight.fits if fit.parameter == form.name}
        elif form.kind == "text":
            found = {word.start for word in question.words if _is_text(word) and word.start not in sight.gains}
        else:
            found = set()
        if not found:
            return frozenset()
        lent |= found
    return frozenset(lent)


def _is_text(word: Word) -> bool:
    return word.kind in ("name", "quoted")


def _helped(sight: Sight, form: Form, found: Sequence[Source]) -> Sight:
    """With the source that is nearest: of the same tool, and surest of what it takes."""
    own = {fit.word.start for fit in sight.fits}
    others = [
        s for s in found if s.sight is not sight and own.isdisjoint(s.lent) and _akin(s, sight) and not _round(s, sight)
    ]
    if not others:
        return sight
    best = max(others, key=lambda source: _nearness(source, sight))
    return replace(sight, source=replace(best, parameter=form.name))


def _akin(source: Source, sight: Sight) -> bool:
    """Of one tool or category; what takes a place finds too many things to be taken for a step on the way."""
    mine, theirs = sight.api, source.sight.api
    return mine.tool_id == theirs.tool_id or (
        mine.category == theirs.category and "place" not in source.sight.profile.taste.kinds
    )


def _round(source: Source, sight: Sight) -> bool:
    """It would lead back to the id that was given: from an order to its customer, and to all orders of that one."""
    return any(
        form.kind == "pattern" and form.name.lower() in sight.profile.produces for form in source.sight.profile.required
    )


def _nearness(source: Source, sight: Sight) -> tuple[bool, bool, float]:
    sure = any(fit.required for fit in source.sight.fits)
    return sure, source.sight.api.tool_id == sight.api.tool_id, source.sight.candidate.score

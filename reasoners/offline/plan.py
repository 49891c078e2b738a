"""The calls that answer a question: its parts, the API for each, their order; or none, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.store import CatalogIndex
from reasoners.offline import wording
from reasoners.offline.addressed import answers_us
from reasoners.offline.alike import alike
from reasoners.offline.bounds import limits, said
from reasoners.offline.coverage import fits_enough, uncovered
from reasoners.offline.depend import dependencies
from reasoners.offline.desk import Desk, Part
from reasoners.offline.likely import LIKELY, sureness
from reasoners.offline.match import Match
from reasoners.offline.question import Word, read
from reasoners.offline.repeat import repeated
from reasoners.offline.split import Clause, begins_a_thing, clauses, trimmed
from reasoners.protocol import Candidate, Plan, Rejected, Step

MAX_STEPS = 8
"""A question with more parts than this is a list, and the rest is named as uncovered."""
_PLAIN = 0.6
"""Share of a clause that its own API must cover before a mere "and" makes it a part."""
_WHOLE = 0.99
"""Share of an API's name from which a part names it in full."""
_RUNNERS_UP = 5
"""As many as a person reads."""


def make_plan(query: str, pool: Sequence[Candidate], index: CatalogIndex) -> Plan:
    """Plan the calls; pure. No steps when nothing in the pool fits."""
    if not pool:
        return Plan((), wording.NOTHING_OFFERED, uncovered=uncovered(read(query, index).telling, ()))
    desk = Desk.laid(query, pool, index)
    asking = clauses(query)
    parts = _parts(desk, asking)
    taken = _taken(parts) or _taken([desk.part(0, len(query))]) or _likely(parts, len(pool))
    telling = [word for clause in asking for word in desk.question.between(clause.start, clause.end)]
    if not taken:
        return _refusal(desk, telling)
    return _plan(desk, taken, telling)


def parts_of(query: str, pool: Sequence[Candidate], index: CatalogIndex) -> list[Part]:
    """The parts of the question with the pool ranked for each; the pool may not be empty."""
    return _parts(Desk.laid(query, pool, index), clauses(query))


def _taken(parts: Sequence[Part]) -> list[Part]:
    return _distinct([part for part in parts if fits_enough(part.best) and answers_us(part)])[:MAX_STEPS]


def _likely(parts: Sequence[Part], offered: int) -> list[Part]:
    """The likeliest, where nothing fits by its words alone and it is worth a call all the same."""
    likely = [(sure, part) for part in parts if (sure := sureness(part, offered)) >= LIKELY]
    return [max(likely, key=lambda pair: pair[0])[1]] if likely else []


def _parts(desk: Desk, asking: Sequence[Clause]) -> list[Part]:
    """Join neighbouring clauses unless each has an API of its own."""
    parts: list[Part] = []
    soft = False
    for clause in asking:
        part = _told(desk, clause)
        if not parts or (_stands_alone(part, parts[-1], clause) and not (soft and _spells_out(part, parts[-1]))):
            parts.append(part)
        else:
            parts[-1:] = _joined(desk, parts[-1], part)
        soft = clause.weight == "soft" or (soft and clause.weight == "loose")
    return parts


def _joined(desk: Desk, before: Part, part: Part) -> list[Part]:
    """Both as one, unless that spoils what fits."""
    joined = desk.part(before.start, part.end)
    if not fits_enough(before.best) or joined.best.api.id == before.best.api.id:
        return [joined]
    if fits_enough(joined.best) and _other_values(joined, before):
        return [joined]
    return [before, part] if begins_a_thing(part.text) and fits_enough(part.best) else [before]


def _told(desk: Desk, clause: Clause) -> Part:
    """The clause, with the statement that it refers to where that helps."""
    if clause.told_from < clause.start:
        whole = desk.part(clause.told_from, clause.end)
        if fits_enough(whole.best):
            return whole
    return desk.part(clause.start, clause.end)


def _spells_out(part: Part, wish: Part) -> bool:
    """The part asks in detail for what the sentence before only wished for."""
    wished = {
        stem for word in wish.words if word.telling and word.start in wish.best.sight.gains for stem in word.stems
    }
    return any(stem in wished for word in part.words for stem in word.stems)


def _stands_alone(part: Part, before: Part, clause: Clause) -> bool:
    if not part.telling or not fits_enough(part.best):
        return False
    if _says_more(part, before):
        return False
    firm = clause.weight != "loose" or part.best.command > 0
    if not fits_enough(before.best):
        return firm
    if part.best.api.id == before.best.api.id:
        return firm and _asks_again(part, before)
    return firm or _takes_its_own(part.best, before.best) or _names_its_own(part, before)


def _says_more(part: Part, before: Part) -> bool:
    """It names nothing new: all its words are of the API before ("just tell me its status")."""
    known = before.best.sight.gains
    covered = all(word.kind == "word" and word.start in known for word in part.telling)
    return covered and fits_enough(before.best) and part.best.label < _WHOLE


def _takes_its_own(mine: Match, other: Match) -> bool:
    """It gives an id that the API before, which lacks nothing, has no use for."""
    used = {fit.word.start for fit in other.sight.fits}
    return not other.missing and any(fit.required and fit.word.start not in used for fit in mine.fits)


def _other_values(part: Part, before: Part) -> bool:
    mine = {fit.word.surface for fit in part.best.fits if fit.required}
    return bool(mine) and not mine & {fit.word.surface for fit in before.best.fits}


def _asks_again(part: Part, before: Part) -> bool:
    """The same API is wanted twice: each part gives a value of its own."""
    return any(fit.required for fit in before.best.fits) and _other_values(part, before)


def _names_its_own(part: Part, before: Part) -> bool:
    """The part names a thing that its API is about, and the API before it is not."""
    label, known = part.best.sight.profile.label.keys(), before.best.sight.gains
    fitted = {fit.word.start for fit in part.best.fits if fit.required}
    own = (word for word in part.words if word.telling and word.start not in known)
    return (
        begins_a_thing(part.text)
        and part.best.settled >= _PLAIN
        and any(word.start in fitted or not label.isdisjoint(word.stems) for word in own)
    )


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """Parts that ask the same API for the same are one."""
    kept: list[Part] = []
    for part in parts:
        same = [other for other in kept if other.best.api.id == part.best.api.id]
        if all(_asks_again(part, other) for other in same):
            kept.append(part)
    return kept


def _plan(desk: Desk, taken: Sequence[Part], telling: Sequence[Word]) -> Plan:
    pieces = [(part, text) for part in taken for text in _pieces(desk, part, alone=len(taken) == 1)]
    pieces = _sourced(desk, pieces)[:MAX_STEPS]
    steps = tuple(
        Step(str(at), part.best.api.id, text, dependencies(at - 1, pieces), _why(part, text))
        for at, (part, text) in enumerate(pieces, 1)
    )
    best = [part.best for part in taken]
    return Plan(
        steps=steps,
        reason=wording.reason(best, [part.best for part, _ in pieces if part.found_for is not None]),
        runners_up=_runners_up(taken, [part.best for part, _ in pieces]),
        alike={
            step.id: ids
            for step, (part, _) in zip(steps, pieces, strict=True)
            if part.found_for is None and (ids := alike(part.matches, part.words))
        },
        uncovered=(*uncovered(telling, best), *_unlimited(desk, taken)),
    )


def _sourced(desk: Desk, pieces: Sequence[tuple[Part, str]]) -> list[tuple[Part, str]]:
    """Each call that needs an id behind the one that finds it."""
    made: list[tuple[Part, str]] = []
    for part, text in pieces:
        source = part.best.source
        if source is not None and not any(_finds(before.best, source.parameter) for before, _ in made):
            made.append((desk.finding(part, source), text))
        made.append((part, text))
    return made


def _finds(match: Match, parameter: str) -> bool:
    return parameter.lower() in match.sight.profile.produces


def _why(part: Part, text: str) -> str:
    if part.found_for is not None:
        return wording.why_first(part.best, *part.found_for, text)
    return wording.why(part.best, part.words, text)


def _unlimited(desk: Desk, taken: Sequence[Part]) -> Iterator[str]:
    """Limits of the question that no chosen API has a parameter for."""
    for limit in limits(desk.question.text):
        if not any(limit.number.start in part.best.sight.hinted for part in taken):
            yield said(desk.question.text, limit)


def _pieces(desk: Desk, part: Part, *, alone: bool) -> list[str]:
    spans = repeated(desk.question, part.start, part.end, part.best)
    if len(spans) > 1:
        return [trimmed(desk.question.text[start:end]) for start, end in spans]
    return [desk.question.text if alone else trimmed(desk.question.text[part.start : part.end])]


def _runners_up(taken: Sequence[Part], chosen: Sequence[Match]) -> tuple[Rejected, ...]:
    ids = {match.api.id for match in chosen}
    others: dict[str, Rejected] = {}
    for part in taken:
        near = sorted(part.matches, key=lambda m: -m.score)[: _RUNNERS_UP + len(ids)]
        for other in near:
            if other.api.id not in ids:
                others.setdefault(other.api.id, Rejected(other.api.id, wording.why_not(other, part.words, part.best)))
    return tuple(others.values())[:_RUNNERS_UP]


def _refusal(desk: Desk, telling: Sequence[Word]) -> Plan:
    whole = desk.part(0, len(desk.question.text))
    nearest = sorted(whole.matches, key=lambda m: -m.score)[:_RUNNERS_UP]
    return Plan(
        steps=(),
        reason=wording.refusal(whole.words, nearest),
        runners_up=tuple(Rejected(m.api.id, wording.why_not(m, whole.words, None)) for m in nearest),
        uncovered=uncovered(telling, ()),
    )

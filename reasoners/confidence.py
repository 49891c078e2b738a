"""Whether the index alone suffices for a question, before any agent runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.store import CatalogIndex
from reasoners.offline.alike import same_operation
from reasoners.offline.coverage import fits_enough, support, uncovered
from reasoners.offline.desk import Part
from reasoners.offline.kin import KIN
from reasoners.offline.plan import make_plan, parts_of
from reasoners.offline.question import UNHEARD, read
from reasoners.protocol import Candidate

Level = Literal["sure", "close", "unsure", "nothing"]

SURE = 0.75
LEAD = 0.15
"""On 260 ToolBench questions these two call 35 sure: of them .94 have a right API among the first ten, and .77 all of
them in the pool; of the others .80 and .63. A lead of 0.08 calls twice as many sure, .87 and .72 right."""
READ = 30
"""How many a model reads in one turn where the scores are close."""
FLAT = 0.86
"""Score of the last of these beside the best from which on the order says nothing. Of 683 ToolBench and AnyToolBench
questions the first 30 held every right API for .88 where it was below 0.5, for .72 up to 0.67, for .43 up to 0.83, for
.27 up to 0.86, and for none of those above: there a turn of reading is lost."""


@dataclass(frozen=True)
class Confidence:
    """How far the index's candidates can be trusted."""

    level: Level
    reason: str
    """In words for people."""


async def assess(query: str, pool: Sequence[Candidate], index: CatalogIndex) -> Confidence:
    """`sure`: each part has one API that plainly fits. `close`: the right ones are likely among the best, and a reader
    would tell. `unsure`: the words may not be the catalog's. `nothing`: no telling word is known to the pool.
    """
    parts = parts_of(query, pool, index) if pool else []
    if not any(_known(part) for part in parts):
        return _unknown(query, index)
    doubts = [doubt for part in parts if (doubt := _doubt(part))]
    if doubts and len(pool) >= READ and pool[READ - 1].score >= FLAT:
        return Confidence("unsure", f"{READ} APIs and more fit nearly alike. {doubts[0]}")
    if doubts:
        return Confidence("close", doubts[0])
    return Confidence("sure", "Each part of the question has an API that plainly fits.")


def nothing_fits(query: str, pool: Sequence[Candidate], index: CatalogIndex) -> bool:
    """Whether a question would be refused without a model: no API of the pool fits any part of it well enough.

    Who types a name, or a part of one, asks no question, and has found it.
    """
    return not make_plan(query, pool, index).steps and not _is_name(query, pool, index)


def _is_name(query: str, pool: Sequence[Candidate], index: CatalogIndex) -> bool:
    """All its words are of one API's names, or it is such a name and has no word to search for ("me")."""
    spoken, typed = set(index.words(query)), query.strip().casefold()
    named = ((one.api.tool_name, one.api.title or one.api.name, one.api.name) for one in pool)
    return any(
        spoken.issubset(index.words(" ".join(names))) if spoken else typed in [name.casefold() for name in names]
        for names in named
    )


def _unknown(query: str, index: CatalogIndex) -> Confidence:
    """Nothing was found by the question's own words; an agent may still know better what they mean."""
    unheard = index.weight(UNHEARD)
    for word in read(query, index).telling:
        known = (other for other in KIN.get(word.surface.lower(), ()) if 0 < index.weight(other) < unheard)
        if akin := next(known, None):
            return Confidence(
                "unsure", f"No API uses the word {word.surface!r}; {akin!r}, which some use, may be meant."
            )
    return Confidence("nothing", "No API of the catalog speaks of anything that the question names.")


def _known(part: Part) -> bool:
    """Some candidate covers a word that says what the question is about, or takes a value of it."""
    starts = [word.start for word in part.words if word.telling]
    return any(match.fits or any(start in match.sight.gains for start in starts) for match in part.matches)


def _doubt(part: Part) -> str:
    best = part.best
    if not fits_enough(best) or support(best) < SURE:
        return f"No API plainly fits {part.text!r}."
    missing = uncovered(part.words, [best])
    if missing and best.settled < 0.5:
        return f"{best.api.label!r} does not speak of {', '.join(missing)}."
    rival = next((m for m in part.matches[1:] if m.allowed and not same_operation(m, best)), None)
    if rival is not None and best.score - rival.score < LEAD:
        return f"{best.api.label!r} and {rival.api.label!r} fit nearly alike."
    return ""

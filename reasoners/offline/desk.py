"""A question with its candidates seen once, and the parts that it may be cut into, each with the candidates ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from catalog.store import CatalogIndex
from reasoners.offline.abroad import wished_abroad
from reasoners.offline.coverage import fits_enough
from reasoners.offline.match import Match, match
from reasoners.offline.question import UNHEARD, Question, Word, read
from reasoners.offline.sight import Sight, Source, kin_of, see
from reasoners.offline.sources import with_sources
from reasoners.offline.split import asked_verbs
from reasoners.offline.stretch import Stretch, stretch
from reasoners.protocol import Candidate

_KEPT = 32
"""Questions under way at a time; a large one with its parts takes about 200 kB."""
_HARDLY = 0.15
"""Taking any that fits, however far behind, costs two points of F1 on ToolBench."""


@dataclass(frozen=True)
class Part:
    """A stretch of the question, and the candidates by how well they fit it."""

    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    matches: tuple[Match, ...]
    """Those that may be called at all first; best first."""
    found_for: tuple[Match, str] | None = None
    """The match that needs it, and the parameter that it finds; None: it stands for itself."""

    @property
    def best(self) -> Match:
        return self.matches[0]

    @property
    def telling(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.telling or word.kind == "value")


@dataclass(frozen=True)
class Desk:
    """A question with its candidates seen once, so that many cuts of it can be tried."""

    question: Question
    sights: Sequence[Sight]
    kin: Mapping[int, frozenset[str]]
    wanted: frozenset[int]
    """Starts of words that some candidate takes as what it needs."""
    seen: dict[tuple[int, int], Part] = field(default_factory=dict)
    """Parts that were cut before."""

    @classmethod
    def laid(cls, query: str, pool: Sequence[Candidate], index: CatalogIndex) -> Desk:
        """From the cache where the same was asked of the same candidates: first how sure it is, then the plan."""
        return _laid(_Asked(query, tuple(pool), index, index.weight(UNHEARD)))

    def part(self, start: int, end: int) -> Part:
        if (start, end) not in self.seen:
            self.seen[start, end] = self._cut(start, end)
        return self.seen[start, end]

    def _cut(self, start: int, end: int) -> Part:
        text = self.question.text[start:end]
        asked, wished = asked_verbs(text), wished_abroad(text)
        words = stretch(self.question.between(start, end), asked, self.kin, self.wanted, wished=wished)
        matches = [match(sight, words) for sight in self.sights]
        matches.sort(key=lambda m: (not m.allowed, -m.score))
        return Part(start, end, text, words.words, _asked_first(_fitting_first(matches), words))

    def finding(self, part: Part, source: Source) -> Part:
        """The same part of the question, for the call that finds what the part's own needs."""
        words = stretch(self.question.between(part.start, part.end), frozenset(), self.kin, self.wanted)
        found = match(source.sight, words)
        return Part(part.start, part.end, part.text, words.words, (found,), (part.best, source.parameter))


@dataclass(frozen=True, eq=False)
class _Asked:
    """A question to candidates as a cache key."""

    query: str
    pool: tuple[Candidate, ...]
    index: CatalogIndex
    size: float
    """A weight that changes with the size of the catalog."""

    def __hash__(self) -> int:
        return hash((self.query, len(self.pool), self.size))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Asked) or (self.query, self.size, len(self.pool)) != (
            other.query, other.size, len(other.pool),
        ):  # fmt: skip
            return False
        pairs = zip(self.pool, other.pool, strict=True)
        return self.index is other.index and all(
            one.score == two.score and (one.api is two.api or one.api == two.api) for one, two in pairs
        )


@lru_cache(maxsize=_KEPT)
def _laid(asked: _Asked) -> Desk:
    question, kin = _heard(_Asked(asked.query, (), asked.index, asked.size))
    sights = with_sources(question, see(question, asked.pool, kin, asked.index))
    wanted = frozenset(fit.word.start for sight in sights for fit in sight.fits if fit.required)
    return Desk(question, sights, kin, wanted)


@lru_cache(maxsize=_KEPT)
def _heard(asked: _Asked) -> tuple[Question, Mapping[int, frozenset[str]]]:
    """The question by itself: the plan may have other candidates than the look before it."""
    question = read(asked.query, asked.index)
    return question, kin_of(question, asked.index)


def _fitting_first(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Where the best does not fit by itself, one that does and is hardly worse goes before it."""
    lowest = matches[0].score - _HARDLY
    near = (at for at, m in enumerate(matches) if m.score >= lowest and fits_enough(m))
    at = next(near, 0)
    return (matches[at], *matches[:at], *matches[at + 1 :])


def _asked_first(matches: tuple[Match, ...], words: Stretch) -> tuple[Match, ...]:
    """An API that only finds an id stands behind the one that needs it, where that one tells all of the rest."""
    best = matches[0]
    for at, other in enumerate(matches):
        if other.source is not None and other.source.sight is best.sight and fits_enough(other):
            mine, theirs = other.sight.gains, best.sight.gains
            if all(start in mine for start in words.telling if start in theirs and start not in other.source.lent):
                return (other, *matches[:at], *matches[at + 1 :])
    return matches

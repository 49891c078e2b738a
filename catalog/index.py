"""Search over the catalog by words, without a model: three small tantivy indexes and a soft hierarchy over them."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from catalog.index_entries import key_of
from catalog.index_files import IndexFiles, Stamp
from catalog.index_ranking import Scores, Shelves, highest, rank_apis, rank_categories, rank_tools
from catalog.index_shelf import WORDS_KEPT, View, Within
from catalog.index_sync import take_in
from catalog.index_weights import DEFAULT, Weights
from catalog.store import CatalogStore, Found, Hit, Level
from catalog.tokens import described_as, exact_forms, typed_words, words

RANK = {"api": rank_apis, "tool": rank_tools, "category": rank_categories}
EXAMPLE_BONUS = 1.0  # as much as the best score by words
ALIKE = 0.5  # an example that shares less than half of the question's weight says nothing
EXAMPLES_COMPARED = 32
NEARER_FORM = 1.5  # more than words and names can bring (1.2), so that "event" comes before "Event" when asked for
SMALL = 1_000  # APIs: a search among them takes less than a millisecond
MOST_EXACT = 256  # entries of one name; more of them say no more


@dataclass(frozen=True)
class _Moment:
    """The index as one commit left it."""

    stamp: Stamp
    version: str
    shelves: Shelves
    weights: dict[str, float] = field(default_factory=dict)


class TantivyIndex:
    """Keeps `CatalogIndex`. Any number of threads and processes may search while one takes changes in."""

    def __init__(
        self, files: IndexFiles, store: CatalogStore, *, never_block: bool = False, weights: Weights = DEFAULT
    ) -> None:
        self._never_block = never_block
        self._weights = weights
        self._files = files
        self._store = store
        self._turning = threading.Lock()
        self._moment = self._read()

    @classmethod
    def open(
        cls, folder: Path, store: CatalogStore, *, never_block: bool = False, weights: Weights = DEFAULT
    ) -> TantivyIndex:
        """Open or create the index. A damaged one is begun anew: `sync` fills it again. Raises StoreUnavailable.

        `never_block`: also a search of less than a millisecond goes to a thread.
        """
        return cls(IndexFiles(folder), store, never_block=never_block, weights=weights)

    async def search(
        self,
        query: str,
        *,
        k: int = 64,
        level: Level = "api",
        categories: Sequence[str] = (),
        tools: Sequence[str] = (),
    ) -> Found:
        version = await self._store.version()
        if not self._never_block and self._moment.shelves.api.entries <= SMALL:
            found = self._search(query, k, level, categories, tools)  # a thread would cost as much as the search
        else:
            found = await asyncio.to_thread(self._search, query, k, level, categories, tools)
        return found if found.version == version else await self._existing(found, level)

    async def matching(self, query: str, *, categories: Sequence[str] = ()) -> int:
        return await asyncio.to_thread(self._matching, query, categories)

    def weight(self, word: str) -> float:
        moment = self._moment
        known = moment.weights.get(word)
        if known is None:
            known = _weight(moment.shelves.api, word)
            # Every order has a number of its own: those would only fill it.
            if word.isalpha() and len(moment.weights) < WORDS_KEPT:
                moment.weights[word] = known
        return known

    def words(self, text: str) -> list[str]:
        return words(text)

    async def sync(self) -> None:
        version = await self._store.version()
        if version == self._moment.version and self._files.stamp() == self._moment.stamp:
            return
        if version != (await asyncio.to_thread(self._current)).version:
            await take_in(self._files, self._store)
            await asyncio.to_thread(self._current)

    async def close(self) -> None:
        """Nothing is held open between searches but files that need no goodbye."""

    def _current(self) -> _Moment:
        """The last commit of any process."""
        if self._files.stamp() != self._moment.stamp:
            with self._turning:
                if self._files.stamp() != self._moment.stamp:
                    self._moment = self._read()
        return self._moment

    def _read(self) -> _Moment:
        # The stamp first: what is committed after it is seen again at the next look.
        stamp = self._files.stamp()
        version, shelves = self._files.read()
        return _Moment(stamp, version, replace(shelves, weights=self._weights))

    def _search(self, query: str, k: int, level: Level, categories: Sequence[str], tools: Sequence[str]) -> Found:
        moment = self._current()
        view: View = getattr(moment.shelves, level)
        within = _within(moment.shelves, categories, tools)
        ranked = RANK[level](moment.shelves, query, k, within)
        # Where the question's words are all stop words, a name made of them tells as much as one unknown word.
        best = highest(moment.shelves, query) or _rarest(view.entries)
        if level == "api":
            self._raise_examples(ranked, moment.shelves.example, query, within, best)
        _raise_exact(ranked, view, query, within, best)
        return Found(_hits(view, query, _first(ranked, k)), view.entries, moment.version)

    def _matching(self, query: str, categories: Sequence[str]) -> int:
        shelves = self._current().shelves
        spoken = {word for passage in shelves.passages(query) for word, _ in passage}
        forms = [*exact_forms(query), *described_as(query)]
        return shelves.api.count(sorted(spoken), forms, _within(shelves, categories, ()))

    def _raise_examples(self, ranked: Scores, view: View, query: str, within: Within, best: float) -> None:
        """An API gains by how much the question is like one of its example questions."""
        if not view.entries:
            return
        asked = dict.fromkeys(words(query), 1.0)
        hits = view.search(tuple(asked.items()), EXAMPLES_COMPARED, within)
        for key, example in view.texts(hits):
            likeness = self._likeness(set(asked), set(example))
            if likeness >= ALIKE:
                ranked[key] = ranked.get(key, 0.0) + EXAMPLE_BONUS * best * likeness

    def _likeness(self, one: set[str], other: set[str]) -> float:
        shared = sum(self.weight(word) for word in one & other)
        return shared / (sum(self.weight(word) for word in one | other) or 1.0)

    async def _existing(self, found: Found, level: Level) -> Found:
        """Without what has left the catalog since the index was last brought up to date."""
        known = await self._known([hit.id for hit in found.hits], level)
        return Found(tuple(hit for hit in found.hits if hit.id in known), found.searched, found.version)

    async def _known(self, ids: Sequence[str], level: Level) -> Mapping[str, object] | set[str]:
        if level == "api":
            return await self._store.get(ids)
        if level == "tool":
            return await asyncio.to_thread(self._store.fingerprints)
        return {category.name for category in await self._store.categories()}


def _first(ranked: Scores, k: int) -> list[tuple[int, float]]:
    """The best `k`, and of equals those of lower keys. Scores alone are sorted ten times as fast as pairs are."""
    scores = sorted(ranked.values(), reverse=True)[: max(0, k)]
    good = [(key, score) for key, score in ranked.items() if scores and score >= scores[-1]]
    return sorted(good, key=lambda item: (-item[1], item[0]))[: max(0, k)]


def _within(shelves: Shelves, categories: Sequence[str], tools: Sequence[str]) -> Within:
    keys = [key_of(name) for name in categories]
    # Agents of the first level name all categories: that keeps nothing out, and costs most.
    if len(keys) >= shelves.category.entries and shelves.category.parents("key", keys).issuperset(keys):
        keys = []
    return {"category": keys, "tool": [key_of(name) for name in tools]}


def _raise_exact(ranked: Scores, view: View, query: str, within: Within, best: float) -> None:
    """Put the entries that the query names whole first, the more exactly the better."""
    forms = [*exact_forms(query), *described_as(query)]
    hits = view.exact(forms, MOST_EXACT, within)
    for key, place in zip(hits.keys, hits.scores, strict=True):
        ranked[key] = ranked.get(key, 0.0) + NEARER_FORM * best * (2 + len(forms) - round(1 / place))


def _hits(view: View, query: str, best: Sequence[tuple[int, float]]) -> tuple[Hit, ...]:
    if not best:
        return ()
    typed = [(surface, tokens) for surface, tokens in dict(typed_words(query)).items() if tokens]
    distinct = list(dict.fromkeys(token for _, tokens in typed for token in tokens))
    bit = {token: 1 << place for place, token in enumerate(distinct)}
    masks = [(surface, bit[tokens[0]], sum(bit[token] for token in tokens[1:])) for surface, tokens in typed]
    held = view.held(distinct, [key for key, _ in best])
    covered = {mask: _covered(mask, masks) for mask in {mask for _, mask in held.values()}}
    top = max(score for _, score in best) or 1.0
    hits = [Hit(held[key][0], score / top, score, covered[held[key][1]]) for key, score in best]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.id)))


def _covered(held: int, masks: Sequence[tuple[str, int, int]]) -> tuple[str, ...]:
    """The words that an entry holds: as a whole, or all of their parts."""
    return tuple([typed for typed, whole, parts in masks if held & whole or (parts and held & parts == parts)])


def _rarest(entries: int) -> float:
    return math.log(1 + (entries + 0.5) / 0.5)


def _weight(view: View, word: str) -> float:
    """BM25's inverse document frequency of the rarest part of the word, which may be a token already."""
    tokens = words(word)
    if not tokens:
        return 0.0
    held = max(view.frequency(word), min(view.frequency(token) for token in tokens))
    return math.log(1 + (view.entries - held + 0.5) / (held + 0.5))

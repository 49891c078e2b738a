"""One small tantivy index: entries in, scores by key out. Knows nothing of the catalog's levels."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import cast

import tantivy

from catalog.index_entries import SCHEMA, TOKENIZER, mark_of, naming_marks
from catalog.index_question import Passage

WRITER_BYTES = 128_000_000  # the more, the fewer segments there are to merge and to search
SMALL_WRITER_BYTES = 15_000_000  # the least that tantivy takes: to open and commit it takes the least time
WORDS_PER_MASK = 24  # a 32-bit float counts exactly to 2^24
KEYS_AT_ONCE = 1000
NAMES_KEPT = 20_000
WORDS_KEPT = 50_000
PASSAGES_KEPT = 256  # agents ask the same of tools and categories again and again

Within = Mapping[str, Sequence[int]]
"""Field of the index to the keys that it may have; an empty list allows all."""


Name = tuple[float, tuple[str, ...]]
"""The words of a name, and before them what they weigh together."""


@dataclass(frozen=True)
class Hits:
    """What a search found, best first: parallel lists."""

    keys: Sequence[int] = ()
    scores: Sequence[float] = ()
    addresses: Sequence[tantivy.DocAddress] = ()


class Shelf:
    """An open index folder. Readers see what `reload` found last."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(SCHEMA, path=str(folder))
        whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(TOKENIZER, whitespace)
        # Reloading is ours: the watcher's own thread would do it half a second late, at another time per index.
        self._index.config_reader("manual")

    def view(self) -> View:
        """The entries as they stand in the last commit of any process."""
        self._index.reload()
        return View(self._index.searcher())

    def writer(self, *, small: bool) -> tantivy.IndexWriter:
        """`small`: for a change and not for a catalog. Raises ValueError while another writer is at work."""
        return self._index.writer(SMALL_WRITER_BYTES if small else WRITER_BYTES, 1)


@dataclass(frozen=True)
class View:
    """One state of a shelf; searches never see another."""

    searcher: tantivy.Searcher
    _known: dict[Hashable, dict[int, float]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _frequencies: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _names: dict[int, tuple[Name, Name]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Of an entry its own, and its tool's."""
    _tools: dict[int, Name] = field(default_factory=dict, init=False, repr=False, compare=False)
    """So that the entries of a tool share its name."""
    _ids: dict[int, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those of the entries whose names were read."""

    def search(self, passage: Passage, limit: int, within: Within) -> Hits:
        """BM25 over `words`, each by its weight."""
        words = [(tantivy.Occur.Should, self._word(word, weight)) for word, weight in passage]
        return self._hits(self._restricted(tantivy.Query.boolean_query(words), within), limit)

    def scores(self, passage: Passage, limit: int, within: Within) -> dict[int, float]:
        """What `search` finds, by key; remembered for the next who asks."""
        asked = (passage, limit, *((name, *keys) for name, keys in within.items() if keys))
        known = self._known.get(asked)
        if known is None:
            hits = self.search(passage, limit, within)
            if len(self._known) >= PASSAGES_KEPT:
                self._known.clear()
            known = self._known[asked] = dict(zip(hits.keys, hits.scores, strict=True))
        return known

    def exact(self, texts: Sequence[str], limit: int, within: Within) -> Hits:
        """The entries that one of `texts` names whole; an earlier text counts more."""
        marks = [(mark, place) for place, text in enumerate(texts) for mark in naming_marks(text)]
        weighed = [tantivy.Query.const_score_query(self._marked(mark), 1.0 / (1 + place)) for mark, place in marks]
        query = tantivy.Query.disjunction_max_query(weighed)
        return self._hits(self._restricted(query, within), limit)

    def count(self, words: Sequence[str], texts: Sequence[str], within: Within) -> int:
        """How many entries hold one of the words, or are named whole by one of `texts`."""
        named = [self._marked(mark) for text in texts for mark in naming_marks(text)]
        terms = [(tantivy.Occur.Should, term) for term in [*map(self._term, words), *named]]
        query = self._restricted(tantivy.Query.boolean_query(terms), within)
        found = self.searcher.search(query, 1, count=True)
        return found.count or 0  # type: ignore[attr-defined]  # tantivy's own stubs leave it out

    def held(self, words: Sequence[str], keys: Sequence[int]) -> dict[int, tuple[str, int]]:
        """The ids or names behind keys, and which of `words` those entries hold: bit n stands for word n."""
        masked = self._masked(words[:WORDS_PER_MASK], keys)
        found = {key: (self._ids.get(key) or self._bytes("id", at), int(bits)) for key, bits, at in masked}
        for start in range(WORDS_PER_MASK, len(words), WORDS_PER_MASK):
            for key, bits, _ in self._masked(words[start : start + WORDS_PER_MASK], keys):
                name, known = found[key]
                found[key] = name, known | int(bits) << start
        return found

    def frequency(self, word: str) -> int:
        """How many entries hold the word."""
        known = self._frequencies.get(word)
        if known is None:
            known = self.searcher.doc_freq("words", word)
            # What no entry holds is not kept: there is no end of it.
            if known and len(self._frequencies) < WORDS_KEPT:
                self._frequencies[sys.intern(word)] = known
        return known

    def named_so(self, word: str) -> int:
        """How many entries have the word in one of their names."""
        return self.searcher.doc_freq("names", word)

    def nearly(self, word: str, slips: int, limit: int) -> Iterator[str]:
        """The names of entries that have a word so many letters away from this one. Their order means nothing."""
        query = tantivy.Query.fuzzy_term_query(SCHEMA, "names", word, slips, True)
        silent = tantivy.Query.const_score_query(query, 0.0)
        for _, address in self.searcher.search(silent, limit, count=False).hits:
            yield str(self.searcher.doc(address)["names"][0])

    def weight(self, word: str) -> float:
        """BM25's inverse document frequency of a word of the index."""
        held = self.frequency(word)
        return math.log(1 + (self.entries - held + 0.5) / (held + 0.5))

    def named(self, hits: Hits, tools: Sequence[int], places: Iterable[int], words: Iterable[str]) -> Iterator[float]:
        """How much of its own name and of its tool's, in [0, 2], `words` say of each hit at these places."""
        said = {word: self.weight(word) for word in words}
        keys, addresses, known = hits.keys, hits.addresses, self._names.get
        of_tools: dict[int, float] = {}
        for at in places:
            tool = tools[at]
            own, of_tool = known(keys[at]) or self._read_names(keys[at], tool, addresses[at])
            if tool not in of_tools:
                of_tools[tool] = _share(of_tool, said)
            yield of_tools[tool] + _share(own, said)

    def _read_names(self, key: int, tool: int, address: tantivy.DocAddress) -> tuple[Name, Name]:
        if len(self._names) >= NAMES_KEPT:
            for kept in (self._names, self._tools, self._ids):
                kept.clear()
        document = self.searcher.doc(address)
        self._ids[key] = bytes(document["id"][0]).decode()
        own, _, of_tool = str(document["names"][0]).partition("\n")
        names = self._names[key] = self._name(own), self._tools.get(tool) or self._name(of_tool)
        self._tools[tool] = names[1]
        return names

    def _name(self, line: str) -> Name:
        # The same words stand in many names: one copy of each is kept.
        words = tuple(map(sys.intern, dict.fromkeys(line.split())))
        return sum(map(self.weight, words)) or 1.0, words

    def texts(self, hits: Hits) -> Iterator[tuple[int, list[str]]]:
        """The words of each hit, by key. For short entries: they are read from where the index keeps them whole."""
        for key, address in zip(hits.keys, hits.addresses, strict=True):
            yield key, self._bytes("kept", address).split()

    @cached_property
    def entries(self) -> int:
        return self.searcher.num_docs

    def parents(self, name: str, keys: Sequence[int]) -> set[int]:
        """The keys in the field `name` of the entries behind `keys`."""
        found: set[int] = set()
        for start in range(0, len(keys), KEYS_AT_ONCE):
            batch = keys[start : start + KEYS_AT_ONCE]
            found.update(self.numbers(name, self._hits(self._among("key", batch), len(batch))))
        return found

    def numbers(self, name: str, hits: Hits) -> Sequence[int]:
        """What the field `name` of each hit says: `tool`, `category` (their keys) or `siblings`."""
        # Every document has all of them, so that none is missing.
        return cast("list[int]", self.searcher.fast_field_values(name, list(hits.addresses)))

    def _masked(self, words: Sequence[str], keys: Sequence[int]) -> Iterator[tuple[int, float, tantivy.DocAddress]]:
        # Word n adds 2^n to the score: one search says of all entries which words they hold.
        masks = [tantivy.Query.const_score_query(self._term(word), float(1 << n)) for n, word in enumerate(words)]
        parts = [(tantivy.Occur.Should, mask) for mask in masks]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, self._among("key", keys)), *parts])
        hits = self._hits(query, max(1, len(keys)))
        return zip(hits.keys, hits.scores, hits.addresses, strict=True)

    def _bytes(self, name: str, address: tantivy.DocAddress) -> str:
        return bytes(self.searcher.doc(address)[name][0]).decode()

    def _hits(self, query: tantivy.Query, limit: int) -> Hits:
        found = self.searcher.search(query, limit, count=False).hits
        if not found:
            return Hits()
        scores, addresses = zip(*found, strict=True)
        keys = cast("list[int]", self.searcher.fast_field_values("key", list(addresses)))
        return Hits(keys, scores, addresses)

    def _restricted(self, query: tantivy.Query, within: Within) -> tantivy.Query:
        sets = [(tantivy.Occur.Must, self._among(name, keys)) for name, keys in within.items() if keys]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *sets]) if sets else query

    def _among(self, name: str, keys: Sequence[int]) -> tantivy.Query:
        """Entries with one of these keys, adding nothing to their score."""
        terms = [self._marked(mark_of(name, key)) for key in keys]
        # Each silent by itself: a score is not even computed then.
        silent = [(tantivy.Occur.Should, tantivy.Query.const_score_query(term, 0.0)) for term in terms]
        return tantivy.Query.boolean_query(silent)

    def _marked(self, mark: int) -> tantivy.Query:
        return tantivy.Query.term_query(SCHEMA, "marks", mark)

    def _term(self, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(SCHEMA, "words", word, "freq")

    def _word(self, word: str, weight: float) -> tantivy.Query:
        return self._term(word) if weight == 1 else tantivy.Query.boost_query(self._term(word), weight)


def _share(name: Name, said: Mapping[str, float]) -> float:
    whole, words = name
    return sum(map(said.get, words, repeat(0.0))) / whole

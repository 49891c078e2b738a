"""One small tantivy index: entries in, scores by key out. Knows nothing of the catalog's levels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import tantivy

WRITER_BYTES = 48_000_000  # tantivy wants 15 MB at least; more makes fewer segments
TOKENIZER = "switchboard"
REMOVED_AT_ONCE = 1000
WORDS_PER_MASK = 20  # a 32-bit float counts exactly to 2^24


def key_of(name: str) -> int:
    """The number by which an index knows an id or name; 62 bits, so that two of a million names never share one."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()) >> 2


@dataclass(frozen=True)
class Leaf:
    """An entry as indexed."""

    id: str
    tool: str
    category: str
    words: Sequence[str]
    keep: bool = False
    """Whether `View.texts` can give the words back."""
    exact: Iterable[str] = ()
    """Whole texts that put the entry first when they are asked for."""


@dataclass(frozen=True)
class Hits:
    """What a search found, best first: parallel lists."""

    keys: Sequence[int] = ()
    scores: Sequence[float] = ()
    addresses: Sequence[tantivy.DocAddress] = ()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", tokenizer_name=TOKENIZER, index_option="freq")
    builder.add_text_field("kept", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    for name in ("key", "tool", "category"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.build()


class Shelf:
    """An open index folder. Readers see what `reload` found last."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.schema = _schema()
        self._index = tantivy.Index(self.schema, path=str(folder))
        whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(TOKENIZER, whitespace)
        # Reloading is ours: the watcher's own thread would do it half a second late, at another time per index.
        self._index.config_reader("manual")

    def view(self) -> View:
        """The entries as they stand in the last commit of any process."""
        self._index.reload()
        return View(self.schema, self._index.searcher())

    def writer(self) -> tantivy.IndexWriter:
        """Raises ValueError while another writer is at work."""
        return self._index.writer(WRITER_BYTES, 1)


def add(writer: tantivy.IndexWriter, leaf: Leaf) -> None:
    document = tantivy.Document()
    document.add_text("id", leaf.id)
    document.add_text("words", " ".join(leaf.words))
    if leaf.keep:
        document.add_text("kept", " ".join(leaf.words))
    for exact in leaf.exact:
        document.add_text("exact", exact)
    document.add_unsigned("key", key_of(leaf.id))
    document.add_unsigned("tool", key_of(leaf.tool))
    document.add_unsigned("category", key_of(leaf.category))
    writer.add_document(document)


def remove(writer: tantivy.IndexWriter, shelf: Shelf, tools: Sequence[int]) -> None:
    """Remove all entries of these tools."""
    # Not by term: tantivy-py 0.27 takes a number for a signed one there, and then finds nothing.
    for start in range(0, len(tools), REMOVED_AT_ONCE):
        batch = list(tools[start : start + REMOVED_AT_ONCE])
        writer.delete_documents_by_query(tantivy.Query.term_set_query(shelf.schema, "tool", batch))


@dataclass(frozen=True)
class View:
    """One state of a shelf; searches never see another."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher

    def search(self, words: Sequence[str], limit: int, within: Mapping[str, Sequence[int]]) -> Hits:
        """BM25 over `words`, a repeated word counting as often as it stands there."""
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, self._word(word, float(times))) for word, times in Counter(words).items()]
        )
        return self._hits(self._restricted(query, within), limit)

    def exact(self, texts: Sequence[str], limit: int, within: Mapping[str, Sequence[int]]) -> Hits:
        """The entries that one of `texts` names whole; an earlier text counts more."""
        terms = [tantivy.Query.term_query(self.schema, "exact", text, "basic") for text in texts]
        weighed = [tantivy.Query.const_score_query(term, 1.0 / (1 + place)) for place, term in enumerate(terms)]
        query = tantivy.Query.disjunction_max_query(weighed)
        return self._hits(self._restricted(query, within), limit)

    def matched(self, words: Sequence[str], keys: Sequence[int]) -> dict[int, set[str]]:
        """Which of `words` the entries `keys` hold."""
        found: dict[int, set[str]] = {key: set() for key in keys}
        for start in range(0, len(words), WORDS_PER_MASK):
            batch = words[start : start + WORDS_PER_MASK]
            for key, score in self._masks(batch, keys):
                found[key].update(word for bit, word in enumerate(batch) if int(score) >> bit & 1)
        return found

    def _masks(self, words: Sequence[str], keys: Sequence[int]) -> Iterable[tuple[int, float]]:
        # Word n adds 2^n to the score: one search says of all entries which words they hold.
        parts = [tantivy.Query.const_score_query(self._term(word), float(1 << n)) for n, word in enumerate(words)]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        hits = self._hits(self._restricted(query, {"key": keys}), max(1, len(keys)))
        return zip(hits.keys, hits.scores, strict=True)

    def frequency(self, word: str) -> int:
        """How many entries hold the word."""
        return self.searcher.doc_freq("words", word)

    def ids(self, keys: Sequence[int]) -> dict[int, str]:
        """The ids or names behind keys."""
        every = tantivy.Query.term_set_query(self.schema, "key", list(keys))
        hits = self._hits(every, max(1, len(keys)))
        found = zip(hits.keys, hits.addresses, strict=True)
        return {key: str(self.searcher.doc(address)["id"][0]) for key, address in found}

    def texts(self, hits: Hits) -> Iterator[tuple[int, list[str]]]:
        """The words of each hit, by key. For short entries: they are read from where the index keeps them whole."""
        for key, address in zip(hits.keys, hits.addresses, strict=True):
            yield key, str(self.searcher.doc(address)["kept"][0]).split()

    @property
    def entries(self) -> int:
        return self.searcher.num_docs

    def numbers(self, field: str, hits: Hits) -> Sequence[int]:
        """The keys in another field of each hit: `tool` or `category`."""
        # Every document has all of them, so that none is missing.
        return cast("list[int]", self.searcher.fast_field_values(field, list(hits.addresses)))

    def _hits(self, query: tantivy.Query, limit: int) -> Hits:
        found = self.searcher.search(query, limit, count=False).hits
        if not found:
            return Hits()
        scores, addresses = zip(*found, strict=True)
        keys = cast("list[int]", self.searcher.fast_field_values("key", list(addresses)))
        return Hits(keys, scores, addresses)

    def _restricted(self, query: tantivy.Query, within: Mapping[str, Sequence[int]]) -> tantivy.Query:
        sets = [tantivy.Query.term_set_query(self.schema, field, list(keys)) for field, keys in within.items() if keys]
        if not sets:
            return query
        silent = [(tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)) for chosen in sets]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *silent])

    def _term(self, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, "words", word, "freq")

    def _word(self, word: str, times: float) -> tantivy.Query:
        return self._term(word) if times == 1 else tantivy.Query.boost_query(self._term(word), times)

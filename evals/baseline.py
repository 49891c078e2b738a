"""Plain BM25 over the same text: what a catalog is searched with where nobody has thought about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tantivy

from catalog.models import Api, Tool

TOKENIZER = "en_stem"  # tantivy's: cut at spaces and marks, folded, English stems
_WORDS = re.compile(r"\w+")


class Bm25:
    """APIs as one text each, in memory. BM25 with tantivy's k1 of 1.2 and b of 0.75."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("category", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("text", tokenizer_name=TOKENIZER)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        writer = self._index.writer(num_threads=1)
        for tool in tools:
            for api in tool.apis:
                writer.add_document(
                    tantivy.Document(id=api.id, category=api.category, text=" ".join(_texts(api, tool)))
                )
        writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, k: int, category: str = "") -> list[str]:
        """Ids of APIs, best first; all of the one category, where one is named."""
        words = " ".join(_WORDS.findall(query)).lower()  # capitals would be operators: AND, OR, NOT
        if not words:
            return []
        wanted = self._index.parse_query(words, ["text"])
        if category:  # without a weight of its own, so that it keeps out and does nothing else
            there = tantivy.Query.const_score_query(tantivy.Query.term_query(self._schema, "category", category), 0.0)
            wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, there), (tantivy.Occur.Must, wanted)])
        hits = self._searcher.search(wanted, limit=k).hits
        return [self._searcher.doc(address)["id"][0] for _, address in hits]


def _texts(api: Api, tool: Tool) -> Iterator[str]:
    """The texts that the catalog's own index reads, each once."""
    yield from (api.category, api.tool_name, tool.description, api.name, api.title, api.description)
    for parameter in api.parameters:
        yield from (parameter.name, parameter.title, parameter.description)
    yield from api.examples

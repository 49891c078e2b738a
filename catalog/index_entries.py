"""What is written of an entry: the fields of the index, and the numbers by which entries are found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import tantivy

TOKENIZER = "switchboard"


def key_of(name: str) -> int:
    """The number by which an index knows an id or name; 60 bits, so that two of a million names never share one."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()) >> 4


MARKS: Mapping[str, int] = {"key": 1, "tool": 2, "category": 3}
"""What tells apart by which of its numbers an entry is found: all stand in one field, or each commit, however small,
would write a dictionary for each."""


def mark_of(name: str, key: int) -> int:
    """The number by which entries are found that have this key in the field `name`."""
    return key << 2 | MARKS[name]


def exact_mark(form: str) -> int:
    """The number by which entries are found that are named so.

    These are most of what an index holds: with its two last bits, six whole bytes take an eighth less than 50 bits.
    """
    return key_of(form) >> 14 << 2


def naming_marks(form: str) -> Iterator[int]:
    """The numbers of entries that this form of a text names. As typed it may be an id, which is no form of its own."""
    yield exact_mark(form)
    if form.startswith("="):
        yield mark_of("key", key_of(form[1:]))


@dataclass(frozen=True)
class Leaf:
    """An entry as indexed."""

    id: str
    tool: str
    category: str
    words: Sequence[str]
    """One by one, or several in a string."""
    keep: bool = False
    """Whether `View.texts` can give the words back."""
    exact: Iterable[str] = ()
    """Whole texts that put the entry first when they are asked for."""
    siblings: int = 0
    """How many APIs its tool has."""
    names: Sequence[Sequence[str]] = ()
    """The words of the names that a question may speak of as a whole: the entry's own, and its tool's."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Bytes, as text is always searchable: the ids of all entries would be a third of what the index holds.
    builder.add_bytes_field("id", stored=True)
    builder.add_bytes_field("kept", stored=True)
    builder.add_text_field("words", tokenizer_name=TOKENIZER, index_option="freq")
    builder.add_text_field("names", stored=True, tokenizer_name=TOKENIZER, index_option="basic")
    # Signed, as tantivy-py takes a number in a term query: unsigned ones are found only through sets, 5 times slower.
    builder.add_integer_field("marks", indexed=True)
    for name in (*MARKS, "siblings"):
        builder.add_integer_field(name, fast=True)
    return builder.build()


SCHEMA = _schema()


def add(writer: tantivy.IndexWriter, leaf: Leaf) -> None:
    document = tantivy.Document()
    document.add_bytes("id", leaf.id.encode())
    document.add_text("words", " ".join(leaf.words))
    if leaf.keep:
        document.add_bytes("kept", " ".join(leaf.words).encode())
    document.add_text("names", "\n".join(" ".join(name) for name in leaf.names))
    for exact in leaf.exact:
        document.add_integer("marks", exact_mark(exact))
    for name, key in (("key", key_of(leaf.id)), ("tool", key_of(leaf.tool)), ("category", key_of(leaf.category))):
        document.add_integer(name, key)
        document.add_integer("marks", mark_of(name, key))
    document.add_integer("siblings", leaf.siblings)
    writer.add_document(document)


def remove(writer: tantivy.IndexWriter, name: str, keys: Iterable[int]) -> None:
    """Remove all entries that have one of these keys in the field `name`: `key`, `tool` or `category`."""
    for key in keys:
        writer.delete_documents_by_query(tantivy.Query.term_query(SCHEMA, "marks", mark_of(name, key)))

"""Questions with the APIs that answer them, as a file of JSON lines has them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import UnreadableDocument


@dataclass(frozen=True)
class Question:
    """A question, and the APIs that answer it: by id, or by a name that the catalog is asked for."""

    query: str
    gold: frozenset[str]
    set: str = ""
    id: str = ""
    group: str = ""
    """The category that alone is searched; empty: all of the catalog."""


class NoGold(Exception):
    """A question that nothing answers."""


def read_questions(path: Path) -> list[Question]:
    """Questions of a JSON-lines file, gzip too. Raises UnreadableDocument."""
    try:
        read = gzip.open if path.suffix == ".gz" else open
        with read(path, "rt", encoding="utf-8") as lines:
            questions = list(_questions(lines))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableDocument(str(path), f"it cannot be read ({error})") from error
    if not questions:
        raise UnreadableDocument(str(path), "it holds no question")
    return questions


def _questions(lines: Iterator[str]) -> Iterator[Question]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _question(json.loads(line))
            except NoGold as error:
                raise UnreadableDocument(f"line {number}", str(error)) from error
            except (ValueError, KeyError, TypeError) as error:
                wanted = '{"query": "...", "gold": ["api id", ...] or [{"id": "api id"}, ...], "set": "..."}'
                raise UnreadableDocument(f"line {number}", f"it is no question of the form {wanted}") from error


def _question(record: Mapping[str, object]) -> Question:
    query, gold = record["query"], record["gold"]
    if not isinstance(query, str) or not isinstance(gold, list):
        raise ValueError("a question and its gold APIs are needed")
    if not gold:
        raise NoGold("its `gold` is empty, and there is nothing to find: `eval relevance` measures such questions")
    ids = frozenset(str(entry["id"] if isinstance(entry, dict) else entry) for entry in gold)
    words = (str(record.get(name, "")) for name in ("set", "query_id", "group"))
    return Question(query, ids, *words)

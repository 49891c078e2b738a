"""How well the index finds what a question needs: recall, all gold found, and the order of the first hits."""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import UnreadableDocument
from catalog.importing import import_file
from catalog.index import TantivyIndex
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogIndex

DEPTH = 64
"""The pool's size in the service."""
FIRST = 10
ORDERED = 5
EVERY = 100  # questions between two lines of progress
Say = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """A question, and the ids of the APIs that answer it."""

    query: str
    gold: frozenset[str]
    set: str = ""
    id: str = ""


@dataclass(frozen=True)
class Ranking:
    """What was found for a question, best first."""

    question: Question
    found: Sequence[str]


@dataclass(frozen=True)
class Figures:
    """Means over the questions of a set."""

    set: str
    queries: int
    recall_10: float
    recall_64: float
    all_64: float
    """Share of the questions of which every gold API is among the first 64."""
    ndcg_5: float


@dataclass(frozen=True)
class Retrieval:
    """The figures of each set and of all questions, and what they were measured on."""

    catalog: str
    apis: int
    unknown: int
    """Gold APIs that the catalog does not have; they count as not found."""
    median_ms: float
    """Processor time of a search."""
    sets: tuple[Figures, ...]
    overall: Figures


def recall(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Share of the gold among the first `k`."""
    return len(set(found[:k]) & set(gold)) / len(gold)


def ndcg(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Discounted gain of the first `k` against that of the best order."""
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found[:k]) if name in gold)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(k, len(gold))))


def figures(name: str, rankings: Sequence[Ranking]) -> Figures:
    """Means over rankings, of which there is at least one."""

    def mean(measure: Callable[[Sequence[str], Collection[str]], float]) -> float:
        return sum(measure(ranking.found, ranking.question.gold) for ranking in rankings) / len(rankings)

    return Figures(
        set=name,
        queries=len(rankings),
        recall_10=mean(lambda found, gold: recall(found, gold, FIRST)),
        recall_64=mean(lambda found, gold: recall(found, gold, DEPTH)),
        all_64=mean(lambda found, gold: float(set(gold) <= set(found[:DEPTH]))),
        ndcg_5=mean(lambda found, gold: ndcg(found, gold, ORDERED)),
    )


def by_set(rankings: Sequence[Ranking]) -> tuple[Figures, ...]:
    """The figures of each set, in the order of their names."""
    names = sorted({ranking.question.set for ranking in rankings})
    return tuple(figures(name, [r for r in rankings if r.question.set == name]) for name in names)


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
            except (ValueError, KeyError, TypeError) as error:
                wanted = '{"query": "...", "gold": ["api id", ...] or [{"id": "api id"}, ...], "set": "..."}'
                raise UnreadableDocument(f"line {number}", f"it is no question of the form {wanted}") from error


def _question(record: Mapping[str, object]) -> Question:
    query, gold = record["query"], record["gold"]
    if not isinstance(query, str) or not isinstance(gold, list) or not gold:
        raise ValueError("a question and at least one gold API are needed")
    ids = frozenset(str(entry["id"] if isinstance(entry, dict) else entry) for entry in gold)
    return Question(query, ids, str(record.get("set", "")), str(record.get("query_id", "")))


async def rank(index: CatalogIndex, questions: Sequence[Question], say: Say) -> tuple[list[Ranking], float]:
    """A search for each question, and the median of their processor time in milliseconds."""
    rankings, spent = [], []
    for number, question in enumerate(questions, 1):
        begun = time.process_time()
        found = await index.search(question.query, k=DEPTH)
        spent.append(time.process_time() - begun)
        rankings.append(Ranking(question, [hit.id for hit in found.hits]))
        if number % EVERY == 0:
            say(f"{number} of {len(questions)} questions")
    return rankings, sorted(spent)[len(spent) // 2] * 1000


async def measure(folder: Path, *, catalog: Path, queries: Path, say: Say) -> Retrieval:
    """Import the catalog into `folder` and ask every question of it. Raises CatalogError."""
    questions = read_questions(queries)
    store = SqliteCatalog.open(folder / "catalog.db")
    try:
        say(f"Importing {catalog.name}")
        await import_file(store, catalog)
        index = TantivyIndex.open(folder / "index", store)
        await index.sync()
        gold = {api_id for question in questions for api_id in question.gold}
        known = await store.get(sorted(gold))
        rankings, median = await rank(index, questions, say)
        apis = (await store.stats()).apis
    finally:
        await store.close()
    return Retrieval(
        catalog=catalog.name,
        apis=apis,
        unknown=len(gold) - len(known),
        median_ms=median,
        sets=by_set(rankings),
        overall=figures("all", rankings),
    )

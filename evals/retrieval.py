"""How well the index finds what questions need: by the field's measures, on every level, beside plain BM25."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from catalog.models import Api
from catalog.store import CatalogIndex, Found, Level
from evals.baseline import Bm25
from evals.catalogs import Opened
from evals.metrics import scores
from evals.naming import resolved
from evals.progress import followed
from evals.questions import Question
from evals.report import Item, Report, report_of

POOL = 64
"""The pool's size in the service."""
DEPTHS: Mapping[Level, Sequence[int]] = {"api": (1, 3, 5, 10, 20, POOL), "tool": (1, 5, 20), "category": (1, 5)}
BASELINE = "BM25 "
SHOWN = ("recall@10", "recall@64", "COMP@64", "NDCG@5", "tool recall@20", "category recall@5")
SHOWN_BESIDE = ("recall@5", "BM25 recall@5", "recall@10", "BM25 recall@10", "COMP@64", "BM25 COMP@64")
TOLD = 5  # of what came instead


@dataclass
class Retrieval:
    """A catalog that is asked question by question."""

    index: CatalogIndex
    apis: Mapping[str, Api]
    """The gold APIs that the catalog has."""
    baseline: Bm25 | None = None
    spent: list[float] = field(default_factory=list)
    """Processor seconds of each search for APIs."""

    async def item(self, question: Question) -> Item:
        """A search on each level. A gold API that the catalog does not have counts as not found."""
        begun = time.process_time()
        found = await self.index.search(question.query, k=POOL, categories=_within(question))
        self.spent.append(time.process_time() - begun)
        scored = dict(scores(_ids(found), question.gold, DEPTHS["api"]))
        for level in ("tool", "category"):
            scored |= await self._above(question, level)
        if self.baseline:
            listed = self.baseline.search(question.query, POOL, question.group)
            scored |= scores(listed, question.gold, DEPTHS["api"], BASELINE)
        wrong = not question.gold <= set(_ids(found)[:10])
        return Item(
            id=question.id,
            set=question.set,
            query=question.query,
            scores={measure: round(score, 4) for measure, score in scored.items()},
            expected=tuple(sorted(question.gold)) if wrong else (),
            found=tuple(_ids(found)[:TOLD]) if wrong else (),
            why=self._why(question, found) if wrong else "",
        )

    async def _above(self, question: Question, level: Level) -> Mapping[str, float]:
        """On the levels that lead to the APIs."""
        known = [self.apis[api_id] for api_id in question.gold if api_id in self.apis]
        gold = {api.tool_id if level == "tool" else api.category for api in known}
        if not gold:
            return {}
        found = await self.index.search(question.query, k=max(DEPTHS[level]), level=level, categories=_within(question))
        return scores(_ids(found), gold, DEPTHS[level], f"{level} ")

    def _why(self, question: Question, found: Found) -> str:
        """The words of the question that the first hit has, and the gold APIs that are missed have."""
        told = [f"{found.hits[0].id} has: {_list(found.hits[0].matched)}"] if found.hits else ["nothing was found"]
        places = {hit.id: place for place, hit in enumerate(found.hits, 1)}
        for api_id in sorted(question.gold):
            if places.get(api_id, POOL) > 10:
                told.append(f"{api_id} {self._missed(question.query, api_id, places, found)}")
        return "; ".join(told)

    def _missed(self, query: str, api_id: str, places: Mapping[str, int], found: Found) -> str:
        if place := places.get(api_id):
            return f"came {place}th and has: {_list(found.hits[place - 1].matched)}"
        api = self.apis.get(api_id)
        if api is None:
            return "is not in the catalog"
        held = set(self.index.words(f"{api.category} {api.tool_name} {api.name} {api.title} {api.description}"))
        shared = [word for word in dict.fromkeys(query.split()) if held.intersection(self.index.words(word))]
        return f"came after the {POOL}th and has: {_list(shared)}"


def _within(question: Question) -> Sequence[str]:
    return (question.group,) if question.group else ()


def _ids(found: Found) -> list[str]:
    return [hit.id for hit in found.hits]


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) or "none of the words"


async def measure(opened: Opened, questions: Sequence[Question], *, baseline: bool = False) -> Report:
    """Every question asked of the catalog, one after the other."""
    questions = await resolved(questions, opened)
    gold = {api_id for question in questions for api_id in question.gold}
    apis = await opened.store.get(sorted(gold))
    retrieval = Retrieval(opened.index, apis, Bm25(opened.tools()) if baseline else None)
    items = [await retrieval.item(question) for question in followed(questions, "questions")]
    about: dict[str, JsonValue] = {
        **await opened.about(),
        "gold not in the catalog": len(gold) - len(apis),
        "median ms of a search": round(sorted(retrieval.spent)[len(items) // 2] * 1000, 2),
    }
    return report_of("retrieval", items, about=about, shown=SHOWN_BESIDE if baseline else SHOWN)

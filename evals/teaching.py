"""What answered questions teach the search: learns from a part of them, and asks those it was not taught."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog.asked_before import counted_in, recall, telling
from catalog.lessons import Lesson, Lessons
from catalog.models import Api
from evals.catalogs import Opened
from evals.metrics import scores
from evals.naming import resolved
from evals.progress import followed
from evals.questions import Question
from evals.report import Item, Report, report_of
from evals.retrieval import DEPTHS, POOL
from graph.sqlite_lessons import SqliteLessons

PARTS = 5
SEED = 0  # the same parts of the same questions
TENANT = "eval"
TAUGHT, SEEN, NEW = "taught ", "tools asked for before", "new tools"
SHOWN = tuple(f"{label}{measure}" for measure in ("recall@10", "COMP@64", "NDCG@5") for label in ("", TAUGHT))


@dataclass(frozen=True)
class Class:
    """A catalog, and what it was taught."""

    opened: Opened
    lessons: Lessons
    tools: frozenset[str]
    """Of the questions that taught."""

    async def item(self, question: Question) -> Item:
        """A search without and one with what was learned."""
        categories = (question.group,) if question.group else ()
        found = await self.opened.index.search(question.query, k=POOL, categories=categories)
        recalled = await recall(question.query, TENANT, self.opened.index, self.lessons)
        opened = self.opened
        counted, _ = await counted_in(
            question.query, found.hits, recalled, categories=categories, index=opened.index, catalog=opened.store
        )
        apis = await opened.store.get(sorted(question.gold))
        before, after = [hit.id for hit in found.hits], [hit.id for hit in counted][:POOL]
        figures = {
            **scores(before, question.gold, DEPTHS["api"]),
            **scores(after, question.gold, DEPTHS["api"], TAUGHT),
        }
        wrong = not question.gold <= set(after[:10])
        return Item(
            id=question.id,
            set=SEEN if self.tools & {apis[a].tool_id for a in question.gold if a in apis} else NEW,
            query=question.query,
            scores={measure: round(score, 4) for measure, score in figures.items()},
            expected=tuple(sorted(question.gold)) if wrong else (),
            found=tuple(after[:5]) if wrong else (),
        )


async def measure_taught(opened: Opened, questions: Sequence[Question], folder: Path) -> Report:
    """Each fifth of the questions, once the other four have taught what their right APIs are."""
    questions = await resolved(questions, opened)
    order = random.Random(SEED).sample(range(len(questions)), len(questions))  # noqa: S311 - statistics
    gold = await opened.store.get(sorted({api_id for question in questions for api_id in question.gold}))
    items: list[Item] = []
    for part in range(min(PARTS, len(questions))):
        asked = [questions[number] for number in order[part::PARTS]]
        others = [questions[number] for place, number in enumerate(order) if place % PARTS != part]
        lessons = SqliteLessons.open(folder / f"lessons-{part}.db", most=len(questions))
        try:
            taught = await _taught(opened, lessons, others, gold)
            items += [await taught.item(question) for question in followed(asked, f"questions of part {part + 1}")]
        finally:
            await lessons.close()
    return report_of("taught", items, about=await opened.about(), shown=SHOWN)


async def _taught(opened: Opened, lessons: Lessons, questions: Sequence[Question], gold: dict[str, Api]) -> Class:
    for number, question in enumerate(questions):
        words = tuple(telling(question.query, opened.index))
        lesson = Lesson(str(number), question.query, words, tuple(sorted(question.gold)), datetime.now(UTC))
        await lessons.learn(TENANT, lesson)
    tools = {gold[api_id].tool_id for question in questions for api_id in question.gold if api_id in gold}
    return Class(opened, lessons, frozenset(tools))

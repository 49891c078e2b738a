"""The reasoner that needs no model: the same question over the same catalog gives the same decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from catalog.models import Api
from catalog.store import CatalogIndex
from reasoners.offline.answer import answer
from reasoners.offline.choose import choose_by_words
from reasoners.offline.fill import fill
from reasoners.offline.judge import judge
from reasoners.offline.learned import learned
from reasoners.offline.likely import learned as refusing_learned
from reasoners.offline.plan import make_plan
from reasoners.protocol import (
    NOTHING_MORE,
    Answer,
    Candidate,
    ChoiceLevel,
    Chosen,
    JudgeQuestion,
    More,
    Option,
    Plan,
    Result,
    Step,
    Value,
    Verdict,
)


@dataclass(frozen=True)
class OfflineReasoner:
    """Keeps `Reasoner`. All of it is pure computation of milliseconds, so nothing is awaited.

    `avoid` is for people and models to read; what must not be tried again is not offered again. It looks no further
    than what it is shown: other words than those of the question it does not know.
    """

    index: CatalogIndex
    today: Callable[[], date] = field(default=date.today, repr=False)
    """What "tomorrow" counts from; this machine's date."""

    def __post_init__(self) -> None:
        learned()  # reads a file: not when the first question is filled, on the event loop
        refusing_learned()  # nor when the first is refused

    async def choose(
        self,
        query: str,
        options: Sequence[Option],
        *,
        level: ChoiceLevel,
        limit: int,
        avoid: str = "",
        more: More = NOTHING_MORE,
        found: Sequence[str] = (),
    ) -> Chosen:
        return choose_by_words(query, options, self.index, level=level, limit=limit)

    async def plan(self, query: str, pool: Sequence[Candidate], *, avoid: str = "", may_look: bool = False) -> Plan:
        return make_plan(query, pool, self.index)

    async def fill(
        self, query: str, step: Step, api: Api, *, wanted: Sequence[str], earlier: Sequence[Result]
    ) -> Mapping[str, Value]:
        return fill(query, step, api, wanted=wanted, earlier=earlier, today=self.today())

    async def answer(
        self, query: str, results: Sequence[Result], *, wrong: Sequence[str] = (), former: str = ""
    ) -> Answer:
        return answer(query, results, words=self.index.words)

    async def judge(
        self,
        question: JudgeQuestion,
        query: str,
        *,
        answer: str = "",
        results: Sequence[Result] = (),
        pool: Sequence[Candidate] = (),
    ) -> Verdict:
        return judge(question, query, answer=answer, results=results, pool=pool, words=self.index.words)

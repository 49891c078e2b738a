"""The `Reasoner` that asks a chat model: each verb is one task, asked and checked in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from catalog.models import Api
from reasoners.chat.answering import Refused, answering
from reasoners.chat.asking import Asker
from reasoners.chat.choosing import choosing
from reasoners.chat.driver import Driver
from reasoners.chat.filling import filling
from reasoners.chat.judging import judging
from reasoners.chat.planning import planning
from reasoners.chat.prompts import Prompt, bundled_prompts
from reasoners.meter import Meter, Unmetered
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

if TYPE_CHECKING:
    from reasoners.chat.endpoint import Endpoint  # imports the heavy client


@dataclass(frozen=True)
class ChatReasoner:
    """Holds nothing of a run but its meter; `dataclasses.replace(reasoner, meter=...)` gives it another."""

    endpoint: Endpoint
    driver: Driver
    prompts: Mapping[str, Prompt] = field(default_factory=bundled_prompts, repr=False)
    meter: Meter = field(default_factory=Unmetered)
    today: Callable[[], date] = field(default=date.today, repr=False)
    """What "tomorrow" counts from; this machine's date."""

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
        if not options or limit < 1:
            return Chosen((), "Nothing was offered.")
        task = choosing(self.prompts, query, options, level=level, limit=limit, avoid=avoid, more=more, found=found)
        return await self._asker.ask(task)

    async def plan(self, query: str, pool: Sequence[Candidate], *, avoid: str = "", may_look: bool = False) -> Plan:
        if not pool:
            return Plan((), "Nothing was found.", enough=False)
        task = planning(self.prompts, query, pool, avoid=avoid, may_look=may_look, today=self.today())
        return await self._asker.ask(task)

    async def fill(
        self, query: str, step: Step, api: Api, *, wanted: Sequence[str], earlier: Sequence[Result]
    ) -> Mapping[str, Value]:
        parameters = [p for p in api.parameters if p.name in set(wanted)]
        if not parameters:
            return {}
        task = filling(self.prompts, query, step, api, wanted=parameters, earlier=earlier, today=self.today())
        return await self._asker.ask(task)

    async def answer(
        self, query: str, results: Sequence[Result], *, wrong: Sequence[str] = (), former: str = ""
    ) -> Answer:
        refused = Refused(tuple(wrong), former)
        return await self._asker.ask(answering(self.prompts, query, results, refused=refused, today=self.today()))

    async def judge(
        self,
        question: JudgeQuestion,
        query: str,
        *,
        answer: str = "",
        results: Sequence[Result] = (),
        pool: Sequence[Candidate] = (),
    ) -> Verdict:
        task = judging(self.prompts, question, query, answer=answer, results=results, pool=pool, today=self.today())
        return await self._asker.ask(task)

    async def close(self) -> None:
        """Lets go of the connections, for every copy of this reasoner."""
        await self.endpoint.close()

    @property
    def mind(self) -> str:
        """Who decides, in words that are the same after a restart: the model, its address, the form of asking."""
        model = self.endpoint.model
        return f"{model.model_name} at {model.openai_api_base} by {self.driver!r}"

    @property
    def _asker(self) -> Asker:
        return Asker(self.endpoint, self.driver, self.meter)

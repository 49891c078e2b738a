"""Wraps a reasoner, so that what was chosen or planned for a question is not asked of a model again for a while."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Generic, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from catalog.models import Api
from reasoners.cache import AnswerCache
from reasoners.chat.choosing import PLURAL
from reasoners.chat.prompts import Prompt
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
    Reasoner,
    Result,
    Step,
    Value,
    Verdict,
)

T = TypeVar("T")

_CHOSEN: TypeAdapter[Chosen] = TypeAdapter(Chosen)
_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_SENTENCE_ENDS = " .?!。;:,"  # no other punctuation: "C#" is not "C"


@dataclass(frozen=True)
class Scope:
    """For whom, and under which circumstances, an answer is the answer."""

    tenant: str
    mind: str
    """Who decides: the model, its address, and the form in which it is asked."""
    prompts: Mapping[str, Prompt]
    catalog_version: Callable[[], Awaitable[str]]
    today: Callable[[], date]
    """What a plan's "tomorrow" counts from."""


_FIRST: frozenset[ChoiceLevel] = frozenset({"group", "category"})
"""Where nothing is chosen here, nothing is found at all."""


@dataclass(frozen=True)
class CachedReasoner:
    """Keeps `Reasoner`. Choices and plans are kept; what is filled in, answered and judged is always decided anew.

    A plan is not kept if any of its calls changes something; nor is the word that nothing fits at all, which a question
    asked again is meant to question.
    """

    inner: Reasoner
    cache: AnswerCache
    scope: Scope
    told: Callable[[str], None]
    """Hears of every answer from the cache: the label of the prompt that was not sent."""

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
        async def ask() -> Chosen:
            return await self.inner.choose(
                query, options, level=level, limit=limit, avoid=avoid, more=more, found=found
            )

        if not options or limit < 1:
            return await ask()
        ids = {option.id for option in options}
        offered: list[JsonValue] = [[o.id, o.title, o.text] for o in options]
        facts: list[JsonValue] = [level, normalised(query), offered, limit, avoid, asdict(more), list(found)]

        def may_stand(chosen: Chosen) -> bool:
            decided = bool(chosen.ids or chosen.look) or level not in _FIRST
            return decided and ids.issuperset(chosen.ids) and len(chosen.ids) <= limit

        form = _Form(_CHOSEN, may_stand)
        return await self._kept(f"choose_{PLURAL[level]}", facts, form, ask)

    async def plan(self, query: str, pool: Sequence[Candidate], *, avoid: str = "", may_look: bool = False) -> Plan:
        async def ask() -> Plan:
            return await self.inner.plan(query, pool, avoid=avoid, may_look=may_look)

        if not pool:
            return await ask()
        apis = {candidate.api.id: candidate.api for candidate in pool}
        offered = "\n".join(candidate.api.model_dump_json() for candidate in pool)
        # Verbatim: the steps quote the question.
        facts: list[JsonValue] = ["plan", query, digest(offered), avoid, may_look, self.scope.today().isoformat()]
        return await self._kept("plan", facts, _Form(_PLAN, lambda plan: changes_nothing(plan, apis)), ask)

    async def fill(
        self, query: str, step: Step, api: Api, *, wanted: Sequence[str], earlier: Sequence[Result]
    ) -> Mapping[str, Value]:
        return await self.inner.fill(query, step, api, wanted=wanted, earlier=earlier)

    async def answer(
        self, query: str, results: Sequence[Result], *, wrong: Sequence[str] = (), former: str = ""
    ) -> Answer:
        return await self.inner.answer(query, results, wrong=wrong, former=former)

    async def judge(
        self,
        question: JudgeQuestion,
        query: str,
        *,
        answer: str = "",
        results: Sequence[Result] = (),
        pool: Sequence[Candidate] = (),
    ) -> Verdict:
        return await self.inner.judge(question, query, answer=answer, results=results, pool=pool)

    async def _kept(
        self, prompt_name: str, facts: Sequence[JsonValue], form: _Form[T], ask: Callable[[], Awaitable[T]]
    ) -> T:
        """From the cache if it can be had there; else as it is decided now, and kept from now on."""
        prompt = self.scope.prompts[prompt_name].label
        key = digest(json.dumps([await self.scope.catalog_version(), self.scope.mind, prompt, *facts]))
        kept = await self.cache.get(self.scope.tenant, key)
        if kept is not None and (known := form.read(kept)) is not None:
            self.told(prompt)
            return known
        decided = await ask()
        if form.may_stand(decided):
            await self.cache.put(self.scope.tenant, key, form.write(decided))
        return decided


@dataclass(frozen=True)
class _Form(Generic[T]):
    """How an answer is written and read, and which may be kept at all."""

    adapter: TypeAdapter[T]
    may_stand: Callable[[T], bool]
    """Asked of what is read as well: a file can be changed by anyone who can write it."""

    def write(self, answer: T) -> str:
        return self.adapter.dump_json(answer).decode()

    def read(self, kept: str) -> T | None:
        """None for anything but an answer exactly as this program writes it."""
        try:
            answer = self.adapter.validate_json(kept, strict=True)
        except ValidationError:
            return None
        return answer if self.write(answer) == kept and self.may_stand(answer) else None


def normalised(question: str) -> str:
    """The question without what makes no difference to what is looked for: case, blanks, the mark at its end."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", question).casefold())
    return " ".join(folded.split()).rstrip(_SENTENCE_ENDS)


def changes_nothing(plan: Plan, apis: Mapping[str, Api]) -> bool:
    """Whether there are calls, and each that the plan may lead to is of an API that is known, and only reads."""
    called = {step.api_id for step in plan.steps}.union(*plan.alike.values())
    return bool(called) and all(api_id in apis and apis[api_id].risk != "mutating" for api_id in called)


def digest(text: str) -> str:
    # Lone surrogates may stand in what came as JSON; UTF-8 proper has no form for them.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

"""Runs calls whose right values are known through the service's own extraction, with any reasoner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from langchain_core.messages import AIMessage
from pydantic import JsonValue

from callers.audit import NoAudit
from callers.protocol import Caller
from catalog.errors import ModelUnavailable, SwitchboardError
from catalog.models import Api
from catalog.policy import Policy
from catalog.store import CatalogStore
from evals.function_calls import GoldCall, Item
from nodes.approval import Gate
from nodes.extract import extract_params, to_ask
from nodes.run import AgentMeter, Event, Limits, Run, Spent
from nodes.state import State
from nodes.step_state import OriginState, StepState
from nodes.steps import new_step
from reasoners.chat.driver import Arguments, Driver, Function, Unreadable
from reasoners.chat.forming import in_form
from reasoners.chat.reasoner import ChatReasoner
from reasoners.offline.reasoner import OfflineReasoner
from reasoners.protocol import Reasoner, Step

_CALLS_PER_FUNCTION = 20  # a limit against endless repairs, far above what extraction takes
UNGUARDED = Gate(Policy(), NoAudit(), lasts_seconds=1)
"""Nothing is sent, so nobody is asked."""
_NO_VALUES = ("", "null", "none")
LOST_IN_A_ROW = 20  # calls that fail one after the other before an endpoint counts as down


@dataclass(frozen=True)
class Taken:
    """A value as the service would send or show it."""

    value: JsonValue
    origin: OriginState


@dataclass(frozen=True)
class Extracted:
    """What became of one call."""

    item: Item
    call: GoldCall
    sent: Mapping[str, Taken] = field(default_factory=dict)
    shown: Mapping[str, Taken] = field(default_factory=dict)
    """To be confirmed by a person."""
    asked: tuple[str, ...] = ()
    """What a person is asked for without a proposal."""
    written: Mapping[str, JsonValue] = field(default_factory=dict)
    """What the model set, in the declared form where it has it."""
    ready: bool = False
    malformed: int = 0
    """Answers of the model that could not be read."""
    spent: Spent = field(default_factory=Spent)
    error: str = ""
    """Why there is nothing."""

    @property
    def dropped(self) -> Mapping[str, JsonValue]:
        """What the model set, and neither is sent nor shown."""
        kept = {*self.sent, *self.shown}
        return {name: value for name, value in self.written.items() if name not in kept}


class EndpointDown(ModelUnavailable):
    """So many calls failed one after the other that the rest would, too."""


@dataclass
class Watched:
    """The driver of a model, and what it read from the model's answers. Keeps `Driver`."""

    wrapped: Driver
    answers: list[Arguments] = field(default_factory=list)
    unreadable: int = 0

    def binding(self, function: Function) -> dict[str, Any]:
        return self.wrapped.binding(function)

    def instructions(self, function: Function) -> str:
        return self.wrapped.instructions(function)

    def received(self, reply: AIMessage) -> str:
        return self.wrapped.received(reply)

    def read(self, reply: AIMessage, function: Function) -> Arguments:
        try:
            self.answers.append(self.wrapped.read(reply, function))
        except Unreadable:
            self.unreadable += 1
            raise
        return self.answers[-1]


@dataclass(frozen=True)
class _OneApi:
    """The part of a catalog that extraction looks at."""

    api: Api

    async def get(self, api_ids: Sequence[str]) -> dict[str, Api]:
        return {self.api.id: self.api}


@dataclass(frozen=True)
class Extraction:
    """What extraction needs, whoever decides."""

    reasoner: Reasoner
    caller: Caller
    """Asked whether a credential is missing; nothing is sent."""
    deadline_seconds: float = 120.0

    async def of(self, item: Item, number: int) -> Extracted:
        """One call of an item. What fails is told, never raised."""
        call = item.calls[number]
        events: list[Event] = []
        limits = Limits(_CALLS_PER_FUNCTION, 10**9, None, self.deadline_seconds, 1)
        run = Run(item.id, item.id, "evals", limits, Spent(), events.append)
        reasoner, watched = self._watched(run, item.today)
        step = new_step(Step(str(number + 1), call.api.id, call.part))
        state: State = {"query": item.query, "steps": {step["id"]: step}, "options": {"approve": "never"}}
        # Only `get` is asked of the catalog here; an import of each function would take minutes.
        catalog = cast("CatalogStore", _OneApi(call.api))
        try:
            done = await extract_params(
                state,
                run=run,
                reasoner=reasoner,
                catalog=catalog,
                caller=self.caller,
                gate=UNGUARDED,
                has_model=watched is not None,
            )
        except (SwitchboardError, ValueError, LookupError, TypeError, RecursionError) as error:
            return Extracted(item, call, spent=run.spent, error=f"{type(error).__name__}: {error}")
        return _told(item, call, done, step["id"], watched, run.spent)

    def _watched(self, run: Run, today: date | None) -> tuple[Reasoner, Watched | None]:
        """Charged to the run, on the day of the question."""
        if isinstance(self.reasoner, ChatReasoner):
            watched = Watched(self.reasoner.driver)
            clock = (lambda: today) if today else self.reasoner.today
            meter = AgentMeter(run, "extract_params")
            return replace(self.reasoner, driver=watched, meter=meter, today=clock), watched
        if isinstance(self.reasoner, OfflineReasoner) and today:
            return replace(self.reasoner, today=lambda: today), None
        return self.reasoner, None


def _told(item: Item, call: GoldCall, done: State, step_id: str, watched: Watched | None, spent: Spent) -> Extracted:
    malformed = watched.unreadable if watched else 0
    if problem := done.get("error"):
        return Extracted(item, call, malformed=malformed, spent=spent, error=f"{problem['code']}: {problem['detail']}")
    if limit := done.get("stopped_by"):
        return Extracted(item, call, malformed=malformed, spent=spent, error=f"stopped by {limit}")
    step = done["steps"][step_id]
    shown = {name: Taken(v["value"], v["origin"]) for name, v in step["confirm"].items()}
    return Extracted(
        item,
        call,
        sent={name: Taken(v["value"], v["origin"]) for name, v in step["values"].items()},
        shown=shown,
        asked=_asked(call.api, step),
        written=_written(call.api, watched.answers[-1]) if watched and watched.answers else {},
        ready=step["status"] == "ready",
        malformed=malformed,
        spent=spent,
        error=f"{step['code']}: {step['error']}" if step["status"] == "failed" else "",
    )


def _asked(api: Api, step: StepState) -> tuple[str, ...]:
    return tuple(p.name for p in to_ask(api, step) if p.name not in step["confirm"])


def _written(api: Api, answer: Arguments) -> dict[str, JsonValue]:
    """By parameter; what a model writes instead of leaving an argument out is no value."""
    named = {name: api.parameter(name) for name in answer}
    formed = {name: in_form(answer[name], p) if p else None for name, p in named.items()}
    kept = {name: answer[name] if formed[name] is None else formed[name] for name, p in named.items() if p}
    return {name: value for name, value in kept.items() if not _is_nothing(value)}


def _is_nothing(value: JsonValue) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and value.casefold() in _NO_VALUES)


async def extract_all(
    extraction: Extraction, items: Iterable[Item], take: Callable[[Extracted], None], *, at_once: int
) -> None:
    """Every call of every item, `at_once` under way; each result is handed over as it comes. Raises EndpointDown."""
    waiting = iter([(item, number) for item in items for number in range(len(item.calls))])
    lost = 0

    async def work() -> None:
        nonlocal lost
        for item, number in waiting:
            result = await extraction.of(item, number)
            take(result)
            lost = lost + 1 if result.error.startswith("model_unavailable") else 0
            if lost >= LOST_IN_A_ROW:
                raise EndpointDown(f"{lost} calls failed one after the other, the last one with {result.error}")

    await _together([work() for _ in range(max(1, at_once))])


async def _together(works: Sequence[Awaitable[None]]) -> None:
    """All of them, or none once one fails."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

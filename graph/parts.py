"""What the nodes need, opened once and given out per agent: stores, callers, reasoners, and the run at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cachetools import LRUCache
from langchain_core.runnables import RunnableConfig

from callers.health import Health
from callers.limits import Upstreams
from callers.protocol import Caller, Ledger, Who
from catalog.lessons import Lessons
from catalog.store import CatalogIndex, CatalogStore
from graph.keys import Keys
from graph.settings import Settings
from nodes.approval import Gate
from nodes.run import AgentMeter, Limits, Run, SoftLimits, Spent
from nodes.state import Options
from reasoners.cache import AnswerCache
from reasoners.cached import CachedReasoner, Scope
from reasoners.chat.reasoner import ChatReasoner
from reasoners.protocol import Reasoner

STRICTNESS = ("never", "mutating", "always")
FOREIGN_RUNS = 256
ACTING = 256
PAUSED_AT = "human_loop"
RUN_KEY = "switchboard_run"


def stricter(wanted: str | None, operators: str) -> str:
    """A query may tighten what is approved, never loosen it."""
    return max(wanted or operators, operators, key=STRICTNESS.index)


def complete_options(options: Mapping[str, Any] | None, settings: Settings) -> Options:
    """Every option filled in: the query's word first, then the operator's setting."""
    given = {name: value for name, value in (options or {}).items() if value is not None}
    return {
        "categories": given.get("categories", []),
        "strategy": given.get("strategy", "auto"),
        "dry_run": given.get("dry_run", False),
        "approve": stricter(given.get("approve"), settings.approve),
        "max_llm_calls": given.get("max_llm_calls", settings.max_llm_calls),
        "max_tokens": given.get("max_tokens", settings.max_tokens),
        "max_cost_usd": given.get("max_cost_usd", settings.max_cost_usd),
        "deadline_seconds": given.get("deadline_seconds", settings.deadline_seconds),
        "max_rounds": given.get("max_rounds", settings.max_rounds),
    }


def complete_state(state: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    """As `graph.build.Needs.complete` promises it."""
    options = complete_options(state.get("options"), settings)
    return {**state, "query": state.get("query") or "", "options": options}


def limits_of(options: Options, settings: Settings) -> Limits:
    """A rehearsal asks nobody, so only the hard limits end it."""
    soft = SoftLimits(
        max_llm_calls=settings.soft_llm_calls,
        max_tokens=settings.soft_tokens,
        max_cost_usd=settings.soft_cost_usd,
        deadline_seconds=settings.soft_seconds,
    )
    return Limits(
        max_llm_calls=options["max_llm_calls"],
        max_tokens=options["max_tokens"],
        max_cost_usd=options["max_cost_usd"],
        deadline_seconds=options["deadline_seconds"],
        max_rounds=options["max_rounds"],
        pool_size=settings.pool_size,
        soft=SoftLimits() if options["dry_run"] else soft,
    )


@dataclass
class ForeignRun:
    """A run that another platform started."""

    run_id: str
    run: Run
    worked_ms: float = 0.0
    """Until its last node began: what it waited for a person since then does not count."""


@dataclass
class Parts:
    """Keeps `graph.build.Needs`."""

    settings: Settings
    catalog: CatalogStore
    index: CatalogIndex
    caller: Caller
    ledger: Ledger
    gate: Gate
    keys: Keys
    offline: Reasoner
    chat: ChatReasoner | None
    """None: the offline reasoner decides."""
    cache: AnswerCache | None = None
    """None: a model is asked every time."""
    lessons: Lessons | None = None
    """None: nothing is learned from questions that were answered."""
    health: Health = field(default_factory=Health)
    upstreams: Upstreams = field(default_factory=Upstreams)
    runs: dict[str, Run] = field(default_factory=dict)
    """Runs under way, by run id: opened and closed by the run manager."""
    acting: LRUCache[Who, Caller] = field(default_factory=lambda: LRUCache(ACTING))
    """The caller as it acts for those who asked lately."""
    foreign: OrderedDict[str, ForeignRun] = field(default_factory=OrderedDict)
    """Runs that another platform started (Studio), by thread: the latest of them."""

    def complete(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        return complete_state(state, self.settings)

    async def of(
        self, names: frozenset[str], agent: str, state: Mapping[str, Any], config: RunnableConfig
    ) -> Mapping[str, object]:
        run = await self._run(agent, state, config)
        run.extensions = max(run.extensions, state.get("extensions") or 0)
        everything: dict[str, object] = {
            "run": run,
            "fallback": self.offline,
            "catalog": self.catalog,
            "index": self.index,
            "ledger": self.ledger,
            "gate": self.gate,
            "standing": self.health.standing,
            "lessons": self.lessons,
            "has_model": self.chat is not None and not state.get("preset"),
            "pool_size": self.settings.pool_size,
            "call_timeout_seconds": self.settings.call_timeout_seconds,
            "call_concurrency": self.settings.call_concurrency,
        }
        if "reasoner" in names:
            everything["reasoner"] = self._reasoner(run, agent, preset=bool(state.get("preset")))
        if "caller" in names:
            everything["caller"] = self._caller(Who(run.tenant, run.user))
        return {name: everything[name] for name in names}

    def _caller(self, who: Who) -> Caller:
        """Made of a dozen objects for whoever asks, and kept for the next question."""
        if who not in self.acting:
            self.acting[who] = self.caller.acting_for(who)
        return self.acting[who]

    def _reasoner(self, run: Run, agent: str, *, preset: bool) -> Reasoner:
        if self.chat is None or preset:
            return self.offline
        chat = replace(self.chat, meter=AgentMeter(run, agent, self.token_price))
        if self.cache is None:
            return chat
        scope = Scope(run.tenant, chat.mind, chat.prompts, self.catalog.version, chat.today)
        return CachedReasoner(
            chat, self.cache, scope, told=lambda prompt: run.emit("model.cached", agent=agent, prompt=prompt)
        )

    @property
    def token_price(self) -> float:
        """Of a model's token in US dollars, by guess; 0 where no price is known, and so no cost is limited."""
        price = self.chat.endpoint.price if self.chat else None
        return price.of_any() if price else 0.0

    async def _run(self, agent: str, state: Mapping[str, Any], config: RunnableConfig) -> Run:
        facts = config.get("configurable", {})
        if run := self.runs.get(str(facts.get(RUN_KEY, ""))):
            return run
        return await self._foreign(str(facts.get("thread_id", "")), str(facts.get("run_id", "")), agent, state)

    async def _foreign(self, thread_id: str, run_id: str, agent: str, state: Mapping[str, Any]) -> Run:
        """A run that this process's manager did not start: it has no log of ours, the platform shows its own."""
        known = self.foreign.get(thread_id)
        if known is None or known.run_id != run_id:
            await self.index.sync()
            limits = limits_of(complete_options(state.get("options"), self.settings), self.settings)
            # A resume begins where a person was asked, and goes on with what the thread had spent.
            spent = replace(known.run.spent, elapsed_ms=known.worked_ms) if known and agent == PAUSED_AT else Spent()
            known = ForeignRun(run_id, Run(thread_id, run_id, "default", limits, spent, lambda event: None))
            self.foreign[thread_id] = known
            while len(self.foreign) > FOREIGN_RUNS:
                self.foreign.popitem(last=False)
        known.worked_ms = known.run.elapsed_ms()
        return known.run

    async def close(self) -> None:
        await self.caller.close()
        await self.keys.close()
        await self.ledger.close()
        await self.index.close()
        await self.catalog.close()
        if self.cache is not None:
            await self.cache.close()
        if self.lessons is not None:
            await self.lessons.close()
        if self.chat is not None:
            await self.chat.close()

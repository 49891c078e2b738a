"""What a node needs of the run that it belongs to: its limits, its clock, and the log of what happens."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import JsonValue

from catalog.errors import BudgetExhausted, LimitName, SoftLimitReached
from nodes.state import plain
from reasoners.meter import Meter, ModelCall

Event = tuple[str, dict[str, JsonValue]]


@dataclass(frozen=True)
class SoftLimits:
    """Where a person is asked whether to go on. None: nowhere."""

    max_llm_calls: int | None = None
    max_tokens: int | None = None
    max_cost_usd: float | None = None
    deadline_seconds: float | None = None

    def allows(self, limit: LimitName, extensions: int) -> float:
        """The limit, once a person has allowed as much again so many times."""
        base: float | None = getattr(self, limit)
        return math.inf if base is None else base * (1 + extensions)

    def extended(self, limit: LimitName, needed: float, extensions: int) -> int:
        """How many extensions there are after one more: at least so many that the next thing can be done."""
        base: float | None = getattr(self, limit)
        return extensions + 1 if not base else max(extensions + 1, math.ceil(needed / base) - 1)


@dataclass(frozen=True)
class Limits:
    """Hard limits of a thread, over all its runs and branches, and the soft ones below them."""

    max_llm_calls: int
    max_tokens: int
    max_cost_usd: float | None
    deadline_seconds: float
    max_rounds: int
    pool_size: int = 64
    """Candidate APIs that an answer shows."""
    soft: SoftLimits = SoftLimits()


@dataclass
class Spent:
    """What the thread took so far. What is not known of one call is not known of the sum."""

    llm_calls: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost_usd: float | None = 0.0
    budgeted_tokens: int = 0
    """Counted against the limit: the real number where it is known, else what was reserved."""
    budgeted_cost_usd: float = 0.0
    """The same for the cost: unknown is never zero."""
    elapsed_ms: float = 0.0
    """Of earlier runs; the waiting between them is not counted."""

    def add(self, call: ModelCall, reserved: int, token_price: float = 0.0) -> None:
        known = call.input_tokens is not None and call.output_tokens is not None
        self.budgeted_tokens += (call.input_tokens or 0) + (call.output_tokens or 0) if known else reserved
        self.input_tokens = _sum(self.input_tokens, call.input_tokens)
        self.output_tokens = _sum(self.output_tokens, call.output_tokens)
        self.cost_usd = _sum(self.cost_usd, call.cost_usd)
        self.budgeted_cost_usd += reserved * token_price if call.cost_usd is None else call.cost_usd


Number = TypeVar("Number", int, float)


def _sum(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else left + right


async def _always() -> bool:
    return True


def _permitted() -> None:
    """Another platform has no rivals."""


async def _nowhere(plan: Mapping[str, JsonValue]) -> None:
    """Another platform keeps its own state."""


@dataclass
class Run:
    """One stretch of work on a thread. Shared by all nodes and branches of it."""

    thread_id: str
    run_id: str
    tenant: str
    limits: Limits
    spent: Spent
    write: Callable[[Event], None]
    """Appends to the run's event log."""
    still_ours: Callable[[], Awaitable[bool]] = field(default=_always)
    """Whether the run may still act: not once it was cancelled, in whatever process. Asked before a change is sent."""
    permit: Callable[[], None] = field(default=_permitted)
    """The same at the very last moment, without waiting: raises TakenOver where it is not sure any more."""
    fence: int = 0
    """Of rival runs of the thread, the one with the higher fence may act."""
    keep: Callable[[Mapping[str, JsonValue]], Awaitable[None]] = field(default=_nowhere)
    """Notes what was decided, before a change is sent."""
    user: str = "default"
    """Who asks, within the tenant."""
    started: float = field(default_factory=time.monotonic)
    reserved_tokens: int = 0
    extensions: int = 0
    """How often a person allowed the soft limits once more."""

    def emit(self, name: str, **facts: object) -> None:
        """Record an event. Names are dotted, past tense; facts are JSON and hold no secret."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.write((name, plain({**facts, "at": at})))

    def elapsed_ms(self) -> float:
        return self.spent.elapsed_ms + (time.monotonic() - self.started) * 1000

    def seconds_left(self) -> float:
        return self.limits.deadline_seconds - self.elapsed_ms() / 1000

    def check_deadline(self) -> None:
        """Raises BudgetExhausted when the run's time is up, SoftLimitReached when a person is to be asked for more."""
        self.check("deadline_seconds", _more_than(self.elapsed_ms() / 1000))

    def check(self, limit: LimitName, needed: float) -> None:
        """Whether the limit allows that much. Raises BudgetExhausted, SoftLimitReached."""
        hard: float | None = getattr(self.limits, limit)
        if hard is not None and needed > hard:
            raise BudgetExhausted(limit)
        if needed > self.limits.soft.allows(limit, self.extensions):
            raise SoftLimitReached(limit, needed)

    def usage(self) -> Mapping[str, JsonValue]:
        """As the answer shows it. Without a model call nothing was spent, and its price is not a question."""
        return {
            "llm_calls": self.spent.llm_calls,
            "input_tokens": self.spent.input_tokens,
            "output_tokens": self.spent.output_tokens,
            "cost_usd": self.spent.cost_usd if self.spent.llm_calls else None,
            "elapsed_ms": round(self.elapsed_ms(), 1),
        }


def _more_than(amount: float) -> float:
    """Of what is measured, not counted: a limit that is reached is used up."""
    return math.nextafter(amount, math.inf)


@dataclass(frozen=True)
class AgentMeter(Meter):
    """The run's budget as one agent sees it: what it spends is written under its name."""

    run: Run
    agent: str
    token_price: float = 0.0
    """At most, in US dollars; for calls that are under way, and those whose cost nobody tells."""

    def reserve(self, tokens: int) -> None:
        self.run.check_deadline()
        spent, reserved = self.run.spent, self.run.reserved_tokens + tokens
        self.run.check("max_llm_calls", spent.llm_calls + 1)
        self.run.check("max_tokens", spent.budgeted_tokens + reserved)
        self.run.check("max_cost_usd", _more_than(spent.budgeted_cost_usd + reserved * self.token_price))
        spent.llm_calls += 1
        self.run.reserved_tokens += tokens

    def settle(self, call: ModelCall, *, reserved: int) -> None:
        self.run.reserved_tokens -= reserved
        self.run.spent.add(call, reserved, self.token_price)
        self.run.emit(
            "model.called",
            agent=self.agent,
            prompt=call.prompt,
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            cost_usd=call.cost_usd,
            elapsed_ms=round(call.elapsed_ms, 1),
            error=call.error,
        )

    def seconds_left(self) -> float:
        return self.run.seconds_left()

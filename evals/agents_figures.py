"""What finding the pool took for a question, and in the mean: model calls, characters, turns, time, recall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from evals.questions import Question
from evals.records import Record

SENT = 200


@dataclass(frozen=True)
class Outcome:
    """A question that was asked, with what it brought."""

    question: Question
    begun: float
    """Seconds of the clock on the wall."""
    ended: float
    body: Mapping[str, Any]
    """The answer, in the shape of the HTTP contract."""
    trace: Mapping[str, Any]


@dataclass(frozen=True)
class Effort:
    """Of one question. Up to the pool means: all requests to choose, in all rounds, repeated ones too."""

    id: str
    set: str
    query: str
    calls: int
    """Up to the pool."""
    judging_calls: int
    """Those that judge the pool, and plan."""
    other_calls: int
    """Parameters, answers and what else follows the pool."""
    failed_calls: int
    """Of all these, the ones that brought no completion."""
    characters: int
    judging_characters: int
    input_tokens: int
    output_tokens: int
    turns: int
    """Up to the pool, one after the other."""
    seconds: float
    """From the question to the pool that was planned with."""
    rounds: int
    routes: tuple[str, ...]
    recall: float
    recall_planned: float
    """Of what the last plan was made from: the part of the pool that a model is shown."""
    missing: tuple[str, ...]
    foreign: tuple[str, ...]
    """Gold of other questions that an agent chose for this one."""
    status: str
    stopped_by: str | None
    warnings: tuple[str, ...]
    repeated_calls: int | None = None
    """Up to the pool, when the same was asked again."""


@dataclass(frozen=True)
class Means:
    """Over the questions of a scenario; sums and maxima are named so."""

    questions: int
    calls: float
    judging_calls: float
    other_calls: float
    failed_calls: float
    characters: float
    judging_characters: float
    input_tokens: float
    output_tokens: float
    turns: float
    max_turns: int
    max_calls: int
    seconds: float
    max_seconds: float
    rounds: float
    max_rounds: int
    recall: float
    recall_planned: float
    all_gold: float
    """Share of the questions of which every gold API is in the pool."""
    not_completed: int
    foreign: int
    routes: Mapping[str, int]
    repeated_calls: float | None


def effort(outcome: Outcome, records: Sequence[Record], others_gold: frozenset[str], known: frozenset[str]) -> Effort:
    """`records` are those of this question, `known` the APIs of the catalog: what it has not, nobody can find."""
    choosing = [r for r in records if r.chooses]
    judging = [r for r in records if r.function in ("plan_calls", "judge")]
    gold = outcome.question.gold & known
    pool = {entry["api_id"] for entry in outcome.body.get("pool", [])}
    plans = [set(r.offered) for r in records if r.function == "plan_calls"]
    rounds = outcome.trace.get("rounds", [])
    asked = [agent for one in rounds for agent in one["agents"] if agent["llm_calls"]]  # others take all that is there
    chosen = {name for agent in asked for name in agent["chosen"]}
    return Effort(
        id=outcome.question.id,
        set=outcome.question.set,
        query=outcome.question.query,
        calls=len(choosing),
        judging_calls=len(judging),
        other_calls=len(records) - len(choosing) - len(judging),
        failed_calls=sum(r.status != SENT for r in records),
        characters=sum(r.characters for r in choosing),
        judging_characters=sum(r.characters for r in judging),
        input_tokens=sum(r.input_tokens for r in choosing),
        output_tokens=sum(r.output_tokens for r in choosing),
        turns=turns(choosing),
        seconds=pooled_at(records, outcome.ended) - outcome.begun,
        rounds=int(outcome.body.get("rounds", 0)),
        routes=tuple(str(one["route"]) for one in rounds),
        recall=_share(gold, pool),
        recall_planned=_share(gold, plans[-1]) if plans else 0.0,
        missing=tuple(sorted(gold - pool)),
        foreign=tuple(sorted((chosen & others_gold) - outcome.question.gold)),
        status=str(outcome.body.get("status")),
        stopped_by=outcome.body.get("stopped_by"),
        warnings=tuple(map(str, outcome.body.get("warnings", []))),
    )


def turns(records: Iterable[Record]) -> int:
    """The longest chain of requests of which each arrived after the one before was answered."""
    count, free = 0, float("-inf")
    for record in sorted(records, key=lambda r: r.answered):
        if record.arrived >= free:
            count, free = count + 1, record.answered
    return count


def pooled_at(records: Sequence[Record], ended: float) -> float:
    """When the first plan was asked for that follows the last choice; where none was, when that choice was made."""
    chosen = max((r.answered for r in records if r.chooses), default=float("-inf"))
    plans = [r.arrived for r in records if r.function == "plan_calls" and r.arrived >= chosen]
    return min(plans, default=chosen if chosen > 0 else ended)


def _share(gold: frozenset[str], found: set[str]) -> float:
    return len(gold & found) / len(gold) if gold else 1.0


def means(efforts: Sequence[Effort]) -> Means:
    """Over questions, of which there is at least one."""

    def over(figure: Callable[[Effort], float]) -> float:
        return mean(map(figure, efforts))

    routes = [route for e in efforts for route in e.routes]
    again = [e.repeated_calls for e in efforts if e.repeated_calls is not None]
    return Means(
        questions=len(efforts),
        calls=over(lambda e: e.calls),
        judging_calls=over(lambda e: e.judging_calls),
        other_calls=over(lambda e: e.other_calls),
        failed_calls=over(lambda e: e.failed_calls),
        characters=over(lambda e: e.characters),
        judging_characters=over(lambda e: e.judging_characters),
        input_tokens=over(lambda e: e.input_tokens),
        output_tokens=over(lambda e: e.output_tokens),
        turns=over(lambda e: e.turns),
        max_turns=max(e.turns for e in efforts),
        max_calls=max(e.calls for e in efforts),
        seconds=over(lambda e: e.seconds),
        max_seconds=max(e.seconds for e in efforts),
        rounds=over(lambda e: e.rounds),
        max_rounds=max(e.rounds for e in efforts),
        recall=over(lambda e: e.recall),
        recall_planned=over(lambda e: e.recall_planned),
        all_gold=over(lambda e: not e.missing),
        not_completed=sum(e.status != "completed" for e in efforts),
        foreign=sum(bool(e.foreign) for e in efforts),
        routes={route: routes.count(route) for route in sorted(set(routes))},
        repeated_calls=mean(again) if again else None,
    )

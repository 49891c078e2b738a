"""What the agents cost and find: the service's own retrieval, against a model that knows what is right."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from catalog.importing import import_file
from catalog.index import TantivyIndex
from catalog.sqlite import SqliteCatalog
from evals.agents_figures import Effort, Means, Outcome, effort, means
from evals.gold import Question as Told
from evals.gold import questions_of
from evals.model_process import ModelProcess, model_process
from evals.questions import Question, read_questions
from evals.records import Record
from graph.requests import QueryOptions, QueryRequest, Strategy
from graph.services import Services, open_services
from graph.settings import Settings
from reasoners.protocol import Option
from reasoners.providers import DriverName

EVERY = 20  # questions between two lines of progress
OFFERED, CALLS = 25, 96
WARM_UP = "What is there?"  # so that the first question does not pay for what is loaded once
TENANT = "default"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    catalog: Path
    queries: Path
    scenarios: tuple[str, ...] = ("perfect",)
    strategy: Strategy = "fan_out"
    first: Mapping[str, int] | None = None
    """How many questions of each set; empty: all."""
    limit: int | None = None
    at_once: int = 1
    latency_seconds: float = 0.2
    repeat: bool = False
    driver: DriverName | None = None


@dataclass(frozen=True)
class Measured:
    """A scenario's figures."""

    scenario: str
    means: Means
    cpu_ms_per_question: float
    """Processor time of the whole service, search included."""
    cpu_ms_per_call: float | None
    """Of one model call by itself, from what is offered to what was chosen; None: there is no model to be asked."""
    most_at_once: int
    """Model calls."""
    seconds: float
    """From the first question to the last answer."""
    questions: tuple[Effort, ...]


@dataclass(frozen=True)
class Agents:
    """All scenarios, and what they were measured on."""

    catalog: str
    apis: int
    unknown: int
    """Gold APIs that the catalog does not have; they do not count."""
    strategy: str
    at_once: int
    latency_seconds: float
    scenarios: tuple[Measured, ...]


def taken(questions: Sequence[Question], first: Mapping[str, int] | None, limit: int | None) -> list[Question]:
    """The first of each set by id (its numbers as numbers), in the order of `first`; of the same words, one."""
    ordered = sorted({q.query.strip(): q for q in reversed(questions)}.values(), key=_order)
    if first:
        ordered = [q for name, count in first.items() for q in [q for q in ordered if q.set == name][:count]]
    return ordered[:limit]


def _order(question: Question) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", question.id)]


async def measure(folder: Path, wanted: Wanted, say: Say) -> Agents:
    """Import the catalog into `folder` and ask the questions in each scenario. Raises SwitchboardError."""
    questions = taken(read_questions(wanted.queries), wanted.first, wanted.limit)
    say(f"Importing {wanted.catalog.name}")
    told, known, apis = await _imported(folder / "imported", wanted.catalog, questions)
    oracle = folder / "oracle.json"
    oracle.write_bytes(TypeAdapter(list[Told]).dump_json(told))
    scenarios = []
    for number, name in enumerate(wanted.scenarios):
        data = folder / f"data-{number}"
        shutil.copytree(folder / "imported", data)  # whatever one scenario leaves behind, the next does not find
        with model_process(oracle, scenario=name, latency_seconds=wanted.latency_seconds) as model:
            async with open_services(_settings(data, model, wanted)) as services:
                scenarios.append(await _scenario(name, services, model, questions, known, wanted, say))
        shutil.rmtree(data)
    gold = {api_id for question in questions for api_id in question.gold}
    return Agents(
        catalog=wanted.catalog.name,
        apis=apis,
        unknown=len(gold - known),
        strategy=wanted.strategy,
        at_once=wanted.at_once,
        latency_seconds=wanted.latency_seconds,
        scenarios=tuple(scenarios),
    )


async def _imported(
    folder: Path, catalog: Path, questions: Sequence[Question]
) -> tuple[list[Told], frozenset[str], int]:
    """What the oracle is told, the gold APIs that the catalog has, and how many it has in all."""
    store = SqliteCatalog.open(folder / "catalog.db")
    try:
        await import_file(store, catalog)
        index = TantivyIndex.open(folder / "index", store)
        await index.sync()
        await index.close()
        found = await store.get(sorted({api_id for question in questions for api_id in question.gold}))
        gold = [(question.query.strip(), sorted(question.gold)) for question in questions]
        told = questions_of(gold, found, await store.categories())
        return told, frozenset(found), (await store.stats()).apis
    finally:
        await store.close()


def _settings(folder: Path, model: ModelProcess, wanted: Wanted) -> Settings:
    """The operator's, but for the model."""
    given: dict[str, Any] = {"driver": wanted.driver} if wanted.driver else {}
    return Settings(
        data_dir=folder,
        reasoner="chat",
        model="scripted",
        openai_base_url=model.url,
        openai_api_key="none",  # type: ignore[arg-type]  # pydantic makes a secret of it
        **given,
    )


async def _scenario(
    name: str,
    services: Services,
    model: ModelProcess,
    questions: Sequence[Question],
    known: frozenset[str],
    wanted: Wanted,
    say: Say,
) -> Measured:
    await _ask(services, Question(WARM_UP, frozenset()), wanted)
    model.forget()
    begun, cpu = time.time(), time.process_time()
    outcomes = await _pass(name, services, questions, wanted, say)
    cpu, seconds = time.process_time() - cpu, time.time() - begun
    records = model.records()
    efforts = _efforts(outcomes, records, known)
    if wanted.repeat:
        model.forget()
        again = _efforts(await _pass(f"{name}, again", services, questions, wanted, say), model.records(), known)
        efforts = [replace(e, repeated_calls=a.calls) for e, a in zip(efforts, again, strict=True)]
    return Measured(
        scenario=name,
        means=means(efforts),
        cpu_ms_per_question=cpu * 1000 / len(questions),
        cpu_ms_per_call=await _cpu_of_a_call(services, model),
        most_at_once=max((r.at_once for r in records), default=0),
        seconds=seconds,
        questions=tuple(efforts),
    )


async def _cpu_of_a_call(services: Services, model: ModelProcess) -> float | None:
    """Calls as an agent makes them, many at once, so that the model's latency costs no time."""
    if services.parts.chat is None:
        return None
    offered = [Option(f"Things/thing_{n}", f"Thing {n}", "What there is to be said of it.") for n in range(OFFERED)]
    model.forget()
    cpu = time.process_time()
    asked = [services.parts.chat.choose(WARM_UP, offered, level="tool", limit=OFFERED) for _ in range(CALLS)]
    await asyncio.gather(*asked, return_exceptions=True)  # a scenario of faults loses some
    cpu = time.process_time() - cpu
    return cpu * 1000 / len(model.records())


async def _pass(
    name: str, services: Services, questions: Sequence[Question], wanted: Wanted, say: Say
) -> list[Outcome]:
    room, done = asyncio.Semaphore(wanted.at_once), 0

    async def one(question: Question) -> Outcome:
        nonlocal done
        async with room:
            outcome = await _ask(services, question, wanted)
        done += 1
        if done % EVERY == 0 or done == len(questions):
            say(f"{name}: {done} of {len(questions)} questions")
        return outcome

    outcomes = await asyncio.gather(*map(one, questions))
    traces = [await services.runs.trace(o.body["thread_id"], tenant=TENANT) for o in outcomes]  # after the clock
    return [replace(outcome, trace=trace) for outcome, trace in zip(outcomes, traces, strict=True)]


async def _ask(services: Services, question: Question, wanted: Wanted) -> Outcome:
    options = QueryOptions(strategy=wanted.strategy, dry_run=True)
    begun = time.time()
    body = await services.runs.ask(QueryRequest(query=question.query, options=options), tenant=TENANT)
    return Outcome(question, begun, time.time(), body, {})


def _efforts(outcomes: Sequence[Outcome], records: Sequence[Record], known: frozenset[str]) -> list[Effort]:
    everything = frozenset(api_id for outcome in outcomes for api_id in outcome.question.gold)
    by_question: dict[str, list[Record]] = {}
    for record in records:
        by_question.setdefault(record.question, []).append(record)
    return [effort(o, by_question.get(o.question.query.strip(), []), everything, known) for o in outcomes]

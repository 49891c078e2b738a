"""Whether questions that nothing offered answers are refused, and how many others are refused for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from catalog.errors import SwitchboardError, UnreadableDocument
from catalog.models import Api, Tool
from catalog.store import CatalogIndex, CatalogStore, Hit
from evals.parameters import api_of, rows
from evals.report import Item
from reasoners.offline.likely import sureness
from reasoners.offline.plan import parts_of
from reasoners.offline.reasoner import OfflineReasoner
from reasoners.protocol import Candidate, Reasoner

POOL = 64
RATES = (1, 2, 5, 10, 20)
"""Per cent of the questions that something answers: so many may be refused."""
SHOWN = ("caught@5", "false refusals@5", "caught", "false refusals", "failed")
TOLD = 5
NOWHERE = "https://functions.invalid"
"""A name that leads nowhere, so that a call can be made up and never be sent."""


@dataclass(frozen=True)
class Asked:
    """A question, whether anything answers it, and what is offered: everything, where no function is named."""

    id: str
    set: str
    query: str
    answered: bool
    functions: tuple[str, ...] | None = None
    """Ids of tools, each of which holds one of the offered functions."""
    right: tuple[str, ...] = ()
    """Ids of what answers it, where they are ids of a catalog."""


@dataclass(frozen=True)
class Weighed:
    """What became of a question."""

    asked: Asked
    taken: tuple[str, ...] = ()
    score: float | None = None
    """How sure it is that something answers it; None: who decides does not say."""
    error: str = ""

    @property
    def refused(self) -> bool:
        return not self.taken and not self.error


def read_asked(path: Path, sets: Sequence[str] = ()) -> tuple[list[Asked], list[Tool]]:
    """Questions, and the functions that they are offered, each once. Raises UnreadableDocument."""
    tools: dict[str, Tool] = {}
    try:
        wanted = (row for row in rows(path) if not sets or str(row.get("set", "")).startswith(tuple(sets)))
        return [_asked(row, number, tools) for number, row in enumerate(wanted, 1)], list(tools.values())
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, OSError | ValueError) else f"a question lacks {error}"
        raise UnreadableDocument(str(path), reason) from None


def _asked(row: Mapping[str, JsonValue], number: int, tools: dict[str, Tool]) -> Asked:
    context, said = str(row.get("context") or ""), str(row["query"])
    offered = row.get("functions")
    named = [tool_of(f) for f in offered if isinstance(f, dict)] if isinstance(offered, list) else None
    tools.update({tool.id: tool for tool in named or ()})
    return Asked(
        id=str(row.get("id", row.get("query_id", number))),
        set=str(row.get("set", "")),
        query=f"{context}\n{said}" if context else said,
        answered=bool(row["gold"]),
        functions=None if named is None else tuple(tool.id for tool in named),
        right=tuple(_ids(row["gold"])),
    )


def _ids(gold: JsonValue) -> Iterator[str]:
    """Of APIs; the calls of offered functions have none."""
    for one in gold if isinstance(gold, list) else ():
        named = one.get("id") if isinstance(one, dict) else one
        if isinstance(named, str):
            yield named


def tool_of(function: Mapping[str, JsonValue]) -> Tool:
    """A function as a tool of its own, so that a search can be held to what is offered."""
    api = api_of(function)
    mark = hashlib.sha256(json.dumps(function, sort_keys=True).encode()).hexdigest()[:16]
    tool_id = f"{api.category}/{mark}"
    inputs = tuple(parameter.model_copy(update={"place": "body"}) for parameter in api.parameters)
    where = {"id": f"{tool_id}/{api.name}", "tool_id": tool_id, "method": "POST", "url": f"{NOWHERE}/{mark}"}
    own = api.model_copy(update={**where, "parameters": inputs})
    return Tool(id=tool_id, name=own.tool_name, category=own.category, apis=(own,))


@dataclass(frozen=True)
class Weighing:
    """Asks what the service asks: a search, and a plan over what it finds."""

    reasoner: Reasoner
    store: CatalogStore
    index: CatalogIndex

    async def of(self, asked: Asked) -> Weighed:
        """What fails is told, never raised."""
        pool = await self.pool(asked)
        try:
            plan = await self.reasoner.plan(asked.query, pool)
        except (SwitchboardError, ValueError) as error:
            return Weighed(asked, error=f"{type(error).__name__}: {error}")
        return Weighed(asked, tuple(step.api_id for step in plan.steps), self._score(asked.query, pool))

    async def pool(self, asked: Asked, categories: Sequence[str] = ()) -> list[Candidate]:
        """What is found, and what was offered beside it: that has nothing of the question, and may be meant."""
        if asked.functions == ():
            return []
        found = await self.index.search(asked.query, k=POOL, categories=categories, tools=asked.functions or ())
        ids = [hit.id for hit in found.hits]
        if asked.functions:
            ids += [api.id for tool in self.store.read_tools(asked.functions) for api in tool.apis if api.id not in ids]
        known, hits = await self.store.get(ids), {hit.id: hit for hit in found.hits}
        return [self._candidate(api, hits) for api in known.values()]

    @staticmethod
    def _candidate(api: Api, hits: Mapping[str, Hit]) -> Candidate:
        hit = hits.get(api.id)
        return Candidate(api, 0.0) if hit is None else Candidate(api, hit.score, hit.raw, hit.matched)

    def _score(self, query: str, pool: Sequence[Candidate]) -> float | None:
        if not isinstance(self.reasoner, OfflineReasoner):
            return None
        parts = parts_of(query, pool, self.index) if pool else []
        return max((sureness(part, len(pool)) for part in parts), default=0.0)


def scored(weighed: Sequence[Weighed]) -> Iterator[Item]:
    """Items, with the thresholds that each rate of false refusals allows, over all questions together."""
    told = [one for one in weighed if one.score is not None and not one.error]
    answered = [one.score for one in told if one.asked.answered and one.score is not None]
    limits = {rate: _limit(answered, rate) for rate in RATES}
    for one in weighed:
        yield _item(one, {rate: limit for rate, limit in limits.items() if limit is not None})


def _limit(scores: Sequence[float], rate: int) -> float | None:
    """The highest score below which no more than so many per cent of these lie; None: there are none."""
    return sorted(scores)[len(scores) * rate // 100] if scores else None


def _item(one: Weighed, limits: Mapping[int, float]) -> Item:
    measure = "false refusals" if one.asked.answered else "caught"
    scores = {} if one.error else {measure: float(one.refused)}
    if one.score is not None and not one.error:
        scores |= {f"{measure}@{rate}": float(one.score < limit) for rate, limit in limits.items()}
    wrong = one.refused == one.asked.answered
    return Item(
        id=one.asked.id,
        set=one.asked.set,
        query=one.asked.query,
        scores={**scores, "failed": float(bool(one.error))},
        expected=("something answers it" if one.asked.answered else "nothing offered answers it",) if wrong else (),
        found=one.taken[:TOLD] if wrong else (),
        why=one.error or (f"score {one.score:.2f}" if wrong and one.score is not None else ""),
    )

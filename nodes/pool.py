"""The pool between the state and the reasoner: hits of the index in, scored candidates out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from catalog.models import Api
from catalog.store import CatalogStore, Hit
from nodes.replies import OF_THE_TOOL
from nodes.state import FailureState, PooledState, State
from reasoners.protocol import Candidate

INDEX = "index"
DIGIT = re.compile(r"\d")
BESIDE_AGENTS = 10  # recall@10 of the index is .7: the tail adds little to what agents read, and halves no prompt
AGENTS_FLOOR = 0.5
"""What an agent chose is worth at least as much as half of the index's best: it was read, not only matched."""


def pooled(hits: Iterable[Hit], *, agent: str, reason: str = "") -> list[PooledState]:
    """Hits as entries of the pool."""
    return [
        {"api_id": h.id, "raw": h.raw, "matched": list(h.matched), "why": reason or _why(h), "agent": agent}
        for h in hits
    ]


def _why(hit: Hit) -> str:
    return "shares " + ", ".join(repr(word) for word in hit.matched[:6]) if hit.matched else "near by its name"


def score(entry: PooledState, best: float, *, agents: bool) -> float:
    """In [0, 1]. Where agents chose, theirs stand in the upper half and the index's in the lower."""
    relative = entry["raw"] / best if best > 0 else 0.0
    if not agents:
        return relative
    return AGENTS_FLOOR + relative / 2 if entry["agent"] != INDEX else relative / 2


def ranked(pool: Sequence[PooledState]) -> list[tuple[PooledState, float]]:
    """The pool with its scores, best first."""
    best = max((entry["raw"] for entry in pool), default=0.0)
    agents = any(entry["agent"] != INDEX for entry in pool)
    scored = [(entry, round(score(entry, best, agents=agents), 4)) for entry in pool]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]["api_id"]))


def chosen_by_agents(pool: Sequence[PooledState]) -> list[str]:
    """APIs that were read and taken, by whichever agent."""
    return [entry["api_id"] for entry in pool if entry["agent"] != INDEX]


def tried(failures: Sequence[FailureState]) -> set[str]:
    """APIs that are not tried again."""
    return {failure["api_id"] for failure in failures}


async def candidates(
    state: State, catalog: CatalogStore, *, limit: int, standing: Callable[[str], float]
) -> list[Candidate]:
    """What the reasoner may plan with: the pool's best that are still in the catalog and have not failed.

    `standing`, in (0, 1], lowers those that have been failing for everybody.
    """
    failures = state.get("failures", [])
    avoid, closed = tried(failures), await _closed_tools(failures, catalog)
    pool = _few_beside_agents(ranked(state.get("pool", [])))
    entries = [
        (entry, round(value * standing(entry["api_id"]), 4)) for entry, value in pool if entry["api_id"] not in avoid
    ]
    entries.sort(key=lambda pair: -pair[1])  # keeps the order of those that are as good
    apis = await catalog.get([entry["api_id"] for entry, _ in entries[:limit]])
    return [each for each in as_candidates(entries[:limit], apis) if each.api.tool_id not in closed]


async def _closed_tools(failures: Sequence[FailureState], catalog: CatalogStore) -> set[str]:
    """Tools whose other APIs would fail alike: they know nobody, or have had enough of us."""
    failed = [failure["api_id"] for failure in failures if failure.get("code") in OF_THE_TOOL]
    return {api.tool_id for api in (await catalog.get(failed)).values()} if failed else set()


def _few_beside_agents(pool: list[tuple[PooledState, float]]) -> list[tuple[PooledState, float]]:
    """Where agents chose, only the best that the index found stands beside their choice: the rest was read."""
    chosen = [pair for pair in pool if pair[0]["agent"] != INDEX]
    if not chosen:
        return pool
    return chosen + [pair for pair in pool if pair[0]["agent"] == INDEX][:BESIDE_AGENTS]


def as_candidates(pool: Sequence[tuple[PooledState, float]], apis: Mapping[str, Api]) -> list[Candidate]:
    """Entries with their scores as the reasoner sees them."""
    return [
        Candidate(_as_asked(apis[entry["api_id"]], entry), value, entry["raw"], tuple(entry["matched"]), entry["why"])
        for entry, value in pool
        if entry["api_id"] in apis
    ]


def _as_asked(api: Api, entry: PooledState) -> Api:
    """Questions that it answered before are examples of what it answers, where they say something new.

    Without their numbers, which are values: so the same few forms come again, and what was worked out for them is kept.
    """
    if not (asked := entry.get("asked")):
        return api
    new = sorted({_plain(text) for text in asked} - {_plain(text) for text in api.examples})
    return api.model_copy(update={"examples": (*api.examples, *new)}) if new else api


def _plain(question: str) -> str:
    return DIGIT.sub("0", question.lower())


def avoidance(failures: Sequence[FailureState]) -> str:
    """What was tried and why it failed, as one text for the reasoner."""
    return "; ".join(f"{f['api_id']}: {f['reason']}" if f["api_id"] else f["reason"] for f in failures)

"""The first agent: sees how sure the index is, and chooses the categories that the next level opens."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, ReasonerError
from catalog.models import CategorySummary
from catalog.store import CatalogIndex, CatalogStore
from nodes.failing import failed, stopped
from nodes.pool import INDEX, as_candidates, avoidance, pooled, ranked
from nodes.run import Run
from nodes.state import PooledState, Route, State, merge_pool
from reasoners.confidence import Confidence, assess
from reasoners.offline.kin import kin_of
from reasoners.protocol import Chosen, Option, Reasoner

AGENT = "meta"
OPENED = 6  # AnyTool's queries span two to four categories; two more cost little, as branches run at once
SHORTLIST = 24  # of 49 ToolBench categories, the right ones stand in the index's first 5 for 95 % of questions
GROUPS_ABOVE = 60
KIN_FOUND, KIN_SHARE = 16, 0.5  # a word that was not said tells less than one that was


async def meta_agent(
    state: State,
    *,
    run: Run,
    reasoner: Reasoner,
    catalog: CatalogStore,
    index: CatalogIndex,
    pool_size: int,
    has_model: bool,
) -> State:
    """`has_model`: a model may know words that the catalog does not, so the index's "nothing" is not the last word."""
    round_number = state.get("round", 0) + 1
    run.emit("round.started", round=round_number)
    wanted = state["options"].get("categories", [])
    found = await index.search(state["query"], k=pool_size, categories=wanted)
    apis = await catalog.get([hit.id for hit in found.hits])
    pool = pooled([hit for hit in found.hits if hit.id in apis], agent=INDEX)
    # Scored as `select_api` will score it: the reasoner then finds the work done.
    confidence = await assess(state["query"], as_candidates(ranked(pool), apis), index)
    run.emit("pool.ranked", agent=INDEX, found=len(pool), best=[e["api_id"] for e in pool[:5]])
    if not has_model and confidence.level != "sure":
        pool = merge_pool(pool, await _kin(state["query"], wanted, catalog, index))
    route, reason = choose_route(state, confidence, has_model=has_model)
    update: State = {
        "round": round_number,
        "pool": pool,
        "route": route,
        "route_reason": reason,
        "categories": [],
    }
    run.emit("route.chosen", route=route, reason=reason)
    if route != "fan_out":
        return update
    try:
        return {**update, **await _categories(state, run, reasoner, catalog, index)}
    except BudgetExhausted as error:
        return {**update, **stopped(error)}
    except ReasonerError as error:
        return {**update, **failed(error)}


async def _kin(query: str, categories: list[str], catalog: CatalogStore, index: CatalogIndex) -> list[PooledState]:
    """What near-synonyms of the question's words find ("hot": temperature), where no model is there to know them."""
    if not (words := kin_of(query)):
        return []
    hits = (await index.search(words, k=KIN_FOUND, categories=categories)).hits
    known = await catalog.get([hit.id for hit in hits])
    entries = pooled([hit for hit in hits if hit.id in known], agent=INDEX, reason=f"near to {words}")
    return [{**entry, "raw": entry["raw"] * KIN_SHARE} for entry in entries]


def choose_route(state: State, confidence: Confidence, *, has_model: bool) -> tuple[Route, str]:
    """Whether the index is enough, and why.

    Agents that read no more than the words that the index has matched find nothing beside it: over 120 ToolBench
    questions they lost 5 points of recall and took twice the time. So without a model they are opened on wish only.
    """
    strategy = state["options"].get("strategy", "auto")
    if strategy == "index":
        return "index", "The query asked for the index alone."
    if strategy == "fan_out":
        return "fan_out", "The query asked for the whole hierarchy."
    if not has_model:
        return "index", confidence.reason
    if state.get("round", 0) >= 1:
        return "fan_out", "The round before did not solve it."
    if confidence.level == "sure":
        return "index", confidence.reason
    return "fan_out", confidence.reason


async def _categories(state: State, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex) -> State:
    offered = await _offer(state, reasoner, catalog, index)
    run.emit("agent.started", agent=AGENT, parent=None, label="Which categories?")
    avoid = avoidance(state.get("failures", []))
    chosen = await reasoner.choose(state["query"], offered, level="category", limit=OPENED, avoid=avoid)
    opened = _unexplored_first(chosen, state.get("explored", []))
    run.emit(
        "agent.finished",
        agent=AGENT,
        parent=None,
        offered=[option.id for option in offered],
        chosen=list(opened),
        found=len(opened),
        reason=chosen.reason,
    )
    update: State = {"categories": opened, "explored": sorted({*state.get("explored", []), *opened})}
    return update if opened else {**update, "plan_reason": chosen.reason}


def _unexplored_first(chosen: Chosen, explored: Sequence[str]) -> list[str]:
    return sorted(chosen.ids, key=lambda name: name in explored)


async def _offer(state: State, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex) -> list[Option]:
    """A shortlist from the index, so that the prompt does not grow with the catalog."""
    wanted = state["options"].get("categories", [])
    everything = {c.name: c for c in await catalog.categories() if not wanted or c.name in wanted}
    names = await _of_groups(state, reasoner, everything) if len(everything) > GROUPS_ABOVE else list(everything)
    hits = (await index.search(state["query"], k=SHORTLIST, level="category", categories=names)).hits
    scores = {hit.id: hit.score for hit in hits if hit.id in everything}
    room = SHORTLIST if scores else GROUPS_ABOVE  # in a language that the catalog does not speak, the index finds none
    rest = [name for name in names if name not in scores][: max(0, room - len(scores))]
    return [option(everything[name], scores.get(name, 0.0)) for name in (*scores, *rest)]


async def _of_groups(state: State, reasoner: Reasoner, everything: dict[str, CategorySummary]) -> list[str]:
    """Where there are groups, the names within the chosen ones; categories in no group always stay."""
    groups = sorted({c.group for c in everything.values() if c.group})
    if not groups:
        return list(everything)
    options = [Option(group, group, _members(group, everything)) for group in groups]
    chosen = await reasoner.choose(state["query"], options, level="group", limit=OPENED)
    kept = [name for name, c in everything.items() if c.group is None or c.group in chosen.ids]
    return kept or list(everything)


def _members(group: str, everything: dict[str, CategorySummary]) -> str:
    return ", ".join(name for name, c in everything.items() if c.group == group)


def option(category: CategorySummary, score: float) -> Option:
    """A category as agents see it."""
    text = category.description or f"{category.tools} tools, {category.apis} APIs"
    return Option(category.name, category.name, text, score)

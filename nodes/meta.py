"""The first agent: sees how sure the index is, and chooses the categories that the next level opens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from catalog.errors import BudgetExhausted, ReasonerError, SoftLimitReached
from catalog.lessons import Lessons
from catalog.models import CategorySummary
from catalog.store import CatalogIndex, CatalogStore, Hit
from nodes.asked_before import indexed_pool
from nodes.browse import LOOKS, Browsed, Offer, browse, room_for
from nodes.failing import failed, stopped
from nodes.merging import merge_pool
from nodes.pool import INDEX, as_candidates, avoidance, chosen_by_agents, pooled, ranked
from nodes.reopen import affordable, visits
from nodes.run import Run
from nodes.state import PooledState, Route, State
from nodes.steps import answered, due
from reasoners.confidence import Confidence, assess
from reasoners.offline.kin import kin_of
from reasoners.protocol import Option, Reasoner

AGENT = "meta"
OPENED_BY_WORDS = 6  # AnyTool's queries span two to four categories; among more, words lose their way
GROUPS_ABOVE = 60
GROUPS_OPENED = 6
TOLD = 8  # tools of a category that is described
KIN_FOUND, KIN_SHARE = 16, 0.5  # a word that was not said tells less than one that was


async def meta_agent(
    state: State,
    *,
    run: Run,
    reasoner: Reasoner,
    catalog: CatalogStore,
    index: CatalogIndex,
    lessons: Lessons | None,
    pool_size: int,
    has_model: bool,
) -> State:
    """`has_model`: a model may know words that the catalog does not, so the index's "nothing" is not the last word."""
    update: State = {"widen": False, "visits": [], "unopened": []}
    if not state.get("widen"):
        update |= await _look_at_the_index(
            state, run, catalog, index, lessons, pool_size=pool_size, has_model=has_model
        )
    if update.get("route", "fan_out") != "fan_out":
        return update
    try:
        opened = await _open({**state, **update}, run, reasoner, catalog, index, has_model=has_model)
        return update | opened | {"problems": [*update.get("problems", []), *opened.get("problems", [])]}
    except ReasonerError as error:
        return update | _without_agents(state, error)


def _without_agents(state: State, error: ReasonerError) -> State:
    """What earlier rounds planned is done, what they found out is told, though it was thought too little.

    Raises what a person is asked first.
    """
    if isinstance(error, SoftLimitReached):
        raise error
    if due(state.get("steps", {})) or answered(state):
        stops: list[str] = [error.limit] if isinstance(error, BudgetExhausted) else []
        return {"problems": [f"The catalog was not searched further: {error}"], "stops": stops}
    return stopped(error) if isinstance(error, BudgetExhausted) else failed(error)


async def _look_at_the_index(
    state: State,
    run: Run,
    catalog: CatalogStore,
    index: CatalogIndex,
    lessons: Lessons | None,
    *,
    pool_size: int,
    has_model: bool,
) -> State:
    """Begins a round: what the index finds, and whether that is enough."""
    round_number = state.get("round", 0) + 1
    run.emit("round.started", round=round_number)
    wanted = state["options"].get("categories", [])
    found = await index.search(state["query"], k=pool_size, categories=wanted)
    pool, apis = await indexed_pool(
        state["query"], found.hits, wanted, run=run, catalog=catalog, index=index, lessons=lessons, most=pool_size
    )
    if found.without:
        run.emit("search.lacked", what=found.without)
    run.emit("pool.ranked", agent=INDEX, found=len(pool), best=[e["api_id"] for e in pool[:5]])
    confidence = None
    if not has_model or needs_confidence(state):
        # Scored as `select_api` will score it: the offline reasoner then finds the work done.
        confidence = await assess(state["query"], as_candidates(ranked(pool), apis), index)
    if not has_model and confidence and confidence.level != "sure":
        pool = merge_pool(pool, await _kin(state["query"], wanted, catalog, index))
    route, reason = choose_route(state, confidence, has_model=has_model)
    run.emit("route.chosen", route=route, reason=reason)
    return {
        "round": round_number,
        "pool": pool,
        "searched": found.searched,
        "route": route,
        "route_reason": reason,
        **({"problems": [f"The search went by words alone: {found.without}"]} if found.without else {}),
    }


async def _kin(query: str, categories: list[str], catalog: CatalogStore, index: CatalogIndex) -> list[PooledState]:
    """What near-synonyms of the question's words find ("hot": temperature), where no model is there to know them."""
    if not (words := kin_of(query)):
        return []
    hits = (await index.search(words, k=KIN_FOUND, categories=categories)).hits
    known = await catalog.get([hit.id for hit in hits])
    entries = pooled([hit for hit in hits if hit.id in known], agent=INDEX, reason=f"near to {words}")
    return [{**entry, "raw": entry["raw"] * KIN_SHARE} for entry in entries]


def needs_confidence(state: State) -> bool:
    """Whether the way depends on what the index found."""
    return state["options"].get("strategy", "auto") == "auto" and not state.get("round")


def choose_route(state: State, confidence: Confidence | None, *, has_model: bool) -> tuple[Route, str]:
    """Whether the index is enough, whether a model reads its best, or whether agents search, and why.

    Agents that read no more than the words that the index has matched find nothing beside it: over 120 ToolBench
    questions they lost 5 points of recall and took twice the time. So without a model they are opened on wish only.
    """
    strategy = state["options"].get("strategy", "auto")
    if strategy == "index":
        return "index", "The query asked for the index alone."
    if strategy == "fan_out":
        return "fan_out", "The query asked for the whole hierarchy."
    if confidence is None:
        return "fan_out", "The round before did not solve it."
    if not has_model:
        return "index", confidence.reason
    routes: Mapping[str, Route] = {"sure": "index", "close": "rerank"}
    return routes.get(confidence.level, "fan_out"), confidence.reason


async def _open(
    state: State, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex, *, has_model: bool
) -> State:
    """The branches of this round: new categories as chosen, and in a later round those that were opened before."""
    opened = state.get("opened", {})
    offer = await _offer(state, run, reasoner, catalog, index, has_model=has_model)
    seen = await _categories(state, offer, run, reasoner, has_model=has_model)
    # In the index's order: where a model names many, the likely ones come before the budget ends.
    places = {option.id: place for place, option in enumerate(offer.options)}
    chosen = sorted(seen.ids, key=lambda name: places.get(name, len(places)))
    branches, unopened = visits(chosen, opened, affordable(run) if has_model else 2 * len(offer.options))
    _record(run, seen, unopened)
    update: State = {"visits": branches, "unopened": unopened, "looks": seen.looks}
    if seen.stopped is not None and not isinstance(seen.stopped, BudgetExhausted):
        update["problems"] = [f"The agent {AGENT} looked no further: {seen.stopped}"]
    if unopened:
        update["problems"] = [f"Not searched, for want of budget: {', '.join(unopened)}."]
    return update if branches else {**update, "plan_reason": seen.reason}


async def _categories(state: State, offer: Offer, run: Run, reasoner: Reasoner, *, has_model: bool) -> Browsed:
    run.emit("agent.started", agent=AGENT, parent=None, label="Which categories?")
    if not offer.options:
        return Browsed(reason="Every category was opened before.", looks=LOOKS)
    return await browse(
        offer,
        state["query"],
        reasoner,
        limit=len(offer.options) if has_model else OPENED_BY_WORDS,
        avoid=avoidance(state.get("failures", [])),
        looks=LOOKS if has_model else 0,
        found=chosen_by_agents(state.get("pool", [])),
        room=room_for(offer.level, has_model=has_model),
    )


def _record(run: Run, seen: Browsed, unopened: Sequence[str]) -> None:
    run.emit(
        "agent.finished",
        agent=AGENT,
        parent=None,
        chosen=seen.ids,
        found=len(seen.ids),
        unopened=list(unopened),
        **seen.facts(),
    )


async def _offer(
    state: State, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex, *, has_model: bool
) -> Offer:
    """The categories that no round opened yet, as the index ranks them."""
    wanted, opened = state["options"].get("categories", []), state.get("opened", {})
    everything = {
        c.name: c for c in await catalog.categories() if c.name not in opened and (not wanted or c.name in wanted)
    }
    names = list(everything)

    async def find(words: str) -> list[Hit]:
        return list((await index.search(words, k=len(names), level="category", categories=names)).hits)

    async def tell(chosen: Sequence[str]) -> list[Option]:
        return await asyncio.gather(*(_described(everything[name], state["query"], index) for name in chosen))

    scores = {hit.id: hit.score for hit in await find(state["query"]) if hit.id in everything} if names else {}
    ordered = list(dict.fromkeys([*scores, *names]))
    if len(ordered) > GROUPS_ABOVE:
        groups = _groups([everything[name] for name in ordered])
        ordered = names = await _of_groups(groups, ordered, state, run, reasoner, has_model=has_model)
    return Offer("category", [option(everything[name], scores.get(name, 0.0)) for name in ordered], find, tell)


async def _described(category: CategorySummary, query: str, index: CatalogIndex) -> Option:
    """With its tools that are nearest to the question."""
    tools = (await index.search(query, k=TOLD, level="tool", categories=[category.name])).hits
    named = ", ".join(hit.id.rpartition("/")[2] for hit in tools)
    text = f"{category.description} {category.tools} tools{f', such as {named}' if named else ''}".strip()
    return Option(category.name, category.name, text)


def _groups(categories: Sequence[CategorySummary]) -> dict[str, list[str]]:
    """The categories of each group, both in the order in which they are given."""
    groups: dict[str, list[str]] = {}
    for category in categories:
        if category.group:
            groups.setdefault(category.group, []).append(category.name)
    return groups


async def _of_groups(
    groups: Mapping[str, Sequence[str]],
    names: list[str],
    state: State,
    run: Run,
    reasoner: Reasoner,
    *,
    has_model: bool,
) -> list[str]:
    """Where there are groups, the names within the chosen ones; categories in no group always stay."""
    if not groups:
        return names
    offer = Offer("group", [Option(group, group, ", ".join(members)) for group, members in groups.items()])
    avoid, room = avoidance(state.get("failures", [])), room_for("group", has_model=has_model)
    seen = await browse(offer, state["query"], reasoner, limit=GROUPS_OPENED, avoid=avoid, room=room)
    run.emit("groups.chosen", agent=AGENT, chosen=seen.ids, **seen.facts())
    left = {name for group, members in groups.items() if group not in seen.ids for name in members}
    return [name for name in names if name not in left] or names


def option(category: CategorySummary, score: float) -> Option:
    """A category as agents see it."""
    return Option(category.name, category.name, category.description, score)

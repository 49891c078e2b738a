"""The agents of one category: one chooses tools, the next put the APIs of up to five tools into the pool."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from catalog.errors import BudgetExhausted, CatalogError, ReasonerError, SoftLimitReached
from catalog.models import Api, ToolSummary
from catalog.store import CatalogIndex, CatalogStore, Hit
from nodes.browse import Browsed, Offer, browse, room_for
from nodes.failing import known_in
from nodes.grouping import HANDFUL, grouped
from nodes.pool import INDEX, pooled
from nodes.run import Run
from nodes.state import CategoryState, PooledState
from reasoners.protocol import Option, Reasoner

TOOLS_CHOSEN = 30
APIS_CHOSEN = 16
RANKED = 64  # tools of a category; the right one is among them for 99 of 100, and the rest can be paged to
COMPARED = 300  # characters of what is known of a tool, to see which are alike
HINTED, HINTS = 10, 24  # the tools that a page tells of, and APIs that say what these are for


async def category_agent(
    state: CategoryState,
    *,
    run: Run,
    reasoner: Reasoner,
    catalog: CatalogStore,
    index: CatalogIndex,
    has_model: bool,
) -> CategoryState:
    agent, category = f"category:{state['category']}", state["category"]
    run.emit("agent.started", agent=agent, parent="meta", label=f"Which tools of {category}?")
    try:
        tools = await catalog.tools(category)
        offer = await _tools(state, tools, catalog, index)
        seen = await _browse(offer, state, reasoner, limit=TOOLS_CHOSEN, has_model=has_model)
    except (ReasonerError, CatalogError) as error:
        return _as_data(error, run, agent, "meta", f"category {category!r}")
    run.emit("agent.finished", agent=agent, parent="meta", chosen=seen.ids, found=len(seen.ids), **seen.facts())
    ordered = _in_groups(seen.ids, offer, tools, index)
    facts = {"tools": ordered, "looks": seen.looks, "opened": {category: ordered}}
    return {**facts, **_cut_short(seen, agent)}  # type: ignore[typeddict-item]  # an update, not a whole state


def _in_groups(chosen: Sequence[str], offer: Offer, tools: Sequence[ToolSummary], index: CatalogIndex) -> list[str]:
    texts = {option.id: f"{option.title} {option.text[:COMPARED]}" for option in offer.options}
    words = {tool: frozenset(index.words(texts[tool])) for tool in chosen}
    return grouped(words, {tool.id: tool.apis for tool in tools})


async def _browse(offer: Offer, state: CategoryState, reasoner: Reasoner, *, limit: int, has_model: bool) -> Browsed:
    if not offer.options:
        return Browsed(reason="All of it was looked into before.", looks=state.get("looks", 0))
    if has_model and offer.level == "tool" and len(offer.options) == 1 and not state.get("again"):
        only = [offer.options[0].id]
        return Browsed(only, only, reason="It is the only tool.", looks=state.get("looks", 0))
    return await browse(
        offer,
        state["query"],
        reasoner,
        limit=limit,
        avoid=state.get("avoid", ""),
        looks=state.get("looks", 0) if has_model else 0,
        room=room_for(offer.level, has_model=has_model) * (1 + bool(state.get("again"))),
    )


async def _tools(
    state: CategoryState, known: Sequence[ToolSummary], catalog: CatalogStore, index: CatalogIndex
) -> Offer:
    """The category's tools that no round opened yet, as the index ranks them."""
    category, opened = state["category"], known_in(state)
    tools = {tool.id: tool for tool in known if tool.id not in opened}

    async def find(words: str) -> list[Hit]:
        found = await index.search(words, k=RANKED, level="tool", categories=[category])
        return [hit for hit in found.hits if hit.id in tools]

    async def tell(chosen: Sequence[str]) -> list[Option]:
        return [tool_option(tools[tool], 0.0, await _apis_of(tool, catalog)) for tool in chosen]

    scores = {hit.id: hit.score for hit in await find(state["query"])}
    ordered = list(dict.fromkeys([*scores, *tools]))
    hints = await _hints(state["query"], ordered[:HINTED], index)
    return Offer("tool", [tool_option(tools[t], scores.get(t, 0.0), hints.get(t, ())) for t in ordered], find, tell)


async def _hints(query: str, tools: Sequence[str], index: CatalogIndex) -> Mapping[str, Sequence[str]]:
    """By tool: its APIs that are nearest to the question."""
    near: dict[str, list[str]] = {}
    hits = (await index.search(query, k=HINTS, tools=tools)).hits if tools else ()
    for hit in hits:
        tool, _, name = hit.id.rpartition("/")
        near.setdefault(tool, []).append(name)
    return near


async def _apis_of(tool: str, catalog: CatalogStore) -> list[str]:
    return [api.label for api in await catalog.apis(tool) if not api.hidden]


def tool_option(tool: ToolSummary, score: float, apis: Sequence[str]) -> Option:
    """A tool as category agents see it: what it says of itself, and APIs that may be meant."""
    has = f"{tool.apis} APIs{', such as ' if len(apis) < tool.apis else ': '}{', '.join(apis)}" if apis else ""
    return Option(tool.id, tool.name, ". ".join(part for part in (tool.description.rstrip("."), has) if part), score)


async def tool_agent(
    state: CategoryState, *, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex, has_model: bool
) -> CategoryState:
    """What a model chose stands above the index's hits; what words chose is worth what the index gives it."""
    tools = state.get("tools", [])
    agent, parent = f"tool:{', '.join(tools)}", f"category:{state['category']}"
    run.emit("agent.started", agent=agent, parent=parent, label=f"Which APIs of {', '.join(tools)}?")
    try:
        offer, hits = await _apis(state, tools, catalog, index)
        seen = await _choose(offer, state, reasoner, has_model=has_model)
    except (ReasonerError, CatalogError) as error:
        return _as_data(error, run, agent, parent, f"tools {', '.join(tools)}")
    for api_id in seen.ids:
        run.emit("candidate.added", agent=agent, api_id=api_id)
    run.emit("agent.finished", agent=agent, parent=parent, chosen=seen.ids, found=len(seen.ids), **seen.facts())
    pool = _pooled(seen, hits, agent if has_model else INDEX)
    return {"pool": pool, **_cut_short(seen, agent)}  # type: ignore[typeddict-item]  # an update, not a whole state


async def _choose(offer: Offer, state: CategoryState, reasoner: Reasoner, *, has_model: bool) -> Browsed:
    ids = [option.id for option in offer.options]
    if has_model and len(ids) <= HANDFUL:
        return Browsed(ids, ids, reason="So few that nothing is to be chosen.")
    return await _browse(offer, state, reasoner, limit=APIS_CHOSEN, has_model=has_model)


async def _apis(
    state: CategoryState, tools: Sequence[str], catalog: CatalogStore, index: CatalogIndex
) -> tuple[Offer, dict[str, Hit]]:
    """The tools' APIs that were not chosen before, as the index ranks them."""
    passed = set(state.get("passed", ()))
    offered = [api for held in await asyncio.gather(*map(catalog.apis, tools)) for api in held]
    apis = {api.id: api for api in offered if api.id not in passed and not api.hidden}

    async def find(words: str) -> list[Hit]:
        found = await index.search(words, k=max(1, len(apis) + len(passed)), tools=tools)
        return [hit for hit in found.hits if hit.id in apis]

    async def tell(chosen: Sequence[str]) -> list[Option]:
        return [api_option(apis[api_id], 0.0, whole=True) for api_id in chosen]

    hits = {hit.id: hit for hit in await find(state["query"])}
    ordered = _each_tools_best(list(dict.fromkeys([*hits, *apis])), apis)
    options = [api_option(apis[i], hits[i].score if i in hits else 0.0) for i in ordered]
    return Offer("api", options, find, tell), hits


def _each_tools_best(ranked: Sequence[str], apis: Mapping[str, Api]) -> list[str]:
    """The best API of every tool ahead of all others, so that no tool is passed over unseen."""
    firsts = {apis[api_id].tool_id: api_id for api_id in reversed(ranked)}.values()
    return sorted(ranked, key=lambda api_id: api_id not in firsts)


def api_option(api: Api, score: float, *, whole: bool = False) -> Option:
    """An API as tool agents see it; `whole`: with what it needs and gives."""
    # A question that it answers tells more than a description, and stands where the cut does not reach.
    told = [f'E.g. "{api.examples[0]}"' if api.examples else "", api.description]
    if whole:
        told += [api.method, *(f"{p.name}: {p.description}" if p.description else p.name for p in api.parameters)]
    return Option(api.id, f"{api.tool_name}: {api.label}", ". ".join(part.rstrip(". ") for part in told if part), score)


def _pooled(seen: Browsed, hits: Mapping[str, Hit], agent: str) -> list[PooledState]:
    return pooled([hits.get(api_id, Hit(api_id, 0.0)) for api_id in seen.ids], agent=agent, reason=seen.reason)


def _cut_short(seen: Browsed, agent: str) -> dict[str, list[str]]:
    """What kept an agent from looking further."""
    if isinstance(seen.stopped, BudgetExhausted):
        return {"stops": [seen.stopped.limit]}
    return {"problems": [f"The agent {agent} looked no further: {seen.stopped}"]} if seen.stopped else {}


def _as_data(error: ReasonerError | CatalogError, run: Run, agent: str, parent: str, where: str) -> CategoryState:
    if isinstance(error, SoftLimitReached):
        raise error  # a person is asked, and the branch is opened again
    run.emit("agent.finished", agent=agent, parent=parent, chosen=[], found=0, reason=f"Gave up: {error}")
    if isinstance(error, BudgetExhausted):
        said = f"The agent of {where} was not asked: {error.limit} was reached."
        return {"stops": [error.limit], "problems": [said], "tools": []}  # type: ignore[typeddict-item]
    return {"problems": [f"The agent of {where} gave up: {error}"], "tools": []}  # type: ignore[typeddict-item]

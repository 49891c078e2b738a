"""The agents of one category: one chooses tools, the next put the APIs of up to five tools into the pool."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import BudgetExhausted, CatalogError, ReasonerError
from catalog.models import Api, ToolSummary
from catalog.store import CatalogIndex, CatalogStore, Hit
from nodes.pool import INDEX, pooled
from nodes.run import Run
from nodes.state import CategoryState, PooledState
from reasoners.protocol import Option, Reasoner

TOOLS_OFFERED = 24
TOOLS_CHOSEN = 10
TOOLS_AN_AGENT = 5  # AnyTool's limit: more tools to one agent, and it overlooks APIs
APIS_OFFERED = 30
APIS_CHOSEN = 8


async def category_agent(
    state: CategoryState, *, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex
) -> CategoryState:
    try:
        return await _choose_tools(state, run, reasoner, catalog, index)
    except (ReasonerError, CatalogError) as error:
        return _as_data(error, f"category {state['category']!r}")


async def _choose_tools(
    state: CategoryState, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex
) -> CategoryState:
    agent = f"category:{state['category']}"
    run.emit("agent.started", agent=agent, parent="meta", label=f"Which tools of {state['category']}?")
    tools = {tool.id: tool for tool in await catalog.tools(state["category"])}
    found = await index.search(state["query"], k=TOOLS_OFFERED, level="tool", categories=[state["category"]])
    offered = _tool_options(tools, found.hits)
    chosen = await reasoner.choose(
        state["query"], offered, level="tool", limit=TOOLS_CHOSEN, avoid=state.get("avoid", "")
    )
    run.emit(
        "agent.finished",
        agent=agent,
        parent="meta",
        offered=[option.id for option in offered],
        chosen=list(chosen.ids),
        found=len(chosen.ids),
        reason=chosen.reason,
    )
    return {"tools": list(chosen.ids)}  # type: ignore[typeddict-item]  # an update, not a whole state


def _tool_options(tools: dict[str, ToolSummary], hits: Sequence[Hit]) -> list[Option]:
    scores = {hit.id: hit.score for hit in hits if hit.id in tools}
    rest = [tool_id for tool_id in tools if tool_id not in scores][: max(0, TOOLS_OFFERED - len(scores))]
    return [
        Option(tool_id, tools[tool_id].name, tools[tool_id].description, scores.get(tool_id, 0.0))
        for tool_id in (*scores, *rest)
    ]


def batches(tools: Sequence[str]) -> list[list[str]]:
    """At most five tools to an agent. Sorted, so that like names stand with like."""
    ordered = sorted(tools)
    return [ordered[i : i + TOOLS_AN_AGENT] for i in range(0, len(ordered), TOOLS_AN_AGENT)]


async def tool_agent(
    state: CategoryState, *, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex, has_model: bool
) -> CategoryState:
    """What a model chose stands above the index's hits; what words chose is worth what the index gives it."""
    try:
        pool = await _choose_apis(state, run, reasoner, catalog, index)
        if not has_model:
            pool = [{**entry, "agent": INDEX} for entry in pool]
        return {"pool": pool}  # type: ignore[typeddict-item]  # an update, not a whole state
    except (ReasonerError, CatalogError) as error:
        return _as_data(error, f"tools {', '.join(state.get('tools', []))}")


async def _choose_apis(
    state: CategoryState, run: Run, reasoner: Reasoner, catalog: CatalogStore, index: CatalogIndex
) -> list[PooledState]:
    tools, parent = state.get("tools", []), f"category:{state['category']}"
    agent = f"tool:{', '.join(tools)}"
    run.emit("agent.started", agent=agent, parent=parent, label=f"Which APIs of {', '.join(tools)}?")
    hits = {h.id: h for h in (await index.search(state["query"], k=APIS_OFFERED, tools=tools)).hits}
    offered = await _api_options(tools, hits, catalog)
    chosen = await reasoner.choose(
        state["query"], offered, level="api", limit=APIS_CHOSEN, avoid=state.get("avoid", "")
    )
    for api_id in chosen.ids:
        run.emit("candidate.added", agent=agent, api_id=api_id)
    run.emit(
        "agent.finished",
        agent=agent,
        parent=parent,
        offered=[option.id for option in offered],
        chosen=list(chosen.ids),
        found=len(chosen.ids),
        reason=chosen.reason,
    )
    best = [hits.get(api_id, Hit(api_id, 0.0)) for api_id in chosen.ids]
    return pooled(best, agent=agent, reason=chosen.reason)


async def _api_options(tools: Sequence[str], hits: dict[str, Hit], catalog: CatalogStore) -> list[Option]:
    """The index's hits first, then the tools' other APIs while there is room."""
    apis = await catalog.get(list(hits))
    for tool_id in tools:
        if len(apis) >= APIS_OFFERED:
            break
        for api in await catalog.apis(tool_id):
            apis.setdefault(api.id, api)
    return [
        api_option(api, hits[api.id].score if api.id in hits else 0.0) for api in list(apis.values())[:APIS_OFFERED]
    ]


def api_option(api: Api, score: float) -> Option:
    """An API as tool agents see it: what it does, and what it needs."""
    needs = ", ".join(parameter.name for parameter in api.required)
    examples = " ".join(api.examples[:2])
    asked = f"Asked as: {examples}" if examples else ""
    told = [api.method, f"needs {needs}" if needs else "", api.description[:300], asked]
    return Option(api.id, f"{api.tool_name}: {api.label}", ". ".join(part.rstrip(". ") for part in told if part), score)


def _as_data(error: ReasonerError | CatalogError, where: str) -> CategoryState:
    if isinstance(error, BudgetExhausted):
        return {"stops": [error.limit], "tools": []}  # type: ignore[typeddict-item]
    return {"problems": [f"The agent of {where} gave up: {error}"], "tools": []}  # type: ignore[typeddict-item]

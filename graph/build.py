"""The path: every node, and every edge between them. The only place that names edges."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from catalog.errors import SoftLimitReached
from graph.way import Edge, Way, routed
from nodes.answer_grader import answer_grader
from nodes.category import category_agent, tool_agent
from nodes.execute import execute_request
from nodes.extract import extract_params
from nodes.failing import cut_short, paused
from nodes.grouping import batches
from nodes.hallucination_grader import hallucination_grader
from nodes.human import human_loop
from nodes.interpret import interpret_response
from nodes.meta import meta_agent
from nodes.pool import avoidance, chosen_by_agents, tried
from nodes.reflect import reflect
from nodes.rerank import rerank
from nodes.respond import respond
from nodes.select import select_api
from nodes.state import CategoryOutput, CategoryState, Input, Output, PauseState, State, VisitState
from nodes.steps import answered, due, waiting

NODES: Mapping[str, Callable[..., Awaitable[Any]]] = {
    "meta_agent": meta_agent,
    "rerank": rerank,
    "select_api": select_api,
    "extract_params": extract_params,
    "human_loop": human_loop,
    "execute_request": execute_request,
    "interpret_response": interpret_response,
    "hallucination_grader": hallucination_grader,
    "answer_grader": answer_grader,
    "reflect": reflect,
    "respond": respond,
}
TOOL_AGENT_SEES = frozenset({"query", "options", "category", "avoid", "looks", "passed", "again"})
Node = Callable[..., Awaitable[Mapping[str, Any]]]
Graph = CompiledStateGraph[Any, Any, Any, Any]


class Needs(Protocol):
    """Gives every node what its signature asks for. Opened on the first run, never at import."""

    def complete(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The state with every option filled in, so that nodes need not ask whether a client named it."""

    async def of(
        self, names: frozenset[str], agent: str, state: Mapping[str, Any], config: RunnableConfig
    ) -> Mapping[str, object]:
        """Objects by keyword (`run`, `reasoner`, `catalog`, ...) for one agent of the run that `config` names."""


def bound(node: Node, needs: Needs) -> Any:  # Any: LangGraph's overloads know no wrapper of a function
    """The node as LangGraph calls it: its keywords filled in from the run at hand."""
    names = frozenset(name for name in inspect.signature(node).parameters if name != "state")

    @functools.wraps(node)
    async def call(state: Any, config: RunnableConfig) -> Any:
        state = needs.complete(state)
        if node is select_api and state.get("pause"):
            return {}  # branches were cut short: that is asked about first
        try:
            return await node(state, **await needs.of(names, agent_of(node, state), state, config))
        except SoftLimitReached as limit:
            branch = node in (category_agent, tool_agent)
            return cut_short(limit, state) if branch else paused(limit, node.__name__)

    del call.__wrapped__  # LangGraph reads the signature: (state, config)
    return call


def agent_of(node: Node, state: Mapping[str, Any]) -> str:
    """The name under which events and model calls are written."""
    if node is category_agent:
        return f"category:{state['category']}"
    if node is tool_agent:
        return f"tool:{', '.join(state.get('tools', []))}"
    return "meta" if node is meta_agent else node.__name__


def build(needs: Needs, *, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The graph of the service and of Studio.

    Without a checkpointer the platform brings its own, and its clients may set what `Input` has, nothing inside.
    """
    graph = StateGraph(State, input_schema=State if checkpointer else Input, output_schema=Output)
    ways = ways_on()
    for name, node in NODES.items():
        edge, targets = ways.get(name, (None, ()))
        call = bound(node, needs)
        graph.add_node(name, routed(call, edge, targets) if edge else call, destinations=tuple(targets) or None)
    category = build_category(needs)
    graph.add_node("category", category)
    graph.add_conditional_edges(START, Way(at_start), ["meta_agent", "extract_params"])
    graph.add_edge("category", "select_api")
    graph.add_edge("reflect", "meta_agent")
    graph.add_edge("respond", END)
    compiled = graph.compile(checkpointer=checkpointer, name="switchboard")
    # LangGraph draws no subgraph that keeps no checkpoints; the agents are to be seen all the same.
    compiled.nodes["category"].subgraphs = [category]
    return compiled


def build_category(needs: Needs) -> Graph:
    """One category: its agent, then a tool agent for each five tools. Only the outer graph waits for all of them."""
    graph = StateGraph(CategoryState, output_schema=CategoryOutput)
    graph.add_node("category_agent", bound(category_agent, needs))
    graph.add_node("tool_agent", bound(tool_agent, needs))
    graph.add_conditional_edges(START, Way(at_category), ["category_agent", "tool_agent"])
    graph.add_conditional_edges("category_agent", Way(to_tool_agents), ["tool_agent", END])
    graph.add_edge("tool_agent", END)
    return graph.compile(checkpointer=False, name="category")


def ways_on() -> Mapping[str, tuple[Edge, Sequence[str]]]:
    """Behind each node that may lead to several."""
    return {
        **{name: (asking_first(edge), (*targets, "human_loop")) for name, (edge, targets) in edges().items()},
        "execute_request": (after_execute, ("interpret_response", "human_loop")),
        "human_loop": (after_human, (*edges(), "category", "respond")),
    }


def edges() -> Mapping[str, tuple[Edge, Sequence[str]]]:
    """Behind each node in which a limit may be reached, and which is then run again: where it leads."""
    return {
        "meta_agent": (after_meta, ["rerank", "category", "select_api", "respond"]),
        "rerank": (after_rerank, ["meta_agent", "select_api", "respond"]),
        "select_api": (after_select, ["extract_params", "reflect", "interpret_response", "respond"]),
        "extract_params": (after_extract, ["execute_request", "interpret_response", "respond"]),
        "interpret_response": (after_interpret, ["extract_params", "hallucination_grader", "respond"]),
        "hallucination_grader": (after_hallucination_grader, ["interpret_response", "answer_grader", "respond"]),
        "answer_grader": (after_answer_grader, ["reflect", "respond"]),
    }


async def at_start(state: State) -> str:
    """A call that was named by the caller needs no choosing; nor do those that a run had planned before a crash."""
    return "extract_params" if state.get("preset") or state.get("steps") else "meta_agent"


def asking_first(edge: Edge) -> Edge:
    """The edge, but where a soft limit was reached a person is asked whether to go on."""

    @functools.wraps(edge)
    async def after(state: State) -> str | Sequence[str | Send]:
        return "human_loop" if state.get("pause") and not ended(state) else await edge(state)

    return after


def ended(state: State) -> bool:
    """A limit, a failure or the person ended the work."""
    return bool(state.get("stopped_by") or state.get("error") or state.get("cancelled"))


def last_words(state: State) -> str:
    """Where something was found out, it is told, whatever ended the work."""
    return "interpret_response" if answered(state) and not state.get("answer") else "respond"


async def after_meta(state: State) -> str | list[Send]:
    if ended(state):
        return "respond"
    if state["route"] == "rerank" and state.get("pool"):
        return "rerank"
    if state["route"] == "fan_out" and state.get("visits"):
        return to_categories(state, state["visits"])
    # Agents that found nothing may find something in another round; the words of an empty index will not.
    searched_in_vain = state["route"] == "fan_out" and bool(state.get("searched"))
    return "select_api" if state.get("pool") or searched_in_vain else "respond"


def to_categories(state: State, visits: Sequence[VisitState]) -> list[Send]:
    """One branch for each visit."""
    passed = {*chosen_by_agents(state.get("pool", [])), *tried(state.get("failures", []))}
    shared = {
        "query": state["query"],
        "options": state.get("options", {}),
        "avoid": avoidance(state.get("failures", [])),
        "looks": state.get("looks", 0),
        "passed": sorted(passed),
        "again": state["round"] > 1,
    }
    return [Send("category", {**shared, "category": v["category"], "visit": v}) for v in visits]


async def after_rerank(state: State) -> str:
    if ended(state):
        return "respond"
    return "meta_agent" if state.get("widen") else "select_api"


async def at_category(state: CategoryState) -> list[str | Send]:
    """The category's agent, and at the same time those of the tools that an earlier round opened."""
    visit = state.get("visit") or {"category": state["category"], "tools": [], "choose": True}
    own: list[str | Send] = ["category_agent"] if visit["choose"] else []
    return [*own, *tool_agents(state, visit["tools"])]


async def to_tool_agents(state: CategoryState) -> str | list[Send]:
    """Where no tool was chosen, the branch ends."""
    return tool_agents(state, state.get("tools", [])) or END


def tool_agents(state: CategoryState, tools: Sequence[str]) -> list[Send]:
    shared = {name: value for name, value in state.items() if name in TOOL_AGENT_SEES}
    return [Send("tool_agent", {**shared, "tools": batch}) for batch in batches(tools)]


async def after_select(state: State) -> str:
    if ended(state):
        return last_words(state)
    if state.get("again"):
        return "reflect"
    if any(step["alike"] and step["status"] in ("planned", "waiting") for step in state["steps"].values()):
        return "extract_params" if (state.get("options") or {}).get("dry_run") else "human_loop"
    if due(state["steps"]):
        return "extract_params"
    return last_words(state)


async def after_extract(state: State) -> str:
    if unknown(state):
        return "human_loop"
    if ended(state) or (state.get("options") or {}).get("dry_run"):
        return last_words(state)
    if any(step["status"] == "ready" for step in state["steps"].values()):
        return "execute_request"
    return "human_loop" if waiting(state) else last_words(state)


async def after_human(state: State) -> str | list[Send]:
    if state.get("cancelled"):
        return "respond"
    if pause := state.get("resumed"):
        return after_pause(state, pause)
    return "select_api" if state.get("choice_made") else "extract_params"


def after_pause(state: State, pause: PauseState) -> str | list[Send]:
    """Where the work stopped, it goes on."""
    if ended(state):  # an answer that was refused is composed anew, without a model
        return pause["at"] if pause["at"] == "interpret_response" else last_words(state)
    return to_categories(state, pause["cut"]) if pause["cut"] else pause["at"]


def unknown(state: State) -> bool:
    """Whether something was sent of which nobody knows if it happened: that is asked before anything else."""
    return any(step["ask"] == "outcome_unknown" for step in state["steps"].values())


async def after_execute(state: State) -> str:
    """Where a call left a question open and nothing else can go on, a person is asked at once."""
    if unknown(state):
        return "human_loop"
    pending = due(state["steps"])
    asked = bool(pending) and all(step["status"] == "waiting" for step in pending)
    return "human_loop" if asked and not ended(state) else "interpret_response"


async def after_interpret(state: State) -> str:
    if not ended(state) and not state.get("answer") and due(state["steps"]):
        return "extract_params"
    return "hallucination_grader" if state.get("answer") else "respond"


async def after_hallucination_grader(state: State) -> str:
    """One new try where something was wrong. An answer that had to do without the model is not judged by it."""
    draft = state["draft"]
    if draft["wrong"] and not draft["last"] and not ended(state):
        return "interpret_response"
    return "respond" if draft["plain"] or ended(state) else "answer_grader"


async def after_answer_grader(state: State) -> str:
    return "reflect" if state.get("again") and not ended(state) else "respond"

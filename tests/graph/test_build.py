"""The drawn graph: its nodes and edges, as the documents show them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from graph.build import build
from graph.services import Services
from graph.way import NoSuchWay, merged, routed
from nodes.state import State

EDGES = {
    "__start__": {"meta_agent", "extract_params"},
    "meta_agent": {"rerank", "category", "select_api", "respond", "human_loop"},
    "rerank": {"meta_agent", "select_api", "respond", "human_loop"},
    "category": {"select_api"},
    "select_api": {"extract_params", "human_loop", "interpret_response", "reflect", "respond"},
    "extract_params": {"execute_request", "human_loop", "interpret_response", "respond"},
    "human_loop": {
        "meta_agent",
        "rerank",
        "select_api",
        "extract_params",
        "interpret_response",
        "hallucination_grader",
        "answer_grader",
        "category",
        "respond",
    },
    "execute_request": {"interpret_response", "human_loop"},
    "interpret_response": {"extract_params", "hallucination_grader", "respond", "human_loop"},
    "hallucination_grader": {"interpret_response", "answer_grader", "respond", "human_loop"},
    "answer_grader": {"reflect", "respond", "human_loop"},
    "reflect": {"meta_agent"},
    "respond": {"__end__"},
}


def drawn(graph: Any) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for edge in graph.edges:
        edges.setdefault(edge.source, set()).add(edge.target)
    return edges


def test_the_path_has_these_edges_and_no_others(services: Services) -> None:
    assert drawn(services.graph.get_graph()) == EDGES


def test_agents_of_every_level_are_seen_inside(services: Services) -> None:
    nodes = set(services.graph.get_graph(xray=True).nodes)
    assert {"meta_agent", "category:category_agent", "category:tool_agent"} <= nodes


def test_studio_sees_the_same_path_and_a_form_with_the_question(services: Services) -> None:
    graph = build(services.parts)
    assert drawn(graph.get_graph()) == EDGES
    form = graph.get_input_jsonschema()
    assert set(form["properties"]) == {"query", "params", "options"}
    assert form["required"] == ["query"]
    assert set(graph.get_output_jsonschema()["properties"]) == {"answer", "result"}


async def asking(state: State, config: RunnableConfig) -> State:
    return {"warnings": ["asked"], "stops": ["max_tokens"]}


async def test_a_node_says_where_it_leads_by_the_state_that_it_leaves() -> None:
    async def after(state: State) -> str:
        return "respond" if state["warnings"] and state["stops"] == ["deadline_seconds", "max_tokens"] else "reflect"

    told = await routed(asking, after, ["respond", "reflect"])({"stops": ["deadline_seconds"]}, RunnableConfig())
    assert told == Command(update={"warnings": ["asked"], "stops": ["max_tokens"]}, goto=["respond"])


async def test_a_way_that_is_not_drawn_is_not_gone_in_silence() -> None:
    async def nowhere(state: State) -> str:
        return "elsewhere"

    with pytest.raises(NoSuchWay, match="elsewhere"):
        await routed(asking, nowhere, ["respond"])({}, RunnableConfig())


def test_what_is_written_for_the_first_time_stands_as_it_is() -> None:
    assert merged({"query": "q"}, {"stops": ["b", "a"]}) == {"query": "q", "stops": ["b", "a"]}

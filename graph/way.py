"""Edges as LangGraph follows them, without what it does for each: a traced run, a task, a copy of every channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.types import Command, Send

from nodes.state import State

Call = Callable[[Any, RunnableConfig], Awaitable[Any]]
Edge = Callable[[State], Awaitable[Any]]  # Any: a node's name, or several, or branches


class Way(Runnable[Any, Any]):
    """Where a node leads. What LangGraph makes of a function took a twentieth of a question's time."""

    def __init__(self, edge: Callable[[Any], Awaitable[Any]]) -> None:
        self.edge = edge
        self.name = edge.__name__

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - its name
        raise TypeError(f"{self.name} is asked only on an event loop: use ainvoke")

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - ditto
        return await self.edge(input)


class NoSuchWay(Exception):
    """An edge names a node to which it is not drawn."""


def routed(node: Call, edge: Edge, targets: Sequence[str]) -> Any:  # Any: as for the node itself
    """The node, which says itself where it leads: to read the state for an edge, LangGraph copies all of its channels.

    Only for nodes that run alone: what others write in the same step is not seen.
    """
    drawn = frozenset(targets)

    async def call(state: Any, config: RunnableConfig) -> Any:
        update = await node(state, config)
        goto = await edge(merged(state, update))
        named = [goto] if isinstance(goto, str | Send) else list(goto)
        if strays := {way.node if isinstance(way, Send) else way for way in named} - drawn:
            raise NoSuchWay(f"{edge.__name__} leads to {sorted(strays)}")
        return Command(update=update, goto=named)

    return call


def merged(state: Mapping[str, Any], update: Mapping[str, Any]) -> State:
    """The state as it is once the update is written."""
    joins = _joins()
    written = {
        name: joins[name](state[name], value) if name in joins and name in state else value
        for name, value in update.items()
    }
    return {**state, **written}  # type: ignore[typeddict-item]  # the same keys


@cache
def _joins() -> Mapping[str, Callable[[Any, Any], Any]]:
    """How what is there and what is written are brought together, where the state says so."""
    hints = get_type_hints(State, include_extras=True)
    return {name: hint.__metadata__[-1] for name, hint in hints.items() if hasattr(hint, "__metadata__")}

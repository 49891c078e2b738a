"""An edge as LangGraph follows it: the plain function, without a traced run and a task of its own for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig


class Way(Runnable[Any, Any]):
    """Where a node leads. What LangGraph makes of a function took a twentieth of a question's time."""

    def __init__(self, edge: Callable[[Any], Awaitable[Any]]) -> None:
        self.edge = edge
        self.name = edge.__name__

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - its name
        raise TypeError(f"{self.name} is asked only on an event loop: use ainvoke")

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - ditto
        return await self.edge(input)

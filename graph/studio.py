"""The graph for LangGraph Studio: `langgraph dev` brings threads and checkpoints, the first run opens the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig

from graph.build import build
from graph.opening import opened
from graph.parts import Parts, complete_state
from graph.settings import Settings


class OpenedLate:
    """Keeps `graph.build.Needs`: nothing is opened before a node asks, and then once for all runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = asyncio.Lock()
        self._parts: Parts | None = None

    def complete(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        return complete_state(state, self._settings)

    async def of(
        self, names: frozenset[str], agent: str, state: Mapping[str, Any], config: RunnableConfig
    ) -> Mapping[str, object]:
        parts = self._parts or await self._open()
        return await parts.of(names, agent, state, config)

    async def _open(self) -> Parts:
        async with self._opening:
            if self._parts is None:
                # In a thread: the platform refuses runs that block its event loop.
                self._parts = await asyncio.to_thread(opened, self._settings, never_block=True)
            return self._parts


graph = build(OpenedLate(Settings.model_validate({})))

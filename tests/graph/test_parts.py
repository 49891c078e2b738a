"""What the nodes of a run are given: its own budget, also where another platform started it."""

from __future__ import annotations

from typing import Any

from graph.services import Services


async def run_of(services: Services, run_id: str, agent: str) -> Any:
    config: Any = {"configurable": {"thread_id": "t", "run_id": run_id}}
    return (await services.parts.of(frozenset({"run"}), agent, {}, config))["run"]


async def test_a_resume_on_another_platform_goes_on_with_what_the_thread_had_spent(services: Services) -> None:
    first = await run_of(services, "1", "meta")
    first.spent.llm_calls = 3
    assert await run_of(services, "1", "select_api") is first
    resumed = await run_of(services, "2", "human_loop")
    assert (resumed.run_id, resumed.spent.llm_calls) == ("2", 3)
    assert resumed.elapsed_ms() > 0


async def test_a_new_question_on_the_same_thread_begins_anew(services: Services) -> None:
    first = await run_of(services, "1", "meta")
    first.spent.llm_calls = 3
    assert (await run_of(services, "2", "meta")).spent.llm_calls == 0

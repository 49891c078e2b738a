"""Prompts and prices of the operator's own, from the setting to the trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.errors import SettingsError
from evals.oracle import Gold, Oracle
from evals.scripted_model import ScriptedModel
from graph.requests import QueryRequest
from reasoners.chat.prompts import Prompt

QUESTION = "Which item was ordered for 123456?"
ORACLE = Oracle({QUESTION: [Gold("shop/orders/get_order", "shop/orders", "Shop", parameters={"order_id": "123456"})]})
PLAN = "Plan the calls. Name them in `apis`."


def chat(model: ScriptedModel, **more: object) -> dict[str, object]:
    return {"reasoner": "chat", "model": "scripted", "openai_base_url": model.url, **more}


@pytest.mark.parametrize("named", [False, True], ids=["in the data folder", "where the setting says"])
async def test_an_own_prompt_is_what_the_model_reads_and_its_version_what_the_trace_names(
    start: Any, upstream: Any, tmp_path: Path, named: bool
) -> None:
    folder = tmp_path / ("mine" if named else "data/prompts")
    folder.mkdir(parents=True)
    (folder / "plan.md").write_text(PLAN, "utf-8")
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, **({"prompts_dir": folder} if named else {}))) as services:
            body = await services.runs.ask(QueryRequest(query=QUESTION), tenant="default")
            trace: Any = await services.runs.trace(body["thread_id"], tenant="default")

    assert body["status"] == "completed"
    assert any(asked.text.startswith(PLAN) for asked in model.requests)
    own = Prompt("plan", PLAN)
    called = [call["prompt"] for agent in trace["rounds"][0]["agents"] for call in agent["llm_calls"]]
    assert own.label in called
    assert trace["prompt_versions"]["plan"] == own.version


async def test_a_prompt_that_cannot_be_used_keeps_the_service_from_starting(start: Any, tmp_path: Path) -> None:
    (tmp_path / "data" / "prompts").mkdir(parents=True)
    (tmp_path / "data" / "prompts" / "plans.md").write_text(PLAN, "utf-8")
    with ScriptedModel(ORACLE) as model, pytest.raises(SettingsError, match=r"plans\.md .* did you mean plan\.md"):
        async with start(**chat(model)):
            pass

    assert model.requests == []


async def test_a_folder_of_prompts_that_is_named_must_be_there(start: Any, tmp_path: Path) -> None:
    with ScriptedModel(ORACLE) as model, pytest.raises(SettingsError, match="SWITCHBOARD_PROMPTS_DIR"):
        async with start(**chat(model, prompts_dir=tmp_path / "nowhere")):
            pass


async def test_an_own_price_counts_in_dollars(start: Any, upstream: Any, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text('{"scripted": {"input": 2, "output": 10}}', "utf-8")
    with ScriptedModel(ORACLE) as model:
        async with start(**chat(model, prices_file=prices, max_cost_usd=5)) as services:
            body: Any = await services.runs.ask(QueryRequest(query=QUESTION), tenant="default")

    usage = body["usage"]
    expected = (usage["input_tokens"] * 2 + usage["output_tokens"] * 10) / 1e6
    assert usage["cost_usd"] == pytest.approx(expected)
    assert expected > 0


async def test_a_table_of_prices_that_cannot_be_read_keeps_the_service_from_starting(
    start: Any, tmp_path: Path
) -> None:
    with ScriptedModel(ORACLE) as model, pytest.raises(SettingsError, match="SWITCHBOARD_PRICES_FILE"):
        async with start(**chat(model, prices_file=tmp_path / "nowhere.json")):
            pass

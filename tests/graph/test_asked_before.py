"""What answered questions teach the search, through the whole service: a real shop, a real index, real files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from catalog.asked_before import telling
from catalog.lessons import Lesson
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services

ORDER = "shop/orders/get_order"
SLANG = "Any news on my whatsit 123456?"
"""No word of it is the catalog's; which API answers it, only someone who answered it knows."""


async def ask(services: Services, query: str, *, tenant: str = "default", thread: str | None = None) -> dict[str, Any]:
    return dict(await services.runs.ask(QueryRequest(query=query, thread_id=thread), tenant=tenant))


async def teach(services: Services, query: str, *api_ids: str, tenant: str = "default") -> None:
    """As if the question had been answered so."""
    assert services.parts.lessons is not None
    words = tuple(telling(query, services.index))
    await services.parts.lessons.learn(tenant, Lesson("earlier", query, words, api_ids, datetime.now(UTC)))


def called(answer: dict[str, Any]) -> list[str]:
    return [call["api_id"] for call in answer["calls"]]


async def test_a_question_in_words_that_the_catalog_lacks_is_answered_once_its_like_was(services: Services) -> None:
    before = await ask(services, SLANG)
    assert before["status"] == "no_tool"
    await teach(services, "Any news on my whatsit 55555?", ORDER)
    after = await ask(services, SLANG)
    assert (after["status"], called(after)) == ("completed", [ORDER])
    assert after["pool"][0]["why"].startswith("answered a question like this before")


async def test_what_was_answered_is_learned_and_outlives_the_process(start: Any) -> None:
    async with start() as services:
        assert (await ask(services, "Where is order 55555?"))["status"] == "completed"
    async with start() as services:
        assert services.parts.lessons is not None
        (lesson,) = await services.parts.lessons.latest("default", most=5)
    assert (lesson.query, lesson.api_ids) == ("Where is order 55555?", (ORDER,))


async def test_no_tenant_is_taught_by_another(services: Services) -> None:
    await teach(services, SLANG, ORDER, tenant="one")
    assert (await ask(services, SLANG, tenant="two"))["status"] == "no_tool"
    assert (await ask(services, SLANG, tenant="one"))["status"] == "completed"


async def test_a_deleted_thread_taught_nothing(services: Services) -> None:
    await ask(services, "Where is order 55555?", thread="told")
    await services.runs.delete("told", tenant="default")
    assert services.parts.lessons is not None
    assert await services.parts.lessons.latest("default", most=5) == []


async def test_what_failed_teaches_nothing(services: Services, upstream: Any) -> None:
    upstream.answers["GET /orders/55555"] = (500, {"error": "down"})
    assert (await ask(services, "Where is order 55555?"))["status"] == "failed"
    assert (await ask(services, "Where is order 99999?"))["status"] == "completed"  # there is no such order
    assert services.parts.lessons is not None
    assert await services.parts.lessons.latest("default", most=5) == []


async def test_what_was_only_rehearsed_teaches_nothing(services: Services) -> None:
    request = QueryRequest.model_validate({"query": "Where is order 55555?", "options": {"dry_run": True}})
    assert (await services.runs.ask(request, tenant="default"))["status"] == "completed"
    assert services.parts.lessons is not None
    assert await services.parts.lessons.latest("default", most=5) == []


async def test_a_call_that_changes_something_is_approved_all_the_same(services: Services, upstream: Any) -> None:
    await teach(services, "Cancel order 55555", "shop/orders/cancel_order")
    waiting = await ask(services, "Cancel order 55555")
    assert (waiting["status"], upstream.sent("DELETE")) == ("input_required", [])
    answers: dict[str, JsonValue] = {"id": waiting["input_requests"][0]["id"], "action": "accept", "content": {}}
    resume = ResumeRequest.model_validate({"responses": [answers]})
    done = await services.runs.resume(str(waiting["thread_id"]), resume, tenant="default")
    assert (done["status"], len(upstream.sent("DELETE"))) == ("completed", 1)


@pytest.mark.parametrize("how", ["removed", "hidden"])
async def test_what_has_left_the_catalog_or_is_hidden_does_not_come_back(services: Services, how: str) -> None:
    await teach(services, SLANG, ORDER)
    if how == "removed":
        await services.catalog.delete(ORDER)
    else:
        api = (await services.catalog.get([ORDER]))[ORDER]
        await services.catalog.put(api.model_copy(update={"hidden": True}))
    answer = await ask(services, SLANG)
    assert (answer["status"], answer["pool"]) == ("no_tool", [])


async def test_a_question_for_some_categories_is_not_led_to_others(services: Services) -> None:
    await teach(services, SLANG, ORDER)
    request = QueryRequest.model_validate({"query": SLANG, "options": {"categories": ["Weather"]}})
    answer = dict(await services.runs.ask(request, tenant="default"))
    assert answer["pool"] == []


async def test_switched_off_it_neither_learns_nor_recalls(start: Any) -> None:
    async with start() as services:
        await teach(services, SLANG, ORDER)
    async with start(learned_questions=0) as services:
        assert (await ask(services, SLANG))["status"] == "no_tool"
        assert (await ask(services, "Where is order 55555?"))["status"] == "completed"
    async with start() as services:
        assert services.parts.lessons is not None
        assert [each.query for each in await services.parts.lessons.latest("default", most=5)] == [SLANG]


async def test_a_file_that_is_no_database_costs_no_answer(start: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lessons.db").write_bytes(b"no database at all, " * 200)
    async with start() as services:
        assert (await ask(services, "Where is order 55555?"))["status"] == "completed"


async def test_a_file_that_breaks_while_the_service_runs_costs_no_answer(
    start: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with start() as services:
        with closing(sqlite3.connect(tmp_path / "data" / "lessons.db")) as vandal:
            vandal.executescript("DROP TABLE words; DROP TABLE lessons;")
        assert (await ask(services, "Where is order 55555?"))["status"] == "completed"
    assert "The search goes on without it." in caplog.text
    assert "Nothing was learned from this question." in caplog.text


async def test_short_questions_that_share_a_word_teach_each_other_nothing(services: Services) -> None:
    for query in ("Where is my order?", "Where is order 55555?", "Has order 55555 shipped?", "Show order 123456"):
        await teach(services, query, ORDER)
    waiting = await ask(services, "Cancel order 55555")
    assert waiting["status"] == "input_required"
    assert waiting["pool"][0]["api_id"] == "shop/orders/cancel_order"

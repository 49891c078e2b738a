"""A response larger than a thread can carry: its part that matters is answered from, the whole can be paged."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from catalog.errors import NoSuchPlace, NoSuchThread
from graph.paging import PageRequest, page_of
from graph.requests import QueryRequest
from graph.services import Services

LINES: list[JsonValue] = [{"line": n, "name": f"Part {n}", "note": "x" * 60} for n in range(4_000)]
BODY: JsonValue = {
    "order_id": "123456",
    "status": "packed",
    "lines": [*LINES, {"line": 4_000, "name": "Walnut Lectern"}],
}


async def asked(services: Services, query: str) -> dict[str, Any]:
    return await services.runs.ask(QueryRequest(query=query), tenant="default")


async def page(services: Services, body: dict[str, Any], step: str = "1", **wanted: Any) -> dict[str, Any]:
    found = await services.runs.response(body["thread_id"], step, PageRequest(**wanted), tenant="default")
    return dict(found)


async def test_the_item_that_was_asked_for_is_carried_and_the_rest_is_counted(
    services: Services, upstream: Any
) -> None:
    upstream.answers["GET /orders/123456"] = (200, BODY)
    body = await asked(services, "Which line of order 123456 is the Walnut Lectern?")
    (call,) = body["calls"]
    (omitted,) = [each for each in call["omitted"] if each["pointer"] == "/lines"]
    assert (omitted["of"], omitted["places"][-1]) == (4_001, 4_000)
    assert call["response"]["lines"][-1] == {"line": 4_000, "name": "Walnut Lectern"}
    assert call["truncated"] and call["response_url"] == f"/threads/{body['thread_id']}/responses/1"
    assert any("of 4001 at '/lines'" in warning and call["response_url"] in warning for warning in body["warnings"])


async def test_the_whole_can_be_paged_and_goes_with_its_thread(services: Services, upstream: Any) -> None:
    upstream.answers["GET /orders/123456"] = (200, BODY)
    body = await asked(services, "Which item was ordered for 123456?")
    first = await page(services, body, pointer="/lines", limit=2)
    assert (first["value"], first["total"], first["next_offset"]) == (LINES[:2], 4_001, 2)
    last = await page(services, body, pointer="/lines", offset=4_000)
    assert (last["value"], last["next_offset"]) == ([{"line": 4_000, "name": "Walnut Lectern"}], None)
    one = await page(services, body, pointer="/lines/3999/name")
    assert one["value"] == "Part 3999"
    with pytest.raises(NoSuchPlace, match="4001 items"):
        await page(services, body, pointer="/lines/4001")
    await services.runs.delete(body["thread_id"], tenant="default")
    with pytest.raises(NoSuchThread):
        await page(services, body)
    assert await services.parts.ledger.response(body["thread_id"], "1") is None


async def test_a_response_that_is_carried_whole_is_paged_from_the_thread(services: Services) -> None:
    body = await asked(services, "Which item was ordered for 123456?")
    assert body["calls"][0]["omitted"] == [] and body["calls"][0]["response_url"] is None
    assert (await page(services, body, pointer="/items/0/name"))["value"] == "Herbal Handsoap"
    with pytest.raises(NoSuchPlace, match="no call of such a step"):
        await page(services, body, step="2")


@pytest.mark.parametrize(
    ("pointer", "why"),
    [
        ("lines", "begins with"),
        ("/nothing", "no such field"),
        ("/a~1b/x", "no parts"),
        ("/rows/9", "has 3 items"),
        ("/rows/-1", "has 3 items"),
        ("/rows/²", "has 3 items"),
        ("/rows/99999999999999999999", "has 3 items"),
        ("/rows/000000000000999", "has 3 items"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_what_stands_on_the_way(pointer: str, why: str) -> None:
    with pytest.raises(NoSuchPlace, match=why):
        page_of({"rows": [1, 2, 3], "a/b": "text"}, PageRequest(pointer=pointer))


def test_objects_and_texts_are_paged_too() -> None:
    document: JsonValue = {"a/b": "abcdef", "n": None}
    text = page_of(document, PageRequest(pointer="/a~1b", offset=2, limit=3))
    assert (text["value"], text["total"], text["next_offset"]) == ("cde", 6, 5)
    fields = page_of(document, PageRequest(limit=1))
    assert (fields["value"], fields["total"], fields["next_offset"]) == ({"a/b": "abcdef"}, 2, 1)
    nothing = page_of(document, PageRequest(pointer="/n"))
    assert (nothing["value"], nothing["total"], nothing["next_offset"]) == (None, None, None)


async def test_a_key_that_is_refused_closes_its_tool_and_says_which_key(services: Services, upstream: Any) -> None:
    upstream.answers["GET /orders/123456"] = (401, {"error": "unknown key"})
    body = await asked(services, "Which item was ordered for 123456?")
    assert body["status"] == "failed"
    assert "HTTP 401: unknown key" in body["error"]["detail"]
    assert upstream.sent("GET") == ["/orders/123456"]

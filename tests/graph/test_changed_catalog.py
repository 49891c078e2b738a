"""A catalog that is imported anew while a thread waits: what was asked is checked again by what is true now."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from catalog.importing import import_document
from graph.requests import QueryRequest, ResumeRequest
from graph.services import Services
from tests.graph.conftest import catalog

Body = dict[str, Any]
GET, CANCEL = 0, 1


async def ask(services: Services, query: str, **options: Any) -> Body:
    request = QueryRequest.model_validate({"query": query, "options": options})
    return await services.runs.ask(request, tenant="default")


async def accept(services: Services, body: Body, **content: Any) -> Body:
    (request,) = body["input_requests"]
    responses = [{"id": request["id"], "action": "accept", "content": content}]
    return await services.runs.resume(
        body["thread_id"], ResumeRequest.model_validate({"responses": responses}), tenant="default"
    )


async def import_anew(services: Services, upstream: Any, place: int, **fields: Any) -> None:
    """The shop once more, one of its orders' APIs said otherwise; None leaves that API out."""
    said: Any = deepcopy(catalog(upstream.url))
    apis = said["tools"][0]["apis"]
    parameter = fields.pop("parameter", {})
    apis[place].update(fields)
    apis[place]["parameters"] = [{**apis[place]["parameters"][0], **parameter}]
    if fields.get("name", "") is None:
        del apis[place]
    await import_document(services.catalog, said, format="switchboard", source="shop")
    await services.index.sync()


async def test_an_answer_is_held_against_the_new_definition(services: Services, upstream: Any) -> None:
    body = await ask(services, "Where is my order?")
    await import_anew(services, upstream, GET, parameter={"pattern": "^[0-9]{8}$"})
    body = await accept(services, body, order_id="55555")
    (again,) = body["input_requests"]
    assert (again["reason"], again["attempt"], again["errors"][0]["rejected"]) == ("missing_parameters", 2, "55555")
    assert again["schema"]["properties"]["order_id"]["pattern"] == "^[0-9]{8}$"
    assert upstream.received == []


async def test_a_value_of_the_question_that_fits_no_more_is_asked_for(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    await import_anew(services, upstream, CANCEL, parameter={"pattern": "^[0-9]{8}$"})
    body = await accept(services, body)
    (again,) = body["input_requests"]
    assert again["reason"] == "missing_parameters"
    assert upstream.received == []


async def test_a_parameter_that_became_required_is_asked_for_before_anything_is_sent(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Where is my order?")
    await import_anew(services, upstream, GET, path="/orders/{number}", parameter={"name": "number"})
    body = await accept(services, body, order_id="55555")
    (again,) = body["input_requests"]
    assert list(again["schema"]["properties"]) == ["number"]
    assert upstream.received == []


async def test_a_call_that_changes_something_since_the_import_is_approved_first(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Where is my order?")
    await import_anew(services, upstream, GET, risk="mutating")
    body = await accept(services, body, order_id="55555")
    assert [request["reason"] for request in body["input_requests"]] == ["approval"]
    assert upstream.received == []
    assert (await accept(services, body))["status"] == "completed"
    assert upstream.sent("GET") == ["/orders/55555"]


async def test_an_approval_is_asked_again_where_the_request_is_another_now(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    first = body["input_requests"][0]
    await import_anew(services, upstream, CANCEL, path="/orders/{order_id}/everything")
    body = await accept(services, body)
    (again,) = body["input_requests"]
    assert (again["reason"], again["id"] == first["id"]) == ("approval", False)
    assert again["request"]["url"].endswith("/everything")
    assert upstream.received == []


async def test_an_approval_is_asked_again_where_the_api_is_said_to_do_something_else(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Cancel order 123456")
    await import_anew(services, upstream, CANCEL, description="Cancels the order, and keeps the money.")
    body = await accept(services, body)
    assert [request["reason"] for request in body["input_requests"]] == ["approval"]
    assert upstream.received == []


async def test_an_approval_holds_where_only_what_finds_the_api_changed(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    await import_anew(services, upstream, CANCEL, examples=["I do not want it any more"])
    assert (await accept(services, body))["status"] == "completed"
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_an_api_that_the_import_left_out_is_told(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    await import_anew(services, upstream, CANCEL, name=None)
    body = await accept(services, body)
    assert (body["status"], body["error"]["code"], upstream.received) == ("failed", "no_such_entry", [])


@pytest.mark.parametrize("approval", ["always", "never"])
async def test_a_person_may_say_of_an_api_whether_it_is_approved(services: Services, approval: str) -> None:
    for api_id in ("shop/orders/get_order", "shop/orders/cancel_order"):
        api = (await services.catalog.get([api_id]))[api_id]
        await services.catalog.put(api.model_copy(update={"approval": approval}))
    body = await ask(services, "Has order 55555 shipped?")
    assert [r["reason"] for r in body["input_requests"]] == (["approval"] if approval == "always" else [])
    body = await ask(services, "Cancel order 55555")
    assert [r["reason"] for r in body["input_requests"]] == (["approval"] if approval == "always" else [])
    body = await ask(services, "Cancel order 55555", approve="always")
    assert [r["reason"] for r in body["input_requests"]] == ["approval"]


async def test_no_question_leads_to_a_hidden_api(services: Services, upstream: Any) -> None:
    api = (await services.catalog.get(["shop/orders/get_order"]))["shop/orders/get_order"]
    await services.catalog.put(api.model_copy(update={"hidden": True}))
    await services.index.sync()
    for strategy in ("index", "fan_out"):
        body = await ask(services, "Which item was ordered for 123456?", strategy=strategy)
        assert api.id not in [entry["api_id"] for entry in body["pool"]]
    assert "/orders/123456" not in upstream.sent("GET")

"""The path as a whole: a question goes in, real calls go out, an answer with its reasons comes back."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.errors import InvalidAnswer, InvalidQuery, NoSuchEntry, NoSuchThread, QuestionClosed, ThreadExists
from graph.requests import QueryRequest, ResumeRequest, TryRequest
from graph.services import Services

Body = dict[str, Any]


async def ask(services: Services, query: str, **more: Any) -> Body:
    return await services.runs.ask(QueryRequest.model_validate({"query": query, **more}), tenant="default")


async def resume(services: Services, body: Body, *responses: Body, **more: Any) -> Body:
    request = ResumeRequest.model_validate({"responses": list(responses)} if responses else more)
    return await services.runs.resume(body["thread_id"], request, tenant="default")


def accept(request: Body, **content: Any) -> Body:
    return {"id": request["id"], "action": "accept", "content": content}


async def test_a_question_that_says_all_is_answered_after_one_call(services: Services, upstream: Any) -> None:
    body = await ask(services, "Which item was ordered for 123456?")
    assert body["status"] == "completed"
    assert "Herbal Handsoap" in body["answer"]
    assert upstream.sent("GET") == ["/orders/123456"]
    call = body["calls"][0]
    assert call["parameters"] == {"order_id": "123456"}
    assert call["origins"] == {"order_id": {"source": "query", "start": 27, "end": 33}}
    assert (call["http_status"], body["rounds"], body["strategy"]) == (200, 1, "index")


async def test_a_missing_value_is_asked_for_and_a_wrong_one_again_with_the_reason(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Where is my order?")
    assert body["status"] == "input_required"
    (request,) = body["input_requests"]
    assert (request["reason"], request["attempt"], list(request["schema"]["properties"])) == (
        "missing_parameters",
        1,
        ["order_id"],
    )
    assert body["resume_url"] == f"/query/{body['thread_id']}/resume"

    body = await resume(services, body, accept(request, order_id="twelve"))
    (again,) = body["input_requests"]
    assert again["attempt"] == 2 and again["id"] != request["id"]
    assert again["errors"][0]["pointer"] == "/order_id" and again["errors"][0]["rejected"] == "twelve"
    with pytest.raises(QuestionClosed):
        await resume(services, body, accept(request, order_id="55555"))

    body = await resume(services, body, params={"order_id": "55555"})
    assert body["status"] == "completed" and "Oak Tray" in body["answer"]
    assert body["calls"][0]["origins"] == {"order_id": {"source": "user"}}
    assert upstream.sent("GET") == ["/orders/55555"]


async def test_after_three_wrong_answers_the_step_fails_with_a_clear_error(services: Services, upstream: Any) -> None:
    body = await ask(services, "Where is my order?")
    for _ in range(3):
        body = await resume(services, body, accept(body["input_requests"][0], order_id="?"))
    assert body["status"] == "failed"
    assert "3 attempts" in body["error"]["detail"]
    assert upstream.received == []


async def test_an_unknown_order_is_an_answer_and_no_other_api_is_tried(services: Services, upstream: Any) -> None:
    body = await ask(services, "Which item was ordered for 383833?")
    assert body["status"] == "completed"
    assert body["calls"][0]["http_status"] == 404
    assert "383833" in body["answer"]
    assert len(upstream.received) == 1


@pytest.mark.parametrize("query", ["Hi", "Are you an AI?", "Who painted the Mona Lisa?"])
async def test_what_nothing_fits_is_refused_without_a_call(services: Services, upstream: Any, query: str) -> None:
    body = await ask(services, query)
    assert (body["status"], body["calls"], upstream.received) == ("no_tool", [], [])
    assert body["answer"]


async def test_a_near_synonym_finds_what_the_words_do_not(services: Services, upstream: Any) -> None:
    body = await ask(services, "How hot is it in Cairo?")
    assert (body["status"], upstream.sent("GET")) == ("completed", ["/weather/Cairo"])


async def test_only_the_named_categories_are_searched(services: Services, upstream: Any) -> None:
    body = await ask(services, "How is the weather in Scotland right now?", options={"categories": ["Shop"]})
    assert (body["status"], upstream.received) == ("no_tool", [])
    assert all(entry["api_id"].lower().startswith("shop/") for entry in body["pool"])
    assert body["closest"][0]["api_id"] == "weather/meteo/current"
    assert "'Weather'" in body["closest"][0]["why"]


async def test_what_changes_something_is_shown_first_and_sent_once_after_approval(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Cancel order 123456")
    (request,) = body["input_requests"]
    assert request["reason"] == "approval"
    assert (request["request"]["method"], request["request"]["url"]) == ("DELETE", f"{upstream.url}/orders/123456")
    assert upstream.received == []
    body = await resume(services, body, {"id": request["id"], "action": "accept"})
    assert body["status"] == "completed"
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_what_is_declined_is_not_sent(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "decline"})
    assert (body["status"], upstream.received) == ("declined", [])


async def test_a_cancelled_question_ends_the_run(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "cancel"})
    assert (body["status"], upstream.received) == ("cancelled", [])


async def test_a_half_filled_form_asks_only_for_the_rest(services: Services, upstream: Any) -> None:
    body = await ask(services, "Where is my order?")
    request = body["input_requests"][0]
    body = await resume(services, body, accept(request))
    assert body["status"] == "input_required"
    assert body["input_requests"][0]["attempt"] == 1


async def test_values_given_beforehand_are_used_and_unused_ones_are_told(services: Services, upstream: Any) -> None:
    body = await ask(services, "Where is my order?", params={"order_id": "55555", "colour": "red"})
    assert body["status"] == "completed"
    assert body["calls"][0]["origins"] == {"order_id": {"source": "user"}}
    assert any("colour" in warning for warning in body["warnings"])


async def test_a_given_value_that_does_not_fit_is_asked_again(services: Services, upstream: Any) -> None:
    body = await ask(services, "Where is my order?", params={"order_id": "twelve"})
    assert body["status"] == "input_required"
    assert body["input_requests"][0]["errors"][0]["rejected"] == "twelve"
    assert upstream.received == []


async def test_a_dry_run_shows_the_request_and_sends_nothing(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456", options={"dry_run": True})
    assert (body["status"], upstream.received) == ("completed", [])
    assert body["calls"][0]["url"].endswith("/orders/123456") and body["calls"][0]["http_status"] is None
    body = await ask(services, "Where is my order?", options={"dry_run": True})
    assert (body["status"], body["calls"]) == ("completed", [])
    assert body["input_requests"][0]["reason"] == "missing_parameters"


async def test_the_whole_hierarchy_finds_the_same_and_shows_its_agents(services: Services, upstream: Any) -> None:
    body = await ask(services, "How is the weather in Oslo right now?", options={"strategy": "fan_out"})
    assert (body["status"], body["strategy"]) == ("completed", "fan_out")
    assert upstream.sent("GET") == ["/weather/Oslo"]
    trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
    agents = {agent["agent"].split(":")[0] for agent in trace["rounds"][0]["agents"]}
    assert agents == {"meta", "category", "tool"}


async def test_a_failing_api_is_reported_and_not_called_again(services: Services, upstream: Any) -> None:
    upstream.answers["GET /weather/Oslo"] = (500, {"error": "out of service"})
    body = await ask(services, "How is the weather in Oslo right now?")
    assert body["status"] == "failed"
    assert "out of service" in body["error"]["detail"]
    assert upstream.sent("GET") == ["/weather/Oslo"]


async def test_values_that_the_upstream_refuses_are_asked_again_in_its_words(services: Services, upstream: Any) -> None:
    upstream.answers["GET /orders/55555"] = (422, {"detail": "order_id is from another shop"})
    body = await ask(services, "Has order 55555 shipped?")
    assert body["status"] == "input_required"
    request = body["input_requests"][0]
    assert request["errors"][0]["detail"] == "order_id is from another shop"
    body = await resume(services, body, accept(request, order_id="123456"))
    assert body["status"] == "completed"
    assert upstream.sent("GET") == ["/orders/55555", "/orders/123456"]


async def test_a_missing_credential_is_named_and_never_asked_for(services: Services, upstream: Any) -> None:
    body = await ask(services, "What is in the vault?")
    (request,) = body["input_requests"]
    assert request["reason"] == "credentials_required"
    assert request["schema"]["properties"] == {}
    assert "vault_key" in request["message"] and "SWITCHBOARD_CREDENTIALS" in request["message"]
    assert upstream.received == []


async def test_one_api_can_be_tried_without_choosing(services: Services, upstream: Any) -> None:
    apis = {api.name: api.id for tool in ("shop/orders",) for api in await services.catalog.apis(tool)}
    body: Any = await services.runs.attempt(
        apis["get_order"], TryRequest(params={"order_id": "55555"}), tenant="default"
    )
    assert (body["status"], body["calls"][0]["http_status"]) == ("completed", 200)
    body = await services.runs.attempt(apis["cancel_order"], TryRequest(params={"order_id": "55555"}), tenant="default")
    assert body["input_requests"][0]["reason"] == "approval"
    assert upstream.sent("DELETE") == []
    with pytest.raises(InvalidQuery, match="colour"):
        await services.runs.attempt(apis["get_order"], TryRequest(params={"colour": "red"}), tenant="default")
    with pytest.raises(NoSuchEntry):
        await services.runs.attempt("no/such/api", TryRequest(), tenant="default")


async def test_the_door_refuses_what_cannot_be_run(services: Services) -> None:
    with pytest.raises(InvalidQuery, match="no category 'Zoo'"):
        await ask(services, "Hi", options={"categories": ["Zoo"]})
    await ask(services, "Hi", thread_id="mine")
    with pytest.raises(ThreadExists):
        await ask(services, "Hi", thread_id="mine")
    with pytest.raises(NoSuchThread):
        await services.runs.thread("nobody", tenant="default")
    with pytest.raises(NoSuchThread):
        await services.runs.thread("mine", tenant="other")


async def test_an_answer_with_a_foreign_field_is_refused_and_nothing_is_taken(services: Services) -> None:
    body = await ask(services, "Where is my order?")
    request = body["input_requests"][0]
    with pytest.raises(InvalidAnswer, match="colour"):
        await resume(services, body, accept(request, order_id="55555", colour="red"))
    with pytest.raises(InvalidAnswer, match="either"):
        await resume(services, body, params=None)
    with pytest.raises(InvalidAnswer, match="twice"):
        await resume(services, body, accept(request), accept(request))
    body = await resume(services, body, accept(request, order_id="55555"))
    assert body["status"] == "completed"
    with pytest.raises(QuestionClosed):
        await resume(services, body, accept(request, order_id="55555"))


async def test_a_looser_approval_than_the_operators_does_not_hold(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456", options={"approve": "never"})
    assert body["input_requests"][0]["reason"] == "approval"
    assert any("approve" in warning for warning in body["warnings"])
    body = await ask(services, "Has order 55555 shipped?", options={"approve": "always"})
    assert body["input_requests"][0]["reason"] == "approval"
    assert upstream.received == []


async def test_an_empty_catalog_says_how_to_import(start: Any, tmp_path: Any) -> None:
    async with start(data_dir=tmp_path / "other") as services:
        for source in (await services.catalog.stats()).sources:
            await services.catalog.replace(source.name, EMPTY, format="switchboard")
        await services.index.sync()
        body = await ask(services, "Where is my order?")
        assert body["status"] == "no_tool"
        assert "switchboard catalog import" in body["answer"]


async def test_a_change_of_the_catalog_is_seen_by_the_next_question(services: Services, upstream: Any) -> None:
    (api,) = [a for a in await services.catalog.apis("weather/meteo") if a.name == "current"]
    assert (await ask(services, "How is the weather in Oslo right now?"))["status"] == "completed"
    await services.catalog.delete(api.id)
    assert (await ask(services, "How is the weather in Oslo right now?"))["status"] == "no_tool"
    await services.catalog.put(api)
    assert (await ask(services, "How is the weather in Oslo right now?"))["status"] == "completed"


from catalog.store import Document  # noqa: E402

EMPTY = Document(tools=[])


async def test_a_number_given_beforehand_for_a_text_is_that_text(services: Services) -> None:
    body = await ask(services, "Where is my order?", params={"order_id": 55555})

    assert body["status"] == "completed"
    assert body["calls"][0]["parameters"] == {"order_id": "55555"}


async def test_a_hanging_api_ends_at_the_deadline(services: Services, upstream: Any) -> None:
    upstream.hold.clear()
    body = await ask(services, "Has order 55555 shipped?", options={"deadline_seconds": 0.5})
    assert (body["status"], body["stopped_by"]) == ("failed", "deadline_seconds")
    assert body["calls"][0]["http_status"] is None


async def test_a_change_whose_answer_is_lost_is_settled_by_the_person(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456", options={"deadline_seconds": 1.0})
    upstream.hold.clear()
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "accept"})
    upstream.hold.set()
    assert upstream.sent("DELETE") == ["/orders/123456"]
    assert (body["status"], body["stopped_by"]) == ("input_required", None)
    assert body["input_requests"][0]["reason"] == "outcome_unknown"
    body = await resume(services, body, params={"happened": "no"})
    assert body["status"] == "failed"
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_a_change_that_the_upstream_refuses_is_told_and_not_tried_again(
    services: Services, upstream: Any
) -> None:
    upstream.answers["DELETE /orders/55555"] = (409, {"error": "It has shipped already."})
    body = await ask(services, "Cancel order 55555")
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "accept"})
    assert (body["status"], body["stopped_by"], body["input_requests"]) == ("completed", None, [])
    assert "shipped already" in body["answer"]
    assert upstream.sent("DELETE") == ["/orders/55555"]


async def test_a_dry_runs_trace_shows_the_request_with_its_headers_masked(services: Services) -> None:
    body = await ask(services, "Cancel order 123456", options={"dry_run": True})
    trace: Any = await services.runs.trace(body["thread_id"], tenant="default")
    (request,) = trace["requests"]
    assert (request["method"], request["http_status"]) == ("DELETE", None)
    assert request["curl"].startswith("curl")


async def test_a_dry_run_of_what_cannot_be_called_says_why(services: Services, upstream: Any) -> None:
    (api,) = [a for a in await services.catalog.apis("weather/meteo") if a.name == "current"]
    await services.catalog.put(api.model_copy(update={"url": ""}))
    body: Any = await services.runs.attempt(
        api.id, TryRequest(params={"place": "Oslo"}, dry_run=True), tenant="default"
    )
    assert body["status"] == "failed"
    assert body["error"]["code"] == "invalid_arguments"
    assert "address" in body["error"]["detail"]


async def test_a_wrong_value_given_beforehand_is_not_called_unused(services: Services) -> None:
    body = await ask(services, "Where is my order?", params={"order_id": "twelve"})
    assert body["warnings"] == []


async def test_sending_again_is_another_approval_than_the_first(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456", options={"deadline_seconds": 1.0})
    first = body["input_requests"][0]["id"]
    upstream.hold.clear()
    body = await resume(services, body, {"id": first, "action": "accept"})
    upstream.hold.set()
    body = await resume(services, body, params={"happened": "perhaps"})
    assert body["input_requests"][0]["errors"][0]["pointer"] == "/happened"
    body = await resume(services, body, params={"happened": "send_again"})
    if body["status"] == "input_required":
        assert body["input_requests"][0]["id"] != first
        with pytest.raises(QuestionClosed):
            await resume(services, body, {"id": first, "action": "accept"})
    assert upstream.sent("DELETE") == ["/orders/123456"]


async def test_declining_to_say_what_happened_does_not_say_that_nothing_was_sent(
    services: Services, upstream: Any
) -> None:
    body = await ask(services, "Cancel order 123456", options={"deadline_seconds": 1.0})
    upstream.hold.clear()
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "accept"})
    upstream.hold.set()
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "decline"})
    assert body["status"] == "failed"
    assert "It was sent" in body["error"]["detail"]


async def test_an_api_that_leaves_the_catalog_while_a_thread_waits_is_told(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    await services.catalog.delete(body["input_requests"][0]["api"]["id"])
    body = await resume(services, body, {"id": body["input_requests"][0]["id"], "action": "accept"})
    assert (body["status"], body["error"]["code"], upstream.received) == ("failed", "no_such_entry", [])


async def test_an_api_that_changes_after_its_approval_is_approved_anew(services: Services, upstream: Any) -> None:
    body = await ask(services, "Cancel order 123456")
    request = body["input_requests"][0]
    api = (await services.catalog.get([request["api"]["id"]]))[request["api"]["id"]]
    await services.catalog.put(api.model_copy(update={"url": api.url + "/everything"}))
    body = await resume(services, body, {"id": request["id"], "action": "accept"})
    (again,) = body["input_requests"]
    assert again["id"] != request["id"] and again["request"]["url"].endswith("/everything")
    assert upstream.received == []


async def test_a_limit_of_rounds_does_not_hide_why_the_call_failed(services: Services, upstream: Any) -> None:
    upstream.answers["GET /weather/Oslo"] = (500, {"error": "out of service"})
    body = await ask(services, "How is the weather in Oslo right now?", options={"max_rounds": 1})
    assert "out of service" in body["error"]["detail"]


async def test_a_dry_run_names_the_credential_that_would_be_missing(services: Services, upstream: Any) -> None:
    body = await ask(services, "What is in the vault?", options={"dry_run": True})
    assert [r["reason"] for r in body["input_requests"]] == ["credentials_required"]
    assert body["calls"][0]["url"].endswith("/vault")
    assert upstream.received == []

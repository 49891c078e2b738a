"""Asking, answering and stopping over HTTP, as the contract says."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2

from api.schemas import Answer, Threads, Trace
from tests.api.conftest import Service


def open_question(service: Service, query: str = "When is my loan due?") -> dict[str, object]:
    body = service.client.post("/query", json={"query": query}).json()
    assert body["status"] == "input_required"
    return body


def test_a_question_is_answered_in_the_documented_shape(service: Service) -> None:
    response = service.client.post("/query", json={"query": "When is loan 70001 due?"})
    assert response.status_code == 200
    body = response.json()
    Answer.model_validate(body)
    assert body["status"] == "completed"
    assert "2031-04-09" in body["answer"]
    assert body["calls"][0]["api_id"] == "books/desk/get_loan"


def test_a_missing_value_is_asked_for_and_the_thread_goes_on_with_it(service: Service) -> None:
    asked = open_question(service)
    Answer.model_validate(asked)
    (request,) = asked["input_requests"]
    assert request["schema"]["required"] == ["loan_id"]
    response = {"id": request["id"], "action": "accept", "content": {"loan_id": "70001"}}
    resumed = service.client.post(str(asked["resume_url"]), json={"responses": [response]}).json()
    assert resumed["status"] == "completed"
    assert service.client.get(f"/threads/{asked['thread_id']}").json() == resumed


def test_the_shorthand_answers_a_single_open_question(service: Service) -> None:
    asked = open_question(service)
    resumed = service.client.post(str(asked["resume_url"]), json={"params": {"loan_id": "70001"}})
    assert resumed.json()["status"] == "completed"


def test_a_value_that_does_not_fit_is_asked_for_again_with_the_reason(service: Service) -> None:
    asked = open_question(service)
    again = service.client.post(str(asked["resume_url"]), json={"params": {"loan_id": "seven"}}).json()
    Answer.model_validate(again)
    assert again["status"] == "input_required"
    assert again["input_requests"][0]["errors"][0]["pointer"] == "/loan_id"
    assert again["input_requests"][0]["id"] != asked["input_requests"][0]["id"]


def test_a_question_that_nothing_fits_calls_nothing(service: Service) -> None:
    before = len(service.upstream.received)
    body = service.client.post("/query", json={"query": "Who painted the ceiling?"}).json()
    Answer.model_validate(body)
    assert body["status"] == "no_tool"
    assert len(service.upstream.received) == before


def test_a_dry_run_sends_nothing_and_shows_the_request(service: Service) -> None:
    before = len(service.upstream.received)
    body = service.client.post("/query", json={"query": "When is loan 70001 due?", "options": {"dry_run": True}}).json()
    Answer.model_validate(body)
    assert body["calls"][0]["http_status"] is None
    assert body["calls"][0]["url"].endswith("/loans/70001")
    shown = body["calls"][0]["request"]
    assert (shown["method"], shown["url"], shown["body"]) == ("GET", body["calls"][0]["url"], None)
    assert shown["curl"] == f"curl {shown['url']}"
    assert len(service.upstream.received) == before


def test_a_cancelled_thread_stays_readable_and_takes_no_answer(service: Service) -> None:
    asked = open_question(service)
    thread_id = asked["thread_id"]
    assert service.client.post(f"/query/{thread_id}/cancel").json()["status"] == "cancelled"
    assert service.client.get(f"/threads/{thread_id}").json()["status"] == "cancelled"
    late = service.client.post(f"/query/{thread_id}/resume", json={"params": {"loan_id": "70001"}})
    assert late.status_code == 409


async def test_of_fifty_approvals_at_once_one_is_taken_and_one_request_is_sent(service: Service) -> None:
    asked = open_question(service, "End loan 70001")
    (request,) = asked["input_requests"]
    assert request["reason"] == "approval"
    assert request["request"]["method"] == "DELETE"
    answer = {"responses": [{"id": request["id"], "action": "accept"}]}
    async with httpx2.AsyncClient(base_url=service.url, trust_env=False, timeout=30) as client:
        posts = [client.post(str(asked["resume_url"]), json=answer) for _ in range(50)]
        answers = await asyncio.gather(*posts)
    assert Counter(each.status_code for each in answers) == {200: 1, 409: 49}
    assert {each.headers["content-type"] for each in answers if each.status_code == 409} == {"application/problem+json"}
    assert service.upstream.received.count("DELETE /loans/70001") == 1


def test_an_answered_question_is_closed_and_the_problem_names_what_is_open(service: Service) -> None:
    asked = open_question(service)
    answer = {"id": asked["input_requests"][0]["id"], "action": "accept", "content": {"loan_id": "x"}}
    again = service.client.post(str(asked["resume_url"]), json={"responses": [answer]}).json()
    late = service.client.post(str(asked["resume_url"]), json={"responses": [answer]})
    assert late.status_code == 409
    assert late.json()["code"] == "question_closed"
    assert late.json()["still_open"] == [again["input_requests"][0]["id"]]


def test_a_field_that_no_question_has_is_refused_with_its_place(service: Service) -> None:
    asked = open_question(service)
    refused = service.client.post(str(asked["resume_url"]), json={"params": {"loan_id": "70001", "col/our": "red"}})
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/params/col~1our"]
    assert service.client.get(f"/threads/{asked['thread_id']}").json()["status"] == "input_required"


def test_a_thread_id_is_taken_once(service: Service) -> None:
    question = {"query": "When is loan 70001 due?", "thread_id": "chosen-by-me"}
    assert service.client.post("/query", json=question).json()["thread_id"] == "chosen-by-me"
    again = service.client.post("/query", json=question)
    assert again.status_code == 409
    assert again.json()["code"] == "thread_exists"


def test_threads_are_listed_waiting_ones_first_page_by_page(service: Service) -> None:
    service.client.post("/query", json={"query": "When is loan 70001 due?"})
    open_question(service)
    first = service.client.get("/threads", params={"limit": 1}).json()
    Threads.model_validate(first)
    assert first["threads"][0]["status"] == "input_required"
    second = service.client.get("/threads", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert second["threads"][0]["thread_id"] != first["threads"][0]["thread_id"]
    waiting = service.client.get("/threads", params={"status": "input_required"}).json()["threads"]
    assert {each["status"] for each in waiting} == {"input_required"}


def test_a_trace_explains_and_a_deleted_thread_is_gone(service: Service) -> None:
    thread_id = service.client.post("/query", json={"query": "When is loan 70001 due?"}).json()["thread_id"]
    Trace.model_validate(service.client.get(f"/threads/{thread_id}/trace").json())
    assert service.client.delete(f"/threads/{thread_id}").status_code == 204
    for path in (f"/threads/{thread_id}", f"/threads/{thread_id}/trace"):
        assert service.client.get(path).status_code == 404
    assert service.client.delete(f"/threads/{thread_id}").status_code == 404


def test_one_api_can_be_tried_without_any_model(service: Service) -> None:
    tried = service.client.post("/catalog/apis/books%2Fdesk%2Fget_loan/try", json={"params": {"loan_id": "70001"}})
    Answer.model_validate(tried.json())
    assert tried.json()["calls"][0]["response"]["title"] == "The Quiet Harbour"


def test_trying_what_changes_something_is_approved_first(service: Service) -> None:
    before = service.upstream.received.count("DELETE /loans/70001")
    tried = service.client.post("/catalog/apis/books/desk/end_loan/try", json={"params": {"loan_id": "70001"}}).json()
    assert tried["input_requests"][0]["reason"] == "approval"
    assert service.upstream.received.count("DELETE /loans/70001") == before

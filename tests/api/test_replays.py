"""A request that comes again with its `Idempotency-Key` is answered as the first time, and run once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from tests.api.conftest import Service, document, running_upstream, serving, settings_of

DUE = {"query": "When is loan 70001 due?"}


def ask(service: Service, key: str, **body: object) -> httpx2.Response:
    return service.client.post("/query", json={**DUE, **body}, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_at_once_make_one_run_and_equal_answers(service: Service) -> None:
    service.upstream.received.clear()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(service, "at-once"), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["status"] == "completed"
    assert service.upstream.received == ["GET /loans/70001"]


def test_the_same_key_with_another_body_is_refused(service: Service) -> None:
    first = ask(service, "other-body")
    refused = ask(service, "other-body", query="When is loan 70002 due?")
    assert (first.status_code, refused.status_code) == (200, 422)
    assert refused.json()["code"] == "idempotency_key_reused"


def test_a_body_that_says_the_same_in_other_words_is_the_same(service: Service) -> None:
    assert ask(service, "same", params={}).content == ask(service, "same").content


def test_without_a_key_each_request_is_its_own(service: Service) -> None:
    first, second = (service.client.post("/query", json=DUE).json() for _ in range(2))
    assert first["thread_id"] != second["thread_id"]


def test_an_answer_that_was_taken_is_replayed_and_not_taken_twice(service: Service) -> None:
    asked = service.client.post("/query", json={"query": "Please end my loan early"}).json()
    url, headers = f"/query/{asked['thread_id']}/resume", {"Idempotency-Key": "resume"}
    first = service.client.post(url, json={"params": {"loan_id": "70001"}}, headers=headers)
    assert first.json()["input_requests"][0]["reason"] == "approval"
    again = service.client.post(url, json={"params": {"loan_id": "70001"}}, headers=headers)
    assert again.content == first.content
    other = service.client.post(url, json={"params": {"loan_id": "70002"}}, headers=headers)
    assert other.status_code == 422
    elsewhere = service.client.post("/query", json=DUE, headers=headers)
    assert elsewhere.status_code == 422, "a key is for one request, wherever it goes"


def test_a_question_keeps_its_first_answer_though_its_thread_went_on(service: Service) -> None:
    first = ask(service, "went-on", query="When is my loan due?")
    url = f"/query/{first.json()['thread_id']}/resume"
    assert service.client.post(url, json={"params": {"loan_id": "70001"}}).json()["status"] == "completed"
    assert ask(service, "went-on", query="When is my loan due?").content == first.content


def test_a_refused_request_leaves_its_key_free(service: Service) -> None:
    refused = ask(service, "free", options={"categories": ["No such category"]})
    assert refused.status_code == 422
    assert ask(service, "free").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "é"])
def test_a_key_of_another_form_is_refused(service: Service, key: str) -> None:
    refused = service.client.post("/query", json=DUE, headers={b"Idempotency-Key": key.encode("latin-1")})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/Idempotency-Key"


def test_a_deleted_thread_is_not_replayed_and_not_run_again(service: Service) -> None:
    first = ask(service, "deleted")
    assert service.client.delete(f"/threads/{first.json()['thread_id']}").status_code == 204
    assert ask(service, "deleted").status_code == 404


def test_after_a_restart_the_answer_is_the_same(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        answers = []
        for _ in range(2):
            with (
                serving(create_app(settings_of(tmp_path))) as url,
                httpx2.Client(base_url=url, trust_env=False) as client,
            ):
                client.post("/catalog/import", json={"document": document(upstream.url), "name": "library"})
                answers.append(client.post("/query", json=DUE, headers={"Idempotency-Key": "k"}).content)
        assert answers[0] == answers[1]
        assert upstream.received == ["GET /loans/70001"]

"""Whatever a client sends, it gets a problem document that says what and where; never a 500."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.api.conftest import Service

PROBLEM = "application/problem+json"
MANY = 1_000_001


def problem_of(response: httpx2.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == status
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"nope",
        b'{"query": "x"',
        b'{"query": NaN}',
        b'{"query": "x", "params": {"a": Infinity}}',
        b'{"query": "\\ud800"}',
        b'{"query": "\xff\xfe"}',
        b"<query/>",
        b'{"query": "x", "params": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"query": "x", "params": {"a": ' + b"9" * 5_000 + b"}}",
    ],
)
def test_a_body_that_is_no_json_is_refused(service: Service, body: bytes) -> None:
    found = problem_of(service.client.post("/query", content=body), 422)
    assert found["errors"][0]["pointer"] == ""


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ("[]", [""]),
        ("null", [""]),
        ("{}", ["/query"]),
        ('{"query": 5}', ["/query"]),
        ('{"query": ""}', ["/query"]),
        ('{"query": " \\t\\n"}', ["/query"]),
        ('{"query": "%s"}' % ("a" * 8_001), ["/query"]),
        ('{"query": "%s"}' % ("a" * 100_000), ["/query"]),
        ('{"query": "x", "colour": 1}', ["/colour"]),
        ('{"query": "x", "a/b~c": 1}', ["/a~1b~0c"]),
        ('{"query": "x", "params": []}', ["/params"]),
        ('{"query": "x", "params": {"a": [0, 1e400]}}', ["/params/a/1"]),
        ('{"query": "x", "options": {"max_rounds": "2"}}', ["/options/max_rounds"]),
        ('{"query": "x", "options": {"max_rounds": 0, "approve": "sometimes"}}', ["/options/max_rounds", "/options/approve"]),
        ('{"query": "x", "options": {"dry_run": 1}}', ["/options/dry_run"]),
        ('{"query": "x", "options": {"categories": ["No such"]}}', ["/options/categories/0"]),
        ('{"query": "x", "thread_id": "../etc"}', ["/thread_id"]),
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_refused_with_json_pointers(
    service: Service, body: str, pointers: list[str]
) -> None:
    found = problem_of(service.client.post("/query", content=body), 422)
    assert sorted(each["pointer"] for each in found["errors"]) == sorted(pointers)
    assert all(each["detail"] for each in found["errors"])


@pytest.mark.parametrize(
    "body",
    ["{}", '{"responses": []}', '{"responses": [{"id": "x"}]}', '{"responses": [{"id": "x", "action": "maybe"}]}'],
)
def test_an_answer_that_does_not_fit_is_refused(service: Service, body: str) -> None:
    asked = service.client.post("/query", json={"query": "When is my loan due?"}).json()
    problem_of(service.client.post(asked["resume_url"], content=body), 422)


def test_an_unknown_question_of_a_known_thread_is_a_conflict(service: Service) -> None:
    asked = service.client.post("/query", json={"query": "When is my loan due?"}).json()
    answer = {"responses": [{"id": "00000000", "action": "accept", "content": {"loan_id": "70001"}}]}
    found = problem_of(service.client.post(asked["resume_url"], json=answer), 409)
    assert found["still_open"] == [asked["input_requests"][0]["id"]]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_thread_is_not_found(service: Service, method: str) -> None:
    assert problem_of(service.client.request(method, "/threads/nobody"), 404)["code"] == "no_such_thread"


@pytest.mark.parametrize("action", ["resume", "cancel"])
def test_an_unknown_thread_takes_no_answer(service: Service, action: str) -> None:
    problem_of(service.client.post(f"/query/nobody/{action}", json={"params": {"a": 1}}), 404)


@pytest.mark.parametrize("thread_id", ["%00", "a%20b", "..%2F..%2Fetc", "%ff%fe", "x" * 3_000])
def test_a_strange_thread_id_is_not_found(service: Service, thread_id: str) -> None:
    problem_of(service.client.get(f"/threads/{thread_id}"), 404)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_the_content_type_does_not_matter(service: Service, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answered = service.client.post("/query", content='{"query": "When is loan 70001 due?"}', headers=headers)
    assert answered.json()["status"] == "completed"


def test_a_body_over_the_limit_is_refused_by_its_announced_length(service: Service) -> None:
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc)
    connection.putrequest("POST", "/query")
    connection.putheader("content-length", str(MANY))
    connection.endheaders()  # and not a byte of the body
    response = connection.getresponse()
    assert (response.status, response.headers["content-type"]) == (413, PROBLEM)
    connection.close()


def test_a_body_over_the_limit_is_refused_without_an_announced_length(service: Service) -> None:
    pieces = (b"a" * 65_536 for _ in range(MANY // 65_536 + 1))
    assert problem_of(service.client.post("/query", content=pieces), 413)["code"] == "body_too_large"


def test_a_route_that_does_not_exist_is_a_problem(service: Service) -> None:
    assert problem_of(service.client.get("/metrics"), 404)["code"] == "no_such_route"


def test_a_method_that_is_not_offered_names_all_that_are(service: Service) -> None:
    response = service.client.post("/catalog/apis/books/desk/get_loan")
    problem_of(response, 405)
    assert response.headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE"


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        ("/threads?limit=0", ["/limit"]),
        ("/threads?limit=many", ["/limit"]),
        ("/threads?status=lost", ["/status"]),
        ("/threads?cursor=%00", ["/cursor"]),
        ("/threads?stauts=failed", ["/stauts"]),
        ("/catalog/search", ["/q"]),
        ("/catalog/search?q=%20", ["/q"]),
        ("/catalog/search?q=a&k=101", ["/k"]),
        ("/catalog/search?q=a&method=FETCH", ["/method"]),
        ("/graph?format=png", ["/format"]),
        (f"/threads/t/responses/1?offset={10**20}", ["/offset"]),
    ],
)
def test_a_query_parameter_that_does_not_fit_is_named(service: Service, path: str, pointers: list[str]) -> None:
    found = problem_of(service.client.get(path), 422)
    assert [each["pointer"] for each in found["errors"]] == pointers


def test_nothing_of_all_this_harms_the_service(service: Service) -> None:
    assert service.client.get("/readyz").json()["status"] == "ready"

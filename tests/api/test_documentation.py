"""The OpenAPI document is complete, and its page needs nothing from outside."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from catalog.importers.openapi import OPENAPI
from catalog.importers.openapi.reader import METHODS
from catalog.importers.record import Record
from catalog.store import Problem
from graph.requests import QueryRequest, ResumeRequest
from tests.api.conftest import Service

ROUTES = {
    "/query": {"post"},
    "/query/{thread_id}/resume": {"post"},
    "/query/{thread_id}/cancel": {"post"},
    "/threads": {"get"},
    "/threads/{thread_id}": {"get", "delete"},
    "/threads/{thread_id}/responses/{step}": {"get"},
    "/threads/{thread_id}/trace": {"get"},
    "/catalog": {"get"},
    "/catalog/import": {"post"},
    "/catalog/search": {"get"},
    "/catalog/health": {"get"},
    "/catalog/categories": {"get"},
    "/catalog/categories/{category}/tools": {"get"},
    "/catalog/tools/{tool_id}/apis": {"get"},
    "/catalog/apis/{api_id}": {"get", "put", "patch", "delete"},
    "/catalog/apis/{api_id}/try": {"post"},
    "/catalog/corrections": {"get"},
    "/catalog/corrections/{api_id}": {"get", "delete"},
    "/graph": {"get"},
    "/healthz": {"get"},
    "/readyz": {"get"},
}


@pytest.fixture(scope="module")
def described(service: Service) -> dict[str, object]:
    found = service.client.get("/openapi.json")
    assert found.status_code == 200
    body: dict[str, object] = found.json()
    return body


def test_every_route_is_described_and_no_other(described: dict[str, object]) -> None:
    assert {path: set(methods) for path, methods in described["paths"].items()} == ROUTES


def test_every_reference_leads_somewhere(described: dict[str, object]) -> None:
    known = set(described["components"]["schemas"])
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert named <= known
    assert '"#/$defs' not in json.dumps(described)


def test_every_schema_is_a_schema(described: dict[str, object]) -> None:
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("path", "model"), [("/query", QueryRequest), ("/query/{thread_id}/resume", ResumeRequest)])
def test_the_examples_are_requests_that_would_be_taken(
    described: dict[str, object], path: str, model: type[QueryRequest] | type[ResumeRequest]
) -> None:
    content = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"]
    for example in content["examples"].values():
        model.model_validate_json(json.dumps(example["value"]))


def test_every_answer_has_a_schema(described: dict[str, object]) -> None:
    for path, methods in ROUTES.items():
        for method in methods:
            answers = described["paths"][path][method]["responses"]
            assert {"200", "201", "204"} & answers.keys(), (path, method)


QUERIES = ["When is loan 70001 due?", "When is my loan due?", "End loan 70001", "Who painted the lending desk?"]


@pytest.mark.parametrize("query", QUERIES)
def test_answers_and_traces_are_as_they_are_described(
    service: Service, described: dict[str, object], query: str
) -> None:
    body = service.client.post("/query", json={"query": query}).json()
    trace = service.client.get(f"/threads/{body['thread_id']}/trace").json()
    for model, given in (("Answer", body), ("Trace", trace)):
        schema = {**described["components"]["schemas"][model], "components": described["components"]}
        Draft202012Validator(schema).validate(given)
        assert set(given) == set(schema["properties"])


def test_the_page_fetches_nothing_from_outside(service: Service) -> None:
    page = service.client.get("/docs").text
    fetched = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert fetched
    for address in fetched:
        assert address.startswith("/")
        assert service.client.get(address).status_code == 200
    assert "http://" not in page
    assert "https://" not in page


def test_the_address_itself_leads_to_the_documentation(service: Service) -> None:
    assert service.client.get("/", follow_redirects=True).url.path == "/docs"


def test_the_graph_is_drawn_with_its_nodes(service: Service) -> None:
    drawn = service.client.get("/graph")
    assert drawn.headers["content-type"].startswith("text/plain")
    assert "extract_params" in drawn.text
    nodes = service.client.get("/graph", params={"format": "json"}).json()["nodes"]
    assert "human_loop" in [node["id"] for node in nodes]


def test_the_document_can_be_imported_as_a_catalog(service: Service) -> None:
    document = service.client.get("/openapi.json").json()
    problems: list[Problem] = []
    tools = list(OPENAPI.read([Record("", document, base_url="http://127.0.0.1:8000/openapi.json")], problems).tools)
    operations = [method for path in document["paths"].values() for method in path if method in METHODS]
    assert problems == []
    assert sum(len(tool.apis) for tool in tools) == len(operations)
    assert all(api.url.startswith("http://127.0.0.1:8000/") for tool in tools for api in tool.apis)

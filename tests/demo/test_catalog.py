"""The demo's catalog, as the product's importer reads it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from demo.world import document


def test_it_is_as_large_and_as_mixed_as_it_claims(apis: dict[str, Any], tools: list[Any]) -> None:
    categories = document("http://127.0.0.1:1")["categories"]
    assert isinstance(categories, list)
    groups = {category["group"] for category in categories if isinstance(category, dict)}
    parameters = [p for api in apis.values() for p in api.parameters]
    assert (len(groups), len(categories), len(tools), len(apis)) == (4, 15, 29, 83)
    assert {api.method for api in apis.values()} == {"GET", "POST", "PUT", "DELETE"}
    assert {p.place for p in parameters} == {"path", "query", "header", "body"}
    assert {p.type for p in parameters} == {"string", "integer", "number", "boolean", "array"}
    assert {s.kind for api in apis.values() for needed in api.auth for s in needed} == {"api_key", "bearer", "basic"}


def test_no_id_name_or_category_stands_twice_or_nowhere(apis: dict[str, Any], tools: list[Any]) -> None:
    ids = [api.id for tool in tools for api in tool.apis]
    categories = document("http://127.0.0.1:1")["categories"]
    assert isinstance(categories, list)
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert len(apis) == len(ids)
    named = {category["name"] for category in categories if isinstance(category, dict)}
    assert {tool.category for tool in tools} == named


def test_each_api_says_what_it_does_as_a_careful_author_would(apis: dict[str, Any]) -> None:
    for api in apis.values():
        assert api.title and api.description.endswith("."), api.id
        assert 2 <= len(api.examples) <= 5, api.id
        assert api.response_shape, api.id
        for parameter in api.parameters:
            assert parameter.title and parameter.description, (api.id, parameter.name)
            assert parameter.example is not None or parameter.enum or not parameter.required, (api.id, parameter.name)


def test_no_example_question_stands_twice(apis: dict[str, Any]) -> None:
    examples = Counter(example.casefold() for api in apis.values() for example in api.examples)
    assert [example for example, count in examples.items() if count > 1] == []


def test_what_only_reads_is_safe_and_the_rest_is_not(apis: dict[str, Any]) -> None:
    safe_posts = {api.name for api in apis.values() if api.method == "POST" and api.risk == "safe"}
    assert safe_posts == {"translate_text", "detect_language"}
    assert {api.risk for api in apis.values() if api.method in ("PUT", "DELETE")} == {"mutating"}
    assert {api.risk for api in apis.values() if api.method == "GET"} == {"safe"}


def test_the_address_is_put_into_every_api() -> None:
    tools = document("http://127.0.0.1:4711/")["tools"]
    assert isinstance(tools, list)
    assert all(str(tool["url"]).startswith("http://127.0.0.1:4711/") for tool in tools if isinstance(tool, dict))

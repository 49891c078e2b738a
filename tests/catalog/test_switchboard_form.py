"""Our own form says how values are written, in the words of OpenAPI."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.importers import IMPORTERS
from catalog.importers.record import Record
from catalog.models import Api
from catalog.store import Problem


def _read(api: dict[str, JsonValue]) -> tuple[list[Api], list[Problem]]:
    tool: JsonValue = {"name": "t", "category": "C", "url": "http://x.test", "apis": [{"name": "a", **api}]}
    problems: list[Problem] = []
    document: JsonValue = {"format": "switchboard", "version": 1, "tools": [tool]}
    tools = list(IMPORTERS["switchboard"].read([Record("", document)], problems).tools)
    return [read for tool in tools for read in tool.apis], problems


def test_a_parameter_says_how_it_is_written() -> None:
    said: JsonValue = [
        {"name": "p", "type": "array", "style": "pipeDelimited", "explode": False, "allow_reserved": True},
        {"name": "q", "type": "object", "content_type": "application/json"},
    ]
    [api], problems = _read({"parameters": said})
    assert problems == []
    p, q = api.parameters
    assert (p.style, p.explode, p.allow_reserved, p.constraints) == ("pipeDelimited", False, True, {})
    assert (q.style, q.explode, q.content_type) == (None, None, "application/json")


def test_a_style_that_there_is_not_is_located() -> None:
    apis, problems = _read({"parameters": [{"name": "p", "style": "fancy"}]})
    assert apis == []
    assert problems[0].where == "tools[0].apis[0].parameters[0].p"


def test_a_body_can_be_one_value() -> None:
    [api], problems = _read(
        {"method": "POST", "body_is_value": True, "parameters": [{"name": "list", "type": "array"}]}
    )
    assert (api.body_is_value, api.parameters[0].place, problems) == (True, "body", [])


def test_a_body_that_is_one_value_has_one_parameter() -> None:
    apis, problems = _read({"method": "POST", "body_is_value": True, "parameters": [{"name": "a"}, {"name": "b"}]})
    assert apis == []
    assert problems == [Problem("tools[0].apis[0].body_is_value", "needs exactly one parameter in the body")]


def test_an_object_of_rapidapi_in_a_query_goes_out_as_json() -> None:
    record: JsonValue = {
        "category_name": "C", "tool_name": "t", "api_name": "a", "api_url": "http://x.test/a",
        "required_parameters": [{"name": "box", "type": "OBJECT"}, {"name": "word", "type": "STRING"}],
    }  # fmt: skip
    [tool] = IMPORTERS["rapidapi"].read([Record("", record)], []).tools
    assert [p.content_type for p in tool.apis[0].parameters] == ["application/json", ""]


def test_a_header_for_keys_is_the_services_own() -> None:
    [api], problems = _read({"method": "POST", "idempotency_header": "Idempotency-Key"})
    assert (api.idempotency_header, problems) == ("Idempotency-Key", [])
    asked: JsonValue = [{"name": "idempotency-key", "place": "header"}]
    apis, problems = _read({"method": "POST", "idempotency_header": "Idempotency-Key", "parameters": asked})
    assert apis == []
    assert problems[0].where == "tools[0].apis[0].idempotency_header"

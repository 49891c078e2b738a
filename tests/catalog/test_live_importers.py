"""What Python modules and MCP servers offer becomes entries of the catalog, and what they hide does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from callers import python_listing
from catalog.errors import UnreadableDocument
from catalog.importers import IMPORTERS
from catalog.importers.record import Record
from catalog.importers.schemas import parameters_of, shape_of
from catalog.importing import import_document, import_file
from catalog.models import Api, Parameter, Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import Problem


def read(listing: JsonValue) -> tuple[Tool, dict[str, Api], list[Problem]]:
    assert isinstance(listing, dict)
    problems: list[Problem] = []
    (tool,) = IMPORTERS[str(listing["format"])].read([Record("", listing)], problems).tools
    return tool, {api.name: api for api in tool.apis}, problems


def server(*tools: JsonValue, **more: JsonValue) -> dict[str, JsonValue]:
    return {"format": "mcp", "version": 1, "server": "desk", "tools": list(tools), **more}


def of(schema: JsonValue, *, required: bool = False) -> Parameter:
    whole: JsonValue = {"type": "object", "properties": {"x": schema}, "required": ["x"] if required else []}
    (parameter,) = parameters_of(whole)
    return parameter


def test_functions_are_described_by_signature_annotations_and_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "documents"))
    tool, apis, problems = read(python_listing.describe("desk_functions", ["desk_functions"]))
    assert (tool.id, tool.category) == ("python/desk_functions", "Desk")
    assert tool.description.startswith("A desk's functions")

    ticket = apis["get_ticket"]
    assert ticket.description == "Get the status of a support ticket."
    assert (ticket.kind, ticket.target, ticket.risk) == ("python", "desk_functions:get_ticket", "safe")
    assert ticket.response_shape == {"ticket_id": "str", "status": "str", "watchers": ["str"]}
    number, verbose = ticket.parameters
    assert (number.required, number.constraints, number.description) == (
        True,
        {"pattern": r"^T-\d+$"},
        "The ticket's number, like T-12.",
    )
    assert (verbose.type, verbose.default, verbose.description) == ("boolean", False, "Whether to tell everything.")

    _, day, color, address = apis["book_room"].parameters
    assert (day.constraints, color.enum, address.type) == ({"format": "date"}, ("red", "blue"), "object")
    assert address.constraints["required"] == ["street"] and not address.required
    assert apis["book_room"].risk == "mutating"  # nothing is said of it
    assert (apis["lookup_holiday"].risk, apis["order_lunch"].risk) == ("safe", "mutating")
    assert [p.name for p in apis["order_lunch"].parameters] == ["dish"]

    refused = {"piecewise", "by_position", "anything", "needs_socket", "wrong_mark", "needs_state"}
    assert {problem.where for problem in problems} == refused
    assert not {"_hidden", "Color", "asyncio", "tool"} & set(apis)


def test_the_names_in_all_are_the_ones_that_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "with_all.py").write_text(
        "from os.path import basename\n__all__ = ['basename', 'LIMIT', 'gone']\nLIMIT = 3\ndef left_out(): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    _, apis, _ = read(python_listing.describe("with_all", ["with_all"]))
    assert list(apis) == ["basename"]


def test_what_a_server_does_not_call_harmless_changes_something() -> None:
    schema: JsonValue = {"type": "object", "properties": {}}
    hints: dict[str, JsonValue] = {
        "reads": {"readOnlyHint": True},
        "says_nothing": None,
        "changes": {"readOnlyHint": False, "destructiveHint": False},
        "says_both": {"readOnlyHint": True, "destructiveHint": True},
    }
    tools = [{"name": name, "inputSchema": schema, "annotations": said} for name, said in hints.items()]
    _, apis, _ = read(server(*tools))
    assert {name for name, api in apis.items() if api.risk == "safe"} == {"reads"}


def test_a_bad_tool_loses_no_other_and_names_that_look_alike_stay_apart() -> None:
    schema: JsonValue = {"type": "object", "properties": {}}
    tool, apis, problems = read(
        server(
            {"name": "get-it", "title": "Get it", "inputSchema": schema},
            {"name": "get_it", "inputSchema": schema},
            {"inputSchema": schema},
            {"name": "broken", "inputSchema": {"type": "object", "properties": {"x": {"$ref": "#/nowhere"}}}},
            {"name": "odd", "inputSchema": {"type": "object", "properties": {"x": {"minimum": "much"}}}},
            title="Help Desk",
            instructions="Tickets.",
            category="Support",
        )
    )
    assert (tool.name, tool.description, tool.category) == ("Help Desk", "Tickets.", "Support")
    assert [api.id for api in apis.values()] == ["mcp/desk/get-it", "mcp/desk/get_it"]
    assert [problem.where for problem in problems] == ["tools[2].name", "tools[3].$ref", "tools[4].properties.x"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}, {"type": "integer"}),
        ({"type": ["string", "null"]}, {"type": "string"}),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "string"}),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, {"type": "number"}),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, {"type": "string", "enum": ("a", "b")}),
        ({"const": 3}, {"type": "integer", "enum": (3,)}),
        ({"default": 1.5}, {"type": "number", "default": 1.5}),
        ({"properties": {"a": {"type": "string"}}}, {"type": "object"}),
        ({"items": {"type": "string"}, "maxItems": 2}, {"type": "array"}),
        ({}, {"type": "string"}),
    ],
)
def test_a_schema_becomes_one_type(schema: JsonValue, expected: dict[str, Any]) -> None:
    parameter = of(schema)
    assert {name: getattr(parameter, name) for name in expected} == expected


def test_definitions_are_put_in_and_one_that_holds_itself_ends() -> None:
    tree: JsonValue = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}, "n": {"type": "integer"}}}
    schema: JsonValue = {"type": "object", "properties": {"x": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": tree}}
    (parameter,) = parameters_of(schema)
    assert parameter.constraints["properties"] == {"child": {}, "n": {"type": "integer"}}
    assert shape_of(schema) == {"x": {"child": None, "n": "int"}}


def test_definitions_that_grow_without_end_are_refused() -> None:
    pair = {
        str(n): {"type": "object", "properties": {s: {"$ref": f"#/$defs/{n + 1}"} for s in "abc"}} for n in range(30)
    }
    schema: JsonValue = {"type": "object", "properties": {"x": {"$ref": "#/$defs/0"}}, "$defs": {**pair, "30": {}}}
    with pytest.raises(UnreadableDocument, match="more than"):
        parameters_of(schema)


async def test_a_listing_is_taken_in_from_the_operators_file_and_never_from_a_client(tmp_path: Path) -> None:
    listing = server({"name": "get_it", "inputSchema": {"type": "object"}})
    (tmp_path / "desk.json").write_text(json.dumps(listing))
    store = SqliteCatalog.open(tmp_path / "catalog.db")
    with pytest.raises(UnreadableDocument, match="switchboard catalog import"):
        await import_document(store, listing, source="desk")
    assert (await store.stats()).apis == 0
    assert (await import_file(store, tmp_path / "desk.json")).imported == 1
    await store.close()


@pytest.mark.parametrize(
    ("listing", "category"),
    [
        ({"format": "python", "version": 1, "module": "acme.order_desk", "functions": []}, "Order desk"),
        ({"format": "mcp", "version": 1, "server": "desk", "title": "Help Desk", "tools": []}, "Help Desk"),
        ({"format": "mcp", "version": 1, "server": "desk", "tools": []}, "desk"),
    ],
)
def test_where_no_category_is_named_it_is_called_as_the_source_is(listing: JsonValue, category: str) -> None:
    assert read(listing)[0].category == category

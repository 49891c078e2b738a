"""The catalog and the served routes say the same, so that neither can change alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI

COMPARED = [
    "type",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
]
Facts = tuple[str, bool, object]


class Served:
    """What the server's OpenAPI document says, in the catalog's terms."""

    def __init__(self, app: FastAPI) -> None:
        self.spec: dict[str, Any] = app.openapi()
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in self.spec["paths"].items()
            for method, operation in methods.items()
        }

    def schema(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """The schema with its reference looked up, and without the null of what is optional."""
        found = dict(written)
        if "$ref" in found:
            found = {**self.spec["components"]["schemas"][found["$ref"].rpartition("/")[2]], **found}
        if "anyOf" in found:
            (real,) = (choice for choice in found["anyOf"] if choice.get("type") != "null")
            found = {**self.schema(real), **found}
        return found

    def parameters(self, name: str) -> dict[str, Facts]:
        operation = self.operations[name][2]
        found = {
            p["name"].lower(): self.facts(p["in"], p["required"], p["schema"]) for p in operation.get("parameters", [])
        }
        if "requestBody" in operation:
            body = self.schema(operation["requestBody"]["content"]["application/json"]["schema"])
            for field, schema in body["properties"].items():
                found[field.lower()] = self.facts("body", field in body.get("required", []), schema)
        return found

    def facts(self, place: str, required: bool, written: Mapping[str, Any]) -> Facts:
        schema = self.schema(written)
        items = {k: v for k, v in self.schema(schema.get("items", {})).items() if k in ("type", "format")}
        return place, required, facts(schema, schema.get("enum", []), schema.get("default"), items)


def facts(schema: Mapping[str, Any], enum: list[object], default: object, items: Mapping[str, Any]) -> object:
    said = {key: schema[key] for key in COMPARED if key in schema}
    if said.get("format") == "email":
        # The server checks the form with a pattern; the catalog names the form.
        said.pop("pattern", None)
    return said, list(enum), default, dict(items)


@pytest.fixture(scope="module")
def served(app: FastAPI) -> Served:
    return Served(app)


def test_each_api_is_served_where_the_catalog_says(served: Served, apis: dict[str, Any]) -> None:
    told = {api.name: (api.method, api.url.removeprefix("http://127.0.0.1:8321")) for api in apis.values()}
    assert told == {name: (method, path) for name, (method, path, _) in served.operations.items()}


def test_the_parameters_of_each_api_are_those_of_its_route(served: Served, apis: dict[str, Any]) -> None:
    for api in apis.values():
        told = {}
        for p in api.parameters:
            schema = p.json_schema()
            items = {k: v for k, v in dict(schema.get("items") or {}).items() if k in ("type", "format")}
            told[p.name.lower()] = (p.place, p.required, facts(schema, list(p.enum), p.default, items))
        assert told == served.parameters(api.name), api.id


def test_the_credentials_of_each_api_are_those_that_its_route_asks_for(served: Served, apis: dict[str, Any]) -> None:
    for api in apis.values():
        asked = [sorted(names) for names in served.operations[api.name][2].get("security", [])]
        assert [sorted(scheme.name for scheme in needed) for needed in api.auth] == asked, api.id


def test_each_kind_of_credential_goes_where_the_server_looks_for_it(served: Served, apis: dict[str, Any]) -> None:
    schemes = {s.name: s for api in apis.values() for needed in api.auth for s in needed}
    defined = served.spec["components"]["securitySchemes"]
    assert schemes.keys() == defined.keys()
    for name, scheme in schemes.items():
        asked = defined[name]
        if scheme.kind == "api_key":
            assert (scheme.place, scheme.parameter) == (asked["in"], asked["name"])
        else:
            assert asked["scheme"] == scheme.kind

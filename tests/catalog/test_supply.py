"""Hidden parameters and costs, as documents and persons say them."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from catalog.importing import import_document
from catalog.models import Api
from catalog.store import CatalogStore


def own_form(*parameters: JsonValue, **api: JsonValue) -> JsonValue:
    fields: JsonValue = {"name": "pay", "method": "POST", "path": "/pay", "parameters": list(parameters), **api}
    tool: JsonValue = {"name": "Desk", "category": "Shop", "url": "https://shop.example.com", "apis": [fields]}
    return {"format": "switchboard", "version": 1, "tools": [tool]}


def openapi(operation: dict[str, JsonValue], **document: JsonValue) -> JsonValue:
    parameters: JsonValue = [{"name": n, "in": "query", "schema": {"type": "string"}} for n in ("v", "account", "q")]
    get: JsonValue = {"operationId": "find", "parameters": parameters, **operation}
    head: dict[str, JsonValue] = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}}
    return {**head, "servers": [{"url": "https://shop.example.com"}], "paths": {"/find": {"get": get}}, **document}


async def only(store: CatalogStore, document: JsonValue, form: str) -> tuple[Api | None, str]:
    report = await import_document(store, document, format=form, source="shop")  # type: ignore[arg-type]
    tools = [tool for name in await store.categories() for tool in await store.tools(name.name)]
    apis = [api for tool in tools for api in await store.apis(tool.id)]
    return (apis[0] if apis else None), " ".join(f"{p.where}: {p.reason}" for p in report.skipped)


async def test_our_own_form_says_it_of_a_parameter(store: CatalogStore) -> None:
    document = own_form(
        {"name": "amount", "type": "integer", "required": True},
        {"name": "version", "supply": {"value": "2"}},
        {"name": "account", "place": "header", "supply": {"from": "tenant", "key": "account_id"}},
        cost_usd=0.02,
    )
    api, _ = await only(store, document, "switchboard")
    assert api is not None
    assert [p.name for p in api.parameters] == ["amount"]
    assert [(s.parameter.name, s.source, s.value, s.asked_for) for s in api.supplied] == [
        ("version", "constant", "2", "version"),
        ("account", "tenant", None, "account_id"),
    ]
    assert api.supplied[1].parameter.place == "header" and api.cost_usd == 0.02


async def test_openapi_documents_say_it_of_operations_and_of_all(store: CatalogStore) -> None:
    near: dict[str, JsonValue] = {"x-switchboard-supply": {"account": {"from": "user"}}, "x-switchboard-cost-usd": 1}
    document = openapi(near, **{"x-switchboard-supply": {"v": {"value": "2"}, "account": {"value": "x"}}})
    api, _ = await only(store, document, "openapi")
    assert api is not None and [p.name for p in api.parameters] == ["q"]
    assert [(s.parameter.name, s.source, s.value) for s in api.supplied] == [
        ("v", "constant", "2"),
        ("account", "user", None),
    ]
    assert api.cost_usd == 1


@pytest.mark.parametrize(
    "supply", [{}, {"from": "heaven"}, {"value": 1, "from": "user"}, {"from": "user", "key": 1}, "x"]
)
async def test_what_is_neither_form_is_told_with_its_place(store: CatalogStore, supply: JsonValue) -> None:
    _, told = await only(store, own_form({"name": "v", "supply": supply}), "switchboard")
    assert 'parameters[0].supply: must be {"value": ...}' in told
    _, told = await only(store, openapi({"x-switchboard-supply": {"v": supply}}), "openapi")
    assert 'x-switchboard-supply.v: must be {"value": ...}' in told


async def test_a_cost_below_nothing_is_refused(store: CatalogStore) -> None:
    _, told = await only(store, openapi({"x-switchboard-cost-usd": -1}), "openapi")
    assert "x-switchboard-cost-usd: must be US dollars" in told


async def test_a_person_hides_a_parameter_of_an_imported_api_and_it_stays_hidden(store: CatalogStore) -> None:
    document = openapi({})
    api, _ = await only(store, document, "openapi")
    assert api is not None
    fields = api.model_dump(mode="json")
    hidden = next(p for p in fields["parameters"] if p["name"] == "account")
    fields["parameters"] = [p for p in fields["parameters"] if p["name"] != "account"]
    fields["supplied"] = [{"parameter": hidden, "source": "tenant"}]
    await store.put(Api.model_validate(fields))
    again, _ = await only(store, document, "openapi")
    assert again is not None and [s.parameter.name for s in again.supplied] == ["account"]
    assert [p.name for p in again.parameters] == ["v", "q"]

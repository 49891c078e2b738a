"""The OpenAPI document: bodies are parsed by our own hand, so their schemas are added by it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from api import catalog_schemas, schemas
from catalog.models import Api
from graph.requests import QueryRequest, ResumeRequest, TryRequest

BODIES: tuple[type[BaseModel], ...] = (
    QueryRequest,
    ResumeRequest,
    TryRequest,
    catalog_schemas.ImportRequest,
    catalog_schemas.Fields,
    Api,
)
REFERENCE = "#/components/schemas/{model}"


def body(
    model: type[BaseModel], *, parameters: tuple[JsonValue, ...] = (), **examples: JsonValue
) -> dict[str, JsonValue]:
    """`openapi_extra` of a route that takes this model and these headers, with an example for each name."""
    content: dict[str, JsonValue] = {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}
    if examples:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    extra: dict[str, JsonValue] = {"requestBody": {"required": True, "content": {"application/json": content}}}
    return {"parameters": list(parameters), **extra} if parameters else extra


def answers(model: type[BaseModel], said: str, *problems: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: what it gives, and the problems that a client should expect."""
    return {status: {"model": model, "description": said}, **refusals(*problems)}


def refusals(*problems: int) -> dict[int | str, dict[str, Any]]:
    schema = {"schema": {"$ref": REFERENCE.format(model=schemas.Problem.__name__)}}
    described = {status: {"description": schemas.PROBLEMS[status]} for status in (*problems, 503)}
    return {status: {**each, "content": {"application/problem+json": schema}} for status, each in described.items()}


def install(app: FastAPI) -> None:
    """Add the bodies' schemas to the document that FastAPI derives from the routes."""
    derived = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = derived()
            document.setdefault("components", {}).setdefault("schemas", {}).update(_components())
        return app.openapi_schema or {}

    # FastAPI documents this assignment as the way to extend the document.
    app.openapi = complete  # type: ignore[method-assign]


def _components() -> Mapping[str, JsonValue]:
    wanted = [(model, "validation") for model in (*BODIES, schemas.Problem)]
    _, definitions = models_json_schema(wanted, ref_template=REFERENCE)  # type: ignore[arg-type]
    found: Mapping[str, JsonValue] = definitions["$defs"]
    return found

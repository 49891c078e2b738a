"""The catalog by level, the search in it, and the import into it."""

from __future__ import annotations

from dataclasses import asdict
from operator import itemgetter
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import Response

from api import catalog_schemas as schemas
from api import openapi
from api.body import IMPORT_LIMIT_BYTES, body_of
from api.failures import InvalidRequest
from api.found import POOL, matched_fields, none_fits
from api.needs import Opened
from api.response import Json
from callers.health import Health, Vital
from catalog.errors import NoSuchEntry
from catalog.fetching import Limits, fetched
from catalog.importing import import_document, import_file
from catalog.models import Api, CatalogStats
from catalog.store import CatalogIndex, CatalogStore, Found, Hit, ImportReport
from graph.outside import way_out
from graph.requests import Text
from graph.services import Services

router = APIRouter(tags=["catalog"])

FETCH_SECONDS = 60.0  # for all of a `source`: a client waits for it

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "CALL"]
"""CALL is what tools of MCP servers and Python functions have."""
Upper = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
Wanted = Annotated[schemas.ImportRequest, Depends(body_of(schemas.ImportRequest, limit_bytes=IMPORT_LIMIT_BYTES))]


class Search(BaseModel):
    """Query parameters of the search."""

    model_config = ConfigDict(extra="forbid")

    q: Text
    k: int = Field(default=10, ge=1, le=100)
    category: list[str] = Field(default=[], max_length=200)
    """Only in these categories; may be repeated."""
    method: Annotated[Method, Upper] | None = None


@router.get(
    "/catalog",
    summary="Counts per level, version, sources",
    responses=openapi.answers(CatalogStats, "The catalog as it is now."),
)
async def stats(services: Opened) -> Response:
    return Json(await services.catalog.stats())


@router.post(
    "/catalog/import",
    summary="Import a catalog",
    responses=openapi.answers(schemas.Report, "What the import did.", 403, 413, 422),
    openapi_extra=openapi.body(
        schemas.ImportRequest,
        document={
            "name": "shop",
            "format": "rapidapi",
            "document": [
                {
                    "category_name": "Commerce",
                    "tool_name": "Shop",
                    "api_name": "Get order",
                    "api_description": "An order by its id.",
                    "required_parameters": [{"name": "order_id", "type": "STRING", "description": "", "default": ""}],
                    "optional_parameters": [],
                    "method": "GET",
                    "api_url": "https://shop.example/orders/{order_id}",
                }
            ],
        },
        look_first={"source": "https://shop.example/openapi.json", "dry_run": True},
    ),
)
async def importing(wanted: Wanted, services: Opened) -> Response:
    """Puts the document in place of what was imported under this name before, at once or not at all.

    One bad record never loses the others: `skipped` says which were left out, and why.
    """
    if (wanted.source is None) == (wanted.document is None):
        raise InvalidRequest([("", "exactly one of `source` and `document` is required")])
    report = await _imported(wanted, services)
    await services.index.sync()
    return Json(report)


async def _imported(wanted: schemas.ImportRequest, services: Services) -> ImportReport:
    store, form, name, dry_run = services.catalog, wanted.format, wanted.name, wanted.dry_run
    if wanted.source is None:
        return await import_document(
            store, wanted.document, format=form, source=name, base_url=wanted.base_url, dry_run=dry_run
        )
    limits = Limits(size_bytes=IMPORT_LIMIT_BYTES, seconds=FETCH_SECONDS)
    hosts, sender = services.settings.import_hosts, way_out(services.settings)
    async with fetched(wanted.source, hosts=hosts, way_out=sender, limits=limits) as found:
        base = wanted.base_url or found.url
        return await import_file(
            store, found.path, format=form, source=name, base_url=base, dry_run=dry_run, fetched=True
        )


@router.get(
    "/catalog/search",
    summary="Search by words",
    responses=openapi.answers(schemas.SearchResults, "The best APIs, best first; none is an answer too.", 422),
)
async def search(wanted: Annotated[Search, Query()], services: Opened) -> Response:
    """What is not in the catalog never comes back. A category that the catalog does not have is refused."""
    for place, category in enumerate(wanted.category):
        await _known(services.catalog, category, f"/category/{place}")
    found, apis = await _best(services.index, services.catalog, wanted)
    shown = [hit for hit in found.hits if hit.id in apis][: wanted.k]
    results = [await _result(wanted.q, hit, apis[hit.id], services.catalog) for hit in shown]
    told = {"searched": found.searched, "version": found.version, "without": found.without}
    none = none_fits(wanted.q, found.hits, apis, services.index)
    return Json({"results": results, "matched": await _matched(services.index, wanted), "none": none, **told})


@router.get(
    "/catalog/health",
    summary="How APIs have been doing",
    responses=openapi.answers(schemas.CallHealth, "Of those that this process called lately, the worst first.", 422),
)
async def health(services: Opened, k: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Response:
    """Seen from the calls that were made anyway. What fails is put behind what fits alike, and soon forgiven."""
    seen, upstreams = services.parts.health, services.parts.upstreams
    apis = sorted((_health(api_id, vital, seen) for api_id, vital in seen.all()), key=itemgetter("standing", "api_id"))
    unwell = [
        {"name": u.name, "open": u.breaker.is_open, "paused_seconds": u.paused_seconds} for u in upstreams.unwell()
    ]
    return Json({"apis": apis[:k], "upstreams": unwell})


def _health(api_id: str, vital: Vital, seen: Health) -> dict[str, object]:
    facts = asdict(vital)
    del facts["worth"], facts["last_at"]
    return {"api_id": api_id, "standing": seen.standing(api_id), **facts, "seconds_ago": seen.clock() - vital.last_at}


async def _known(store: CatalogStore, category: str, pointer: str) -> None:
    try:
        await store.category(category)
    except NoSuchEntry as unknown:
        raise InvalidRequest([(pointer, str(unknown))]) from None


async def _best(index: CatalogIndex, store: CatalogStore, wanted: Search) -> tuple[Found, dict[str, Api]]:
    """Hits and their entries. The index knows no methods: where one is wanted, all hits are looked through."""
    k = max(wanted.k, POOL)
    while True:
        found = await index.search(wanted.q, k=k, categories=wanted.category)
        apis = _of_method(await store.get([hit.id for hit in found.hits]), wanted.method)
        if wanted.method is None or len(apis) >= wanted.k or len(found.hits) < k:
            return found, apis
        k *= 10


def _of_method(apis: dict[str, Api], method: Method | None) -> dict[str, Api]:
    return {api_id: api for api_id, api in apis.items() if method in (None, api.method.upper())}


async def _matched(index: CatalogIndex, wanted: Search) -> int | None:
    """How many there are in all; unknown where a method is wanted, as the index knows none."""
    return None if wanted.method else await index.matching(wanted.q, categories=wanted.category)


async def _result(query: str, hit: Hit, api: Api, store: CatalogStore) -> dict[str, object]:
    return {
        "api_id": api.id,
        "title": api.label,
        "description": api.description,
        "category": api.category,
        "tool": api.tool_name,
        "method": api.method,
        "score": hit.score,
        "matched": list(hit.matched),
        "matched_fields": await matched_fields(query, hit, api, store),
    }


@router.get(
    "/catalog/categories",
    summary="All categories",
    responses=openapi.answers(schemas.Categories, "With their groups and counts."),
)
async def categories(services: Opened) -> Response:
    return Json({"categories": await services.catalog.categories()})


@router.get(
    "/catalog/categories/{category:path}/tools",
    summary="The tools of a category",
    responses=openapi.answers(schemas.Tools, "With counts.", 404),
)
async def tools(category: str, services: Opened) -> Response:
    return Json({"category": category, "tools": await services.catalog.tools(category)})


@router.get(
    "/catalog/tools/{tool_id:path}/apis",
    summary="The APIs of a tool",
    responses=openapi.answers(schemas.Apis, "Complete entries.", 404),
)
async def apis(tool_id: str, services: Opened) -> Response:
    tool = await services.catalog.tool(tool_id)
    return Json({"tool": tool, "apis": await services.catalog.apis(tool_id)})

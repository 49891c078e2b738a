"""Single APIs: read, add, change, remove, and try one without any model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import catalog_schemas, openapi, schemas
from api.answer import answer
from api.body import body_of
from api.entity_tags import matched, named, quoted
from api.entry import changed, written
from api.failures import InvalidRequest
from api.needs import Opened, Tenant
from api.response import Json
from catalog.errors import NoSuchEntry, UnreadableDocument
from catalog.models import Api
from catalog.store import CatalogStore
from graph.requests import TryRequest
from graph.services import Services

router = APIRouter(tags=["catalog"])


Given = Annotated[catalog_schemas.Fields, Depends(body_of(catalog_schemas.Fields))]
Named = Annotated[Sequence[str], Query(max_length=200)]
Tried = Annotated[TryRequest, Depends(body_of(TryRequest))]

ENTRY = "/catalog/apis/{api_id:path}"
CORRECTIONS = "/catalog/corrections"  # not below an entry, whose id may itself end in any word
CHANGED = openapi.answers(Api, "The entry as it is now, with its ETag.", 404, 412, 413, 422)


# Before the others: of two routes that fit, the first is taken, and an id may itself end in `/try`.
@router.post(
    f"{ENTRY}/try",
    summary="Call one API, without any model",
    responses=openapi.answers(schemas.Answer, "As for a query; `dry_run` only shows the request.", 404, 413, 422),
    openapi_extra=openapi.body(TryRequest, look_first={"params": {"order_id": "123456"}, "dry_run": True}),
)
async def attempt(api_id: str, tried: Tried, request: Request, services: Opened, tenant: Tenant) -> Response:
    """A call that changes something is approved first, on a thread of its own."""
    return answer(request, await services.runs.attempt(api_id, tried, tenant=tenant))


@router.get(
    CORRECTIONS,
    summary="What persons changed of imported APIs",
    responses=openapi.answers(catalog_schemas.Corrections, "By API id; also of APIs that are not in the catalog now."),
)
async def all_corrections(services: Opened) -> Response:
    return Json({"corrections": list((await services.catalog.corrections()).values())})


@router.get(
    f"{CORRECTIONS}/{{api_id:path}}",
    summary="What persons changed of an imported API",
    responses=openapi.answers(catalog_schemas.Correction, "The changes, and the API as its source says it.", 404),
)
async def corrections(api_id: str, services: Opened) -> Response:
    found = await services.catalog.corrections([api_id])
    if api_id not in found:
        raise NoSuchEntry("correction of API", api_id)
    return Json(found[api_id])


@router.delete(
    f"{CORRECTIONS}/{{api_id:path}}",
    summary="Take corrections back",
    status_code=204,
    responses=openapi.refusals(404, 412, 422),
)
async def revert(api_id: str, request: Request, services: Opened, field: Named = ()) -> Response:
    """Of the fields that `field` names, as often as you like; of all, where it names none."""
    bound = await matched(services.catalog, api_id, request.headers)
    etag = await services.catalog.revert(api_id, field, if_match=bound)
    await services.index.sync()
    return Response(status_code=204, headers=quoted(etag) if etag else None)


@router.get(ENTRY, summary="One API", responses=openapi.answers(Api, "The complete entry, with its ETag.", 404))
async def read(api_id: str, request: Request, services: Opened) -> Response:
    etag = await services.catalog.etag(api_id)
    if etag in named(request.headers, "if-none-match"):
        return Response(status_code=304, headers=quoted(etag))
    return Json(await _entry(services.catalog, api_id), headers=quoted(etag))


@router.put(ENTRY, summary="Add or replace an API", responses=CHANGED, openapi_extra=openapi.body(Api))
async def put(api_id: str, given: Given, request: Request, services: Opened) -> Response:
    """201 where the entry is new. `id` may be left out of the body; the path has it."""
    known = bool(await services.catalog.get([api_id]))
    entry = written(api_id, given.root)
    etag = await _store(services, entry, await matched(services.catalog, api_id, request.headers))
    return Json(entry, 200 if known else 201, headers=quoted(etag))


@router.patch(ENTRY, summary="Change an API", responses=CHANGED, openapi_extra=openapi.body(catalog_schemas.Fields))
async def patch(api_id: str, given: Given, request: Request, services: Opened) -> Response:
    """A JSON merge patch (RFC 7396): null removes a field, lists are replaced as a whole."""
    # Bound to what was read, also where the client binds it to nothing: of two patches at once none is lost.
    bound = await matched(services.catalog, api_id, request.headers) or await services.catalog.etag(api_id)
    current = await _entry(services.catalog, api_id)
    entry = changed(api_id, current, given.root)
    etag = await _store(services, entry, bound)
    return Json(entry, headers=quoted(etag))


@router.delete(ENTRY, summary="Remove an API", status_code=204, responses=openapi.refusals(404, 412))
async def delete(api_id: str, request: Request, services: Opened) -> Response:
    bound = await matched(services.catalog, api_id, request.headers)
    await services.catalog.delete(api_id, if_match=bound)
    await services.index.sync()
    return Response(status_code=204)


async def _entry(store: CatalogStore, api_id: str) -> Api:
    found = await store.get([api_id])
    if api_id not in found:
        raise NoSuchEntry("API", api_id)
    return found[api_id]


async def _store(services: Services, entry: Api, bound: str | None) -> str:
    """Put it, and let the search know. Raises InvalidRequest where it contradicts what the catalog holds."""
    try:
        etag = await services.catalog.put(entry, if_match=bound)
    except UnreadableDocument as contradiction:
        raise InvalidRequest([(f"/{contradiction.where}", contradiction.reason)]) from None
    await services.index.sync()
    return etag

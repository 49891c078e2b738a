"""Threads: what was asked, where it stands, and why it was answered so."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api import openapi, schemas
from api.answer import answer
from api.needs import Opened, Tenant
from api.response import Json
from graph.paging import PageRequest
from graph.runs import ThreadStatus

router = APIRouter(tags=["threads"])


class Listing(BaseModel):
    """Query parameters of the list."""

    model_config = ConfigDict(extra="forbid")

    status: ThreadStatus | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)
    """`next_cursor` of the page before."""


@router.get(
    "/threads",
    summary="List threads, waiting ones first",
    responses=openapi.answers(schemas.Threads, "A page of threads.", 422),
)
async def listing(wanted: Annotated[Listing, Query()], services: Opened, tenant: Tenant) -> Response:
    page = await services.runs.threads(tenant=tenant, status=wanted.status, limit=wanted.limit, cursor=wanted.cursor)
    return Json(page)


@router.get(
    "/threads/{thread_id}",
    summary="The thread's last answer",
    responses=openapi.answers(schemas.Answer, "As the last /query or /resume gave it; poll here.", 404),
)
async def thread(thread_id: str, request: Request, services: Opened, tenant: Tenant) -> Response:
    return answer(request, await services.runs.thread(thread_id, tenant=tenant))


@router.get(
    "/threads/{thread_id}/trace",
    summary="Why the answer is as it is",
    responses=openapi.answers(schemas.Trace, "What was considered, chosen, sent, received and spent.", 404),
)
async def trace(thread_id: str, services: Opened, tenant: Tenant) -> Response:
    return Json(await services.runs.trace(thread_id, tenant=tenant))


@router.get(
    "/threads/{thread_id}/responses/{step}",
    summary="Page through what a step's call brought",
    responses=openapi.answers(schemas.ResponsePage, "A part of the whole response.", 404, 422),
)
async def response(
    thread_id: str, step: str, wanted: Annotated[PageRequest, Query()], services: Opened, tenant: Tenant
) -> Response:
    """Where `calls[].omitted` says that something was left out, here it is."""
    return Json(await services.runs.response(thread_id, step, wanted, tenant=tenant))


@router.delete(
    "/threads/{thread_id}",
    summary="Delete a thread",
    status_code=204,
    responses=openapi.refusals(404, 409),
)
async def delete(thread_id: str, services: Opened, tenant: Tenant) -> Response:
    """With all that was kept of it. A thread whose run is under way is not deleted (409)."""
    await services.runs.delete(thread_id, tenant=tenant)
    return Response(status_code=204)

"""Asking, answering what is asked back, and stopping."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import openapi, schemas
from api.answer import answer
from api.body import body_of
from api.keys import PARAMETER, Key
from api.needs import Opened, Tenant
from graph.requests import QueryRequest, ResumeRequest

router = APIRouter(tags=["query"])

Asked = Annotated[QueryRequest, Depends(body_of(QueryRequest))]
Answered = Annotated[ResumeRequest, Depends(body_of(ResumeRequest))]


@router.post(
    "/query",
    summary="Ask in words",
    responses=openapi.answers(schemas.Answer, "A run was made; `status` says how it ended.", 409, 413, 422),
    openapi_extra=openapi.body(
        QueryRequest,
        parameters=(PARAMETER,),
        question={"query": "Which item was ordered for 123456?"},
        with_a_value={"query": "Where is my order?", "params": {"order_id": "123456"}},
        dry_run={"query": "Cancel order 123456", "options": {"dry_run": True}},
    ),
)
async def ask(asked: Asked, key: Key, request: Request, services: Opened, tenant: Tenant) -> Response:
    """Finds the APIs that help, fills and sends the calls, and answers; or asks for what is missing."""
    return answer(request, await services.runs.ask(asked, tenant=tenant, key=key))


@router.post(
    "/query/{thread_id}/resume",
    summary="Answer open input requests",
    responses=openapi.answers(schemas.Answer, "The answer was taken.", 404, 409, 413, 422),
    openapi_extra=openapi.body(
        ResumeRequest,
        parameters=(PARAMETER,),
        accept={"responses": [{"id": "75b0424a", "action": "accept", "content": {"order_id": "123456"}}]},
        decline={"responses": [{"id": "75b0424a", "action": "decline"}]},
        shorthand={"params": {"order_id": "123456"}},
    ),
)
async def resume(
    thread_id: str, answered: Answered, key: Key, request: Request, services: Opened, tenant: Tenant
) -> Response:
    """Each answer is taken exactly once; of many to one question, one wins and the others get 409."""
    return answer(request, await services.runs.resume(thread_id, answered, tenant=tenant, key=key))


@router.post(
    "/query/{thread_id}/cancel",
    summary="Stop the run, keep the thread",
    responses=openapi.answers(schemas.Answer, "The thread as it is now.", 404),
)
async def cancel(thread_id: str, request: Request, services: Opened, tenant: Tenant) -> Response:
    """Stops what is under way, or closes what is open. A thread that is finished stays as it is."""
    return answer(request, await services.runs.cancel(thread_id, tenant=tenant))

"""Is the process alive, and can it serve?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import openapi, schemas
from api.needs import Opened
from api.response import Json
from catalog.errors import Stopping

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process is alive", responses={200: {"model": schemas.Health}})
async def alive() -> Response:
    return Json({"status": "ok"})


@router.get(
    "/readyz",
    summary="The service can answer",
    responses=openapi.answers(schemas.Ready, "The catalog can be read."),
)
async def ready(services: Opened) -> Response:
    """An empty catalog is ready too: every answer then says how to import one. A service that stops is not."""
    if services.runs.stopping:
        raise Stopping
    stats = await services.catalog.stats()
    return Json({"status": "ready", "catalog_version": stats.version, "apis": stats.apis})

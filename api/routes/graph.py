"""The path that a query takes, drawn from the graph that runs it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import PlainTextResponse, Response

from api import openapi
from api.needs import Opened
from api.response import Json

router = APIRouter(tags=["graph"])


class Drawing(BaseModel):
    """Query parameters of the drawing."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["mermaid", "json"] = "mermaid"


@router.get(
    "/graph",
    summary="Draw the graph",
    response_class=PlainTextResponse,
    responses={200: {"description": "Nodes and edges.", "content": {"application/json": {}}}, **openapi.refusals(422)},
)
async def drawing(wanted: Annotated[Drawing, Query()], services: Opened) -> Response:
    """Agents of every level are drawn."""
    drawn = services.graph.get_graph(xray=True)
    if wanted.format == "json":
        return Json(drawn.to_json())
    return PlainTextResponse(drawn.draw_mermaid())

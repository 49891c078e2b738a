"""The side entrance for `langgraph dev` (`http.app` in langgraph.json): our routes below `/switchboard`.

At the root our `/threads/{id}` would shadow the platform's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from api.app import create_app
from graph.settings import Settings

PREFIX = "/switchboard"

mounted = create_app(Settings.model_validate({}))


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """A mounted app's lifespan is nobody's business but the outer app's."""
    async with mounted.router.lifespan_context(mounted):
        yield


app = Starlette(routes=[Mount(PREFIX, app=mounted)], lifespan=lifespan)

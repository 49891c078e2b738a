"""The service as an ASGI app: routes, failures and documentation joined, services opened by its lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse

from api import errors, openapi
from api.door import Door
from api.head import HeadAsGet
from api.routes import catalog, entries, graph, health, oauth, query, threads
from graph.services import Services, open_services
from graph.settings import Settings

DESCRIPTION = """Connects a question in words to the right API among thousands, asks a person for what is missing,
and calls it safely. Every failure is a problem document (RFC 9457)."""

start = APIRouter(include_in_schema=False)


@start.get("/")
async def root(request: Request) -> RedirectResponse:
    """A person who opens the address in a browser sees what can be asked."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


def create_app(opening: Settings | Services, *, names: frozenset[str] | None = None) -> FastAPI:
    """An app over services that are open already, or that its lifespan opens from settings and closes again.

    It may be mounted below any path; whoever mounts it enters its lifespan. `names` are the host names under which
    it answers; None: any.
    """
    app = FastAPIOffline(
        title="Switchboard",
        version=_version(),
        description=DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,  # ids hold slashes; a redirect would drop what a client meant by one
        # The default badge asks a public validator for an opinion on every page view.
        swagger_ui_parameters={"validatorUrl": "none", "defaultModelsExpandDepth": 0},
        lifespan=_opening(opening) if isinstance(opening, Settings) else None,
    )
    if isinstance(opening, Services):
        app.state.services = opening
    for router in (
        start,
        query.router,
        threads.router,
        catalog.router,
        entries.router,
        graph.router,
        health.router,
        oauth.router,
    ):
        app.include_router(router)
    app.add_middleware(HeadAsGet)
    _guard(app, opening if isinstance(opening, Settings) else opening.settings, names)
    errors.install(app)
    openapi.install(app)
    return app


def _guard(app: FastAPI, settings: Settings, names: frozenset[str] | None) -> None:
    """Who may come in is asked first, and a browser that asks whether its page may is answered before that."""

    def runs() -> int:
        services: Services | None = getattr(app.state, "services", None)
        return services.runs.under_way() if services else 0

    app.add_middleware(Door, settings=settings, runs=runs, names=names)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["location", "retry-after", "etag"],
        )


def _opening(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Whoever mounts the app brings the event loop, and may share it with others.
        async with open_services(settings, recover=True, never_block=True) as app.state.services:
            yield
        del app.state.services

    return lifespan


def _version() -> str:
    try:
        return version("switchboard")
    except PackageNotFoundError:
        return "0+unknown"

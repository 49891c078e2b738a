"""The stand-in world as a real HTTP server: it answers every API of the demo's catalog."""

from __future__ import annotations

import argparse
import contextlib
from collections import deque

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from demo import journal
from demo.child import exit_with_parent
from demo.document import PORT
from demo.routes import ROUTERS


def operation_id(route: APIRoute) -> str:
    return route.name


def create_app() -> FastAPI:
    """A fresh world: what was changed in another one is not changed here."""
    app = FastAPI(title="Switchboard's demo world", version="1", generate_unique_id_function=operation_id)
    app.state.shelf = {}
    app.state.received = deque(maxlen=journal.KEPT)
    for router in [*ROUTERS, journal.router]:
        app.include_router(router)
    app.add_exception_handler(HTTPException, tell)
    app.add_exception_handler(RequestValidationError, tell_what_is_wrong)
    app.add_middleware(journal.Journal, entries=app.state.received)
    return app


async def tell(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


async def tell_what_is_wrong(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    problems = [(".".join(map(str, e["loc"][1:])) or str(e["loc"][0]), str(e["msg"])) for e in error.errors()]
    listed = [{"parameter": name, "problem": problem} for name, problem in problems]
    told = "; ".join(f"{name}: {problem}" for name, problem in problems)
    return JSONResponse({"error": told, "problems": listed}, status_code=422)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.server", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="what to listen on; only loopback is safe outside of containers"
    )
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--watch-parent", action="store_true", help="exit when stdin closes")
    chosen = parser.parse_args()
    if chosen.watch_parent:
        exit_with_parent()
    config = uvicorn.Config(
        create_app(), host=chosen.host, port=chosen.port, log_level="warning", timeout_graceful_shutdown=1
    )
    # uvicorn stops in good order at Ctrl-C, and then raises it again.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()


if __name__ == "__main__":
    main()

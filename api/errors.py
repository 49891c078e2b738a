"""Every failure as a problem document (RFC 9457). The only file that knows HTTP status codes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from api.failures import BodyTooLarge, BodyTooSlow, InvalidRequest, NotReady, pointer
from api.response import Problem
from catalog import errors

log = logging.getLogger("switchboard.api")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
RETRY_AFTER_SECONDS = 5  # a locked database or a restarting model endpoint is back within seconds, or needs a person

HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"retry-after": str(RETRY_AFTER_SECONDS)},
    HTTPStatus.REQUEST_TIMEOUT: {"connection": "close"},  # what else comes would be the rest of that body
}
STATUS: Mapping[type[errors.SwitchboardError], HTTPStatus] = {
    errors.NoSuchEntry: HTTPStatus.NOT_FOUND,
    errors.NoSuchThread: HTTPStatus.NOT_FOUND,
    errors.NoSuchPlace: HTTPStatus.NOT_FOUND,
    errors.EntryExists: HTTPStatus.CONFLICT,
    errors.ThreadExists: HTTPStatus.CONFLICT,
    errors.ThreadBusy: HTTPStatus.CONFLICT,
    errors.QuestionClosed: HTTPStatus.CONFLICT,
    errors.KeyInUse: HTTPStatus.CONFLICT,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Stopping: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StaleEntry: HTTPStatus.PRECONDITION_FAILED,
    errors.SourceRefused: HTTPStatus.FORBIDDEN,
    errors.SourceUnavailable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnreadableDocument: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownFormat: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidAnswer: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidQuery: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidArguments: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EgressDenied: HTTPStatus.FORBIDDEN,
    errors.CallError: HTTPStatus.BAD_GATEWAY,
    errors.SwitchboardError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}


def install(app: FastAPI) -> None:
    """Let every failure of this app leave as a problem document."""
    app.add_exception_handler(errors.SwitchboardError, _known)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(HTTPException, _protocol)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def problem(status: HTTPStatus, *, code: str, detail: str, members: Mapping[str, JsonValue] | None = None) -> Response:
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        **(members or {}),
    }
    return Problem(body, int(status), headers=HEADERS.get(status))


def status_of(error: errors.SwitchboardError) -> HTTPStatus:
    """That of the error's own class, or of the nearest class above it."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SwitchboardError)  # noqa: S101  (Starlette calls a handler for its class only)
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.url.path, error)
    detail = " ".join(part for part in (str(error), error.cure) if part)
    return problem(status, code=error.code, detail=detail, members=_members(error))


def _members(error: errors.SwitchboardError) -> dict[str, JsonValue]:
    """What the class knows beyond its message, for programs."""
    match error:
        case errors.InvalidAnswer() | errors.InvalidQuery() | InvalidRequest():
            return {"errors": _pointed(error.problems)}
        case errors.InvalidArguments():
            return {"errors": _pointed([(pointer(("params", name)), why) for name, why in error.problems])}
        case errors.QuestionClosed():
            return {"thread_id": error.thread_id, "still_open": list(error.still_open)}
        case errors.ThreadExists() | errors.ThreadBusy() | errors.NoSuchThread() | errors.KeyInUse():
            return {"thread_id": error.thread_id}
        case errors.UnreadableDocument():
            return {"errors": _pointed([("/document", str(error))])}
        case errors.SourceRefused() | errors.SourceUnavailable():
            return {"errors": _pointed([("/source", str(error))])}
        case errors.UnknownFormat():
            return {"errors": _pointed([("/format", str(error))])}
        case errors.KeyReused():
            return {"errors": _pointed([("/Idempotency-Key", str(error))])}
        case _:
            return {}


def _pointed(problems: Sequence[tuple[str, str]]) -> JsonValue:
    return [{"pointer": at, "detail": detail} for at, detail in problems]


async def _invalid_parameters(request: Request, error: Exception) -> Response:
    """Query parameters that do not fit: the pointer's first part is the parameter's name."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    invalid = InvalidRequest.of([{**each, "loc": tuple(each["loc"])[1:]} for each in error.errors()])
    return await _known(request, invalid)


async def _protocol(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    code, detail = _said(status, request, str(error.detail))
    answer = problem(status, code=code, detail=detail)
    answer.headers.update(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """The methods of all routes of this path; Starlette names only those of the first."""
    asked = [{**request.scope, "method": method} for method in METHODS]
    return [scope["method"] for scope in asked if any(_fits(route, scope) for route in request.app.routes)]


def _fits(route: BaseRoute, scope: Scope) -> bool:
    # The server answers HEAD as GET.
    wanted = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
    return route.matches(wanted)[0] is Match.FULL


def _said(status: HTTPStatus, request: Request, detail: str) -> tuple[str, str]:
    asked = f"{request.method} {request.url.path}"
    match status:
        case HTTPStatus.NOT_FOUND:
            return "no_such_route", f"There is no {asked}. GET /openapi.json lists what there is."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return "method_not_allowed", f"{asked} is not offered; the Allow header says what is."
        case _:
            return status.name.lower(), detail


async def _gone(request: Request, error: Exception) -> Response:
    """The client hung up before its body was complete; nobody reads this."""
    return problem(HTTPStatus.BAD_REQUEST, code="client_gone", detail="The request was not complete.")


async def _unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours. The server logs the traceback; the client learns only that it happened."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="Something went wrong inside. The log of the service says what.",
    )

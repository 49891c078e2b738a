"""A run's answer as a response: the body as it is, its links below the path where the app is mounted."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from starlette.requests import Request

from api.response import Json


def answer(request: Request, body: Mapping[str, JsonValue]) -> Json:
    mounted_at: str = request.scope.get("root_path", "")
    resume_url = body.get("resume_url")
    if mounted_at and isinstance(resume_url, str):
        body = {**body, "resume_url": mounted_at + resume_url}
    return Json(body)

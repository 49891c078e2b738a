"""A call as the answer shows it: what was asked, and as much of what came back as a thread carries."""

from __future__ import annotations

import logging
from urllib.parse import quote

from pydantic import JsonValue

from callers.protocol import Ledger, Preview, Reply
from catalog.errors import StoreUnavailable
from catalog.models import Api
from nodes.run import Run
from nodes.shape import Shaped, shaped
from nodes.state import CallState
from nodes.step_state import StepState
from nodes.steps import plain_values

log = logging.getLogger(__name__)


def shown(preview: Preview) -> dict[str, JsonValue]:
    """The request for people, secrets masked."""
    return {
        "method": preview.method,
        "url": preview.url,
        "headers": dict(preview.headers),
        "body": preview.body,
        "curl": preview.curl,
    }


async def carried(
    step: StepState, api: Api, preview: Preview, reply: Reply, *, query: str, run: Run, ledger: Ledger
) -> CallState:
    """The call with its reply. The whole of a response that is too long for a thread is kept beside it."""
    call = call_state(step, api, preview, reply, query=query)
    if not call["omitted"]:
        return call
    try:
        await ledger.keep_response(run.thread_id, step["id"], reply.body)
    except StoreUnavailable:
        log.exception("the whole response of step %s could not be kept", step["id"])
        return call
    return {**call, "response_url": f"/threads/{quote(run.thread_id, safe='')}/responses/{quote(step['id'], safe='')}"}


def call_state(step: StepState, api: Api, preview: Preview, reply: Reply | None, *, query: str = "") -> CallState:
    """The call as the answer shows it; without a reply, status and response are null."""
    values = plain_values(step)
    about = (query, step["part"], *(str(value) for value in values.values()))
    response = shaped(reply.body, *about) if reply else Shaped(None)
    return {
        "step": step["id"],
        "api_id": api.id,
        "method": preview.method,
        "url": preview.url,
        "parameters": values,
        "origins": {name: entry["origin"] for name, entry in step["values"].items()},
        "http_status": reply.status if reply else None,
        "elapsed_ms": round(reply.elapsed_ms, 1) if reply else None,
        "response": response.body,
        "truncated": bool(response.omitted) or (reply.truncated if reply else False),
        "omitted": list(response.omitted),
        "request": None,
        "response_url": None,
    }

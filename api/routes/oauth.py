"""Where a provider sends a person back to, who signed in for a call that waits."""

from __future__ import annotations

import html
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from api.needs import Opened
from catalog.errors import SignInRefused, UnusableCredential
from graph.keys import CALLBACK

router = APIRouter(include_in_schema=False)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",  # the address holds the code
}
Word = Annotated[str, Query(max_length=8_192)]


@router.get(CALLBACK)
async def callback(services: Opened, state: Word = "", code: Word = "", error: Word = "") -> Response:
    """Keeps the token. Who asked goes on by accepting the question that gave the link."""
    sign_ins = services.parts.keys.sign_ins
    try:
        if sign_ins is None:
            raise SignInRefused("nothing here wants anybody to sign in")
        if error or not code:
            raise SignInRefused("the provider gave no permission")
        asked = await sign_ins.complete(state, code)
    except (SignInRefused, UnusableCredential) as refused:
        return _page(400, "Not signed in", f"{refused} {refused.cure}".strip())
    return _page(200, "Signed in", f"{asked.name!r} can be used now. Go back to the question, and accept it to go on.")


def _page(status: int, title: str, text: str) -> Response:
    said = f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>"
    body = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>{said}</html>'
    return HTMLResponse(body, status, headers=HEADERS)

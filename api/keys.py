"""The header `Idempotency-Key`: by it a request that comes again is known."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request
from pydantic import JsonValue

from api.failures import InvalidRequest

HEADER = "Idempotency-Key"
FORM = re.compile(r"[\x21-\x7e]{1,255}")
PARAMETER: JsonValue = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Your own name for this request: sent again with it, it is answered the same, and not run twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


async def key(request: Request) -> str | None:
    """Raises InvalidRequest."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    if len(given) > 1 or not FORM.fullmatch(given[0]):
        raise InvalidRequest([(f"/{HEADER}", "must be one header of 1 to 255 visible ASCII characters")])
    return given[0]


Key = Annotated[str | None, Depends(key)]

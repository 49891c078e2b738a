"""A JSON response for answers that are ready as they are: rendered fast, and never failing on strange text."""

from __future__ import annotations

import json

from pydantic_core import PydanticSerializationError, to_json
from starlette.responses import Response


class Json(Response):
    """Renders JSON values, models and frozen dataclasses. What JSON cannot say (NaN) becomes null."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        try:
            return to_json(content, inf_nan_mode="null")
        except PydanticSerializationError:
            # An upstream may send half of a surrogate pair, which no UTF-8 can carry: only escapes can.
            return json.dumps(content).encode("ascii")


class Problem(Json):
    """A failure as RFC 9457 wants it."""

    media_type = "application/problem+json"

"""Which requests a person approves first, and what exactly an approval is of."""

from __future__ import annotations

from callers.protocol import Preview
from catalog.models import Api
from nodes.state import Options
from nodes.steps import fingerprint


def needs_approval(api: Api, options: Options) -> bool:
    approve = options.get("approve", "mutating")
    if api.approval is not None and approve != "always":
        return api.approval == "always"
    return approve == "always" or (approve == "mutating" and api.risk == "mutating")


def mark_of(preview: Preview) -> str:
    """An approval is of this very request: whatever changes it is asked for again."""
    return fingerprint(preview.method, preview.url, dict(preview.headers), preview.body)

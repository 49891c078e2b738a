"""Who is asking. Until there are keys there is one tenant; every door takes it from here."""

from __future__ import annotations

DEFAULT = "default"


async def tenant() -> str:
    """The tenant of a request: part of every key below this room."""
    return DEFAULT

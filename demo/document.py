"""The demo's catalog, with the address at which the server really answers."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import JsonValue, TypeAdapter

PORT = 8321
"""In the address that the catalog file names."""
CATALOG = Path(__file__).parent / "catalog.json"


def document(url: str) -> dict[str, JsonValue]:
    """The catalog as it is when the server answers at `url`."""
    written = CATALOG.read_text(encoding="utf-8").replace(f"http://127.0.0.1:{PORT}", url.rstrip("/"))
    return TypeAdapter(dict[str, JsonValue]).validate_python(json.loads(written))

"""An API that has been failing is put behind one that fits as well, and not behind what fits worse."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pydantic import JsonValue

from catalog.importing import import_document
from catalog.sqlite import SqliteCatalog
from nodes.pool import candidates
from nodes.state import PooledState, State

DOCUMENT: JsonValue = {
    "format": "switchboard",
    "version": 1,
    "tools": [
        {
            "name": "Weather",
            "category": "Weather",
            "url": "https://weather.example",
            "apis": [{"name": name, "path": f"/{name}"} for name in ("now", "today", "archive")],
        }
    ],
}
POOL = [("Weather/Weather/now", 10.0), ("Weather/Weather/today", 9.0), ("Weather/Weather/archive", 3.0)]


async def ordered(folder: Path, failing: dict[str, float]) -> list[tuple[str, float]]:
    store = SqliteCatalog.open(folder / "catalog.db")
    await import_document(store, DOCUMENT, format="switchboard", source="weather")
    ids = {api.name: api.id for tool in await store.tools("Weather") for api in await store.apis(tool.id)}
    pool = [
        cast(PooledState, {"api_id": ids[name.split("/")[-1]], "raw": raw, "matched": [], "why": "", "agent": "index"})
        for name, raw in POOL
    ]
    state = cast(State, {"pool": pool, "failures": []})
    names = {api_id: name for name, api_id in ids.items()}
    found = await candidates(state, store, limit=10, standing=lambda api_id: failing.get(names[api_id], 1.0))
    await store.close()
    return [(candidate.api.name, candidate.score) for candidate in found]


async def test_what_fails_goes_behind_its_like(tmp_path: Path) -> None:
    assert await ordered(tmp_path / "well", {}) == [("now", 1.0), ("today", 0.9), ("archive", 0.3)]
    assert await ordered(tmp_path / "ill", {"now": 0.5}) == [("today", 0.9), ("now", 0.5), ("archive", 0.3)]

"""Makes the vectors of a catalog: in batches, only of APIs whose text has none yet, and cut off without loss."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence

from catalog.models import Api, Tool
from catalog.store import CatalogStore
from catalog.vectors.embedder import Embedder
from catalog.vectors.files import Place, VectorFiles

BATCH = 64
TOOLS_AT_ONCE = 200
LONGEST = 2_000  # characters: models read some 500 tokens, and the beginning says what it is about

Progress = Callable[[int, int | None], None]


async def build(store: CatalogStore, files: VectorFiles, embedder: Embedder, progress: Progress) -> int:
    """Bring the vectors to the catalog's present state; how many were made. Raises EmbeddingFailed, StoreUnavailable.

    What was made until something fails is kept. `progress` counts APIs.
    """
    version = await store.version()
    tools = sorted(await asyncio.to_thread(store.fingerprints))
    total, made = (await store.stats()).apis, 0
    places: list[Place] = []
    for start in range(0, len(tools), TOOLS_AT_ONCE):
        texts = await asyncio.to_thread(_texts, store, tools[start : start + TOOLS_AT_ONCE], places)
        made += await _embedded(texts, files, embedder)
        progress(len(places), total)
    await asyncio.to_thread(files.publish, version, embedder.name, places)
    return made


def _texts(store: CatalogStore, tools: Sequence[str], places: list[Place]) -> dict[str, str]:
    """By hash; adds the places of the APIs."""
    texts: dict[str, str] = {}
    for tool in store.read_tools(tools):
        for api in tool.apis:
            text = text_of(api, tool)
            key = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            texts[key] = text
            places.append(Place(api.id, tool.id, tool.category, key))
    return texts


def text_of(api: Api, tool: Tool) -> str:
    """What an API means, in words: names, what it does, and what it answers."""
    names = f"{tool.category}. {tool.name}. {api.title or api.name}."
    told = " ".join([names, api.description, *api.examples[:3], tool.description])
    return " ".join(told.split())[:LONGEST].encode(errors="ignore").decode()


async def _embedded(texts: Mapping[str, str], files: VectorFiles, embedder: Embedder) -> int:
    known = await asyncio.to_thread(files.known, embedder.name, list(texts))
    missing = [key for key in texts if key not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        vectors = await embedder.embed([texts[key] for key in batch])
        await asyncio.to_thread(files.add, embedder.name, batch, vectors)
    return len(missing)

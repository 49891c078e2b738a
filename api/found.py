"""What the doors of the search tell beside the hits: where words matched, how many APIs, and whether any fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.errors import NoSuchEntry
from catalog.index_documents import texts_by_field
from catalog.models import Api
from catalog.store import CatalogIndex, CatalogStore, Hit
from catalog.tokens import typed_words, words
from reasoners.confidence import nothing_fits
from reasoners.protocol import Candidate

POOL = 64
"""As many hits as a question is judged by, however few of them are shown."""


def none_fits(query: str, hits: Sequence[Hit], apis: Mapping[str, Api], index: CatalogIndex) -> bool:
    """Judged as a question is without a model, so that the search and the answers never disagree."""
    pool = [Candidate(apis[hit.id], hit.score, hit.raw, hit.matched) for hit in hits if hit.id in apis]
    return nothing_fits(query, pool[:POOL], index)


async def matched_fields(query: str, hit: Hit, api: Api, store: CatalogStore) -> list[str]:
    """The fields that share the hit's matched words. Only where the API's own do not have all, its tool is read."""
    tokens = dict(typed_words(query))
    sought = {token for surface in hit.matched for token in tokens.get(surface, ())}
    shared = _shared(sought, texts_by_field(api))
    if "tool" not in shared and sought - {token for held in shared.values() for token in held}:
        shared = _shared(sought, texts_by_field(api, await _described(store, api.tool_id)))
    return list(shared)


def _shared(sought: set[str], fields: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    held = {name: sought & {word for text in texts for word in words(text)} for name, texts in fields.items()}
    return {name: common for name, common in held.items() if common}


async def _described(store: CatalogStore, tool_id: str) -> str:
    try:
        return (await store.tool(tool_id)).description
    except NoSuchEntry:  # it has just left the catalog
        return ""

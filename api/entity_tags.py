"""ETag, If-Match and If-None-Match (RFC 9110): who changes an entry says which state of it was read."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.errors import NoSuchEntry, StaleEntry
from catalog.store import CatalogStore


def quoted(etag: str) -> dict[str, str]:
    """The header of an answer."""
    return {"etag": f'"{etag}"'}


def named(headers: Mapping[str, str], name: str) -> frozenset[str]:
    """The tags that a header lists, unquoted; `*` stands for any."""
    listed = (each.strip().removeprefix("W/").strip('"') for each in headers.get(name, "").split(","))
    return frozenset(each for each in listed if each)


async def matched(store: CatalogStore, api_id: str, headers: Mapping[str, str]) -> str | None:
    """The tag that the change is bound to; empty: to there being no entry yet; None: to nothing. Raises StaleEntry."""
    only_new = "*" in named(headers, "if-none-match")  # only add, change nothing
    if only_new and (current := await _current(store, api_id)):
        raise StaleEntry(api_id, current)
    wanted = named(headers, "if-match")
    if not wanted:
        return "" if only_new else None
    current = await _current(store, api_id)
    if current and wanted & {current, "*"}:
        return current
    raise StaleEntry(api_id, current)


async def _current(store: CatalogStore, api_id: str) -> str:
    try:
        return await store.etag(api_id)
    except NoSuchEntry:
        return ""

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
    """The tag that the change is bound to; None: it is bound to none. Raises StaleEntry."""
    await _absent_if_asked(store, api_id, headers)
    wanted = named(headers, "if-match")
    if not wanted:
        return None
    current = await _current(store, api_id)
    if current and wanted & {current, "*"}:
        return current
    raise StaleEntry(api_id, current)


async def _absent_if_asked(store: CatalogStore, api_id: str, headers: Mapping[str, str]) -> None:
    """`If-None-Match: *`: only add, change nothing."""
    if "*" in named(headers, "if-none-match") and (current := await _current(store, api_id)):
        raise StaleEntry(api_id, current)


async def _current(store: CatalogStore, api_id: str) -> str:
    try:
        return await store.etag(api_id)
    except NoSuchEntry:
        return ""

"""Cuts a response to what a thread can carry: always whole JSON, arrays and texts shortened, never broken."""

from __future__ import annotations

import json

from pydantic import JsonValue

CARRIED_CHARACTERS = 60_000
"""About 15,000 tokens: more helps no reader, and every checkpoint would carry it."""
DEPTH = 40


def shaped(body: JsonValue, *, limit: int = CARRIED_CHARACTERS) -> tuple[JsonValue, bool]:
    """The body, and whether something was cut."""
    flat, cut = _cut(body, items=10_000, characters=limit, depth=DEPTH)
    items, characters = 256, 4_000
    while len(json.dumps(flat, ensure_ascii=False)) > limit and items >= 1:
        flat, cut = _cut(body, items=items, characters=characters, depth=DEPTH)
        items, characters = items // 2, max(characters // 2, 40)
    if len(json.dumps(flat, ensure_ascii=False)) > limit:
        return "(too large to keep)", True
    return flat, cut


def _cut(body: JsonValue, *, items: int, characters: int, depth: int) -> tuple[JsonValue, bool]:
    if isinstance(body, str):
        return (body, False) if len(body) <= characters else (body[:characters] + "…", True)
    if isinstance(body, dict | list) and depth == 0:
        return "…", True
    if isinstance(body, dict):
        entries = {k: _cut(v, items=items, characters=characters, depth=depth - 1) for k, v in body.items()}
        return {k: value for k, (value, _) in entries.items()}, any(cut for _, cut in entries.values())
    if isinstance(body, list):
        kept = [_cut(v, items=items, characters=characters, depth=depth - 1) for v in body[:items]]
        return [value for value, _ in kept], len(body) > items or any(cut for _, cut in kept)
    return body, False

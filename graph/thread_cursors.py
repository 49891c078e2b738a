"""Where the next page of the list of threads begins, as a word that clients hand back unread."""

from __future__ import annotations

import base64

from pydantic import TypeAdapter, ValidationError

from catalog.errors import InvalidQuery

Cursor = tuple[bool, str, str]
"""Of the last thread told: whether it waits, when it was made, its id."""
_CURSOR: TypeAdapter[Cursor] = TypeAdapter(Cursor)


def write(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(_CURSOR.dump_json(cursor)).decode()


def read(text: str | None) -> Cursor | None:
    """Raises InvalidQuery for a cursor that is none of ours."""
    if text is None:
        return None
    try:
        cursor = _CURSOR.validate_json(base64.urlsafe_b64decode(text.encode()))
    except (ValidationError, ValueError):
        cursor = None
    if cursor is None or any("\0" in part for part in cursor[1:]):  # no store keeps such a thread
        raise InvalidQuery([("/cursor", "This cursor is none of ours. Take next_cursor of the page before.")])
    return cursor

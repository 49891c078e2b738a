"""How an entry is written down, the same in every store: equal catalogs have equal versions wherever they are kept."""

from __future__ import annotations

import hashlib

from pydantic import ValidationError

from catalog.corrections import Changes, corrected
from catalog.importers.record import first_problem
from catalog.models import Api

MANUAL = "manual"
"""The source of what a person adds."""


def content_hash(*parts: str) -> str:
    """A short hash of texts; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:16]


def entry_of(api: Api) -> tuple[str, str]:
    """An API as stored, and its ETag."""
    entry = api.model_dump_json(exclude_defaults=True)
    return entry, content_hash(entry)


def laid_over(api: Api, changes: Changes) -> tuple[Api, str]:
    """An API as its source says it now, corrected; and why not, where the corrections do not fit it any more."""
    try:
        return corrected(api, changes), ""
    except ValidationError as error:
        return api, first_problem(error)

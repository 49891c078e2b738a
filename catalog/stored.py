"""How an entry is written down, the same in every store: equal catalogs have equal versions wherever they are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from catalog.corrections import Changes, corrected
from catalog.importers.record import first_problem
from catalog.models import Api

MANUAL = "manual"
"""The source of what a person adds."""
LEAST_REMEMBERED = 1000
"""Changes of tools that a store can name afterwards; in a catalog of more tools, as many as those."""
VERSIONS = 2**64
Described = tuple[str, str | None]
"""A category's description and group."""


@dataclass
class Moved:
    """What was derived otherwise than it stood there."""

    gone: dict[str, str] = field(default_factory=dict)
    """Fingerprints as they were, by tool id."""
    come: dict[str, str] = field(default_factory=dict)
    categories: set[str] = field(default_factory=set)
    """All that touched tools stand or stood in."""

    @property
    def tools(self) -> list[str]:
        """Ids of those that are otherwise now."""
        return sorted(dict(self.gone.items() ^ self.come.items()))


def content_hash(*parts: str) -> str:
    """A short hash of texts; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:16]


def version_after(version: str, gone: Mapping[str, str], come: Mapping[str, str]) -> str:
    """The catalog's version once tools with these fingerprints, by id, have gone and come.

    A sum over all tools, so that equal catalogs have equal versions whatever way led to them, and a change costs no
    look at the rest.
    """
    number = int(version, 16) + sum(map(_number, come.items())) - sum(map(_number, gone.items()))
    return f"{number % VERSIONS:016x}"


def version_of(tools: Iterable[tuple[str, str]]) -> str:
    """The version of a catalog that holds these tools: ids with fingerprints."""
    return version_after(content_hash(), {}, dict(tools))


def _number(tool: tuple[str, str]) -> int:
    return int(content_hash(*tool), 16)


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

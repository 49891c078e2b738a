"""Looks every API of a catalog up by what it is called and by its own description: who knows the name must find it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.models import Api
from catalog.store import CatalogIndex
from evals.catalogs import Opened
from evals.progress import followed
from evals.report import Item, Report, report_of

BY_BOTH, BY_NAME, BY_TEXT = "tool and API name first", "API name first", "own description in 3"
SHOWN = (BY_BOTH, BY_NAME, BY_TEXT)
NEAR = 3
SEED = 0  # the same sample of the same catalog
TOLD = 5


@dataclass(frozen=True)
class Lookup:
    """What is typed to find an API. Others of the same names, or the same description, serve as well."""

    measure: str
    api: Api
    typed: str

    def found_in(self, hits: Sequence[Api]) -> bool:
        if self.measure == BY_TEXT:
            return any(hit.description.strip() == self.typed for hit in hits[:NEAR])
        names = {(hit.tool_name if self.measure == BY_BOTH else "", hit.name) for hit in hits[:1]}
        return (self.api.tool_name if self.measure == BY_BOTH else "", self.api.name) in names


def lookups(api: Api) -> Iterator[Lookup]:
    """The ways to look an API up."""
    yield Lookup(BY_BOTH, api, f"{api.tool_name} {api.name}")
    yield Lookup(BY_NAME, api, api.name)
    if description := api.description.strip():
        yield Lookup(BY_TEXT, api, description)


async def measure_names(opened: Opened, sample: int | None) -> Report:
    """Every API, or a sample of them, looked up in each way."""
    apis = [api for tool in opened.tools() for api in tool.apis]
    if sample and sample < len(apis):
        apis = sorted(random.Random(SEED).sample(apis, sample), key=lambda api: api.id)  # noqa: S311 - statistics
    wanted = [lookup for api in apis for lookup in lookups(api)]
    items = [await _item(opened, lookup) for lookup in followed(wanted, "look-ups")]
    about = {**await opened.about(), "looked up": len(apis)}
    return report_of("names", items, about=about, shown=SHOWN)


async def _item(opened: Opened, lookup: Lookup) -> Item:
    ids = await _first(opened.index, lookup.typed)
    known = await opened.store.get(ids)
    found = lookup.found_in([known[api_id] for api_id in ids if api_id in known])
    return Item(
        id=lookup.api.id,
        set=lookup.measure,
        query=lookup.typed,
        scores={lookup.measure: float(found)},
        expected=() if found else (lookup.api.id,),
        found=() if found else tuple(ids),
    )


async def _first(index: CatalogIndex, typed: str) -> list[str]:
    return [hit.id for hit in (await index.search(typed, k=TOLD)).hits]

"""APIs that find the id which a candidate needs: what a model should see beside it, so that it plans both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex, CatalogStore
from reasoners.protocol import Candidate

LOOKED_AT = 8  # candidates, best first: the plan will be made of these
SEARCHED = 8  # hits for one id
ADDED = 6  # finders beside the candidates
KEYS = frozenset({"id", "key", "code", "number", "no", "ref", "slug", "uuid", "token", "handle"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


async def with_finders(
    query: str, pool: Sequence[Candidate], catalog: CatalogStore, index: CatalogIndex
) -> list[Candidate]:
    """The candidates, and after them APIs whose responses hold an id that one of the first needs."""
    wanted = list(dict.fromkeys(_needs(pool[:LOOKED_AT])))
    known = {candidate.api.id for candidate in pool}
    found: dict[str, Candidate] = {}
    for category, name in wanted:
        words = " ".join(_words(name))
        hits = (await index.search(f"{words} {query}", k=SEARCHED, categories=[category])).hits
        for api in (await catalog.get([hit.id for hit in hits])).values():
            if api.id not in known and finds(api, name):
                found.setdefault(api.id, Candidate(api, 0.0, why=f"Its response has {name}, which others need."))
    return [*pool, *list(found.values())[:ADDED]]


def _needs(pool: Iterable[Candidate]) -> Iterator[tuple[str, str]]:
    for candidate in pool:
        yield from ((candidate.api.category, p.name) for p in candidate.api.required if is_key(p))


def is_key(parameter: Parameter) -> bool:
    """Whether its name says that it names one thing of a kind: `customer_id`, `orderNumber`; no plain `id`."""
    words = _words(parameter.name)
    return len(words) > 1 and words[-1] in KEYS and not parameter.enum


def finds(api: Api, name: str) -> bool:
    """Whether its response has the id, and it changes nothing and does not need the id itself."""
    spelled = "".join(_words(name))
    if api.risk != "safe" or any("".join(_words(p.name)) == spelled for p in api.required):
        return False
    return any("".join(_words(field)) == spelled for field in _fields(api.response_shape))


def _fields(shape: JsonValue) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from shape
        for inner in shape.values():
            yield from _fields(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from _fields(inner)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]

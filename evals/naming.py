"""Which API a question means that names it by its name, or by method and path, and not by its id in the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from catalog.models import Api, Tool
from catalog.store import CatalogStore
from evals.catalogs import Opened
from evals.questions import Question


async def resolved(questions: Sequence[Question], opened: Opened) -> list[Question]:
    """The same questions with ids, as far as a name says clearly which API it is."""
    ids = await ids_of(((name, q.group) for q in questions for name in q.gold), opened.store, opened.tools)
    return [replace(q, gold=frozenset(ids[name, q.group] for name in q.gold)) for q in questions]


async def ids_of(
    names: Iterable[tuple[str, str]], store: CatalogStore, tools: Callable[[], Iterable[Tool]]
) -> Mapping[tuple[str, str], str]:
    """By name and the category that alone is searched (or none): the id that is meant, else the name itself."""
    wanted = set(names)
    strange = {name for name, _ in wanted} - (await store.get(sorted({name for name, _ in wanted}))).keys()
    if not strange:
        return {(name, group): name for name, group in wanted}
    apis = [api for tool in tools() for api in tool.apis]
    named, paths = _by_name(apis), _by_path(apis)
    return {(name, group): _id(name, group, named, paths) for name, group in wanted}


def _id(name: str, group: str, named: Mapping[str, Sequence[Api]], paths: Mapping[str, Sequence[Api]]) -> str:
    """The name itself where it is an id, or where it says nothing clear."""
    meant = [api for api in named.get(name, ()) if not group or api.category == group]
    if len(meant) == 1:
        return meant[0].id
    method, _, path = name.partition(" ")
    ends = [api for api in paths.get(method.upper(), ()) if path and _path(api).endswith(path)]
    return min(ends, key=lambda api: len(_path(api))).id if ends else name


def _by_name(apis: Iterable[Api]) -> Mapping[str, Sequence[Api]]:
    named: dict[str, list[Api]] = {}
    for api in apis:
        for name in {api.id, api.name}:
            named.setdefault(name, []).append(api)
    return named


def _by_path(apis: Iterable[Api]) -> Mapping[str, Sequence[Api]]:
    by_method: dict[str, list[Api]] = {}
    for api in apis:
        by_method.setdefault(api.method.upper(), []).append(api)
    return by_method


def _path(api: Api) -> str:
    """Below any base path of the server, which such questions leave out."""
    return urlsplit(api.url).path

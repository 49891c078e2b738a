"""The work behind `switchboard catalog search`, `show` and `stats`."""

from __future__ import annotations

from collections.abc import Sequence

from api.cli.opening import Catalog, opened_catalog
from api.cli.output import Exit, note, result, result_json
from api.found import POOL, matched_fields, none_fits
from catalog.errors import NoSuchEntry, SwitchboardError
from catalog.models import Api, Parameter
from catalog.store import Correction

IMPORT = "Import a catalog: `switchboard catalog import PATH`."
NEAR = 3


class NothingCalled(SwitchboardError):
    """Nothing at any level has this id or name."""

    code = "no_such_entry"
    cure = "`switchboard catalog search WORDS` finds ids; `switchboard catalog stats` counts what there is."

    def __init__(self, name: str, near: list[str]) -> None:
        hint = f" Near it: {', '.join(near)}." if near else ""
        super().__init__(f"The catalog has no API, tool or category {name!r}.{hint}")


async def find(words: str, k: int, *, as_json: bool) -> Exit:
    async with opened_catalog() as catalog:
        await catalog.index.sync()
        found = await catalog.index.search(words, k=max(k, POOL))
        apis = await catalog.store.get([hit.id for hit in found.hits])
        hits = [hit for hit in found.hits if hit.id in apis][:k]
        fields = {hit.id: await matched_fields(words, hit, apis[hit.id], catalog.store) for hit in hits}
        matched = await catalog.index.matching(words)
        none = none_fits(words, found.hits, apis, catalog.index)
    if as_json:
        listed = [
            {
                **_summary(apis[hit.id]),
                "score": hit.score,
                "matched": list(hit.matched),
                "matched_fields": fields[hit.id],
            }
            for hit in hits
        ]
        told = {"matched": matched, "none": none, "searched": found.searched, "version": found.version}
        result_json({"results": listed, **told})
    else:
        for hit in hits:
            result(f"{hit.score:.2f}  {hit.id}  {apis[hit.id].label}  [{', '.join(hit.matched)}]")
        note(f"{len(hits)} of {found.searched:,} APIs; {matched:,} have a word of it.")
        if none and hits:
            note("None fits well enough to answer a question in these words; these are the nearest.")
    if found.without:
        note(f"By words alone: {found.without}")
    if not hits:
        note(IMPORT if not found.searched else "Nothing fits. Try other words.")
    return Exit.OK if hits else Exit.NO_API_FITS


async def display(name: str, *, as_json: bool) -> None:
    async with opened_catalog() as catalog:
        await catalog.index.sync()
        if api := (await catalog.store.get([name])).get(name):
            if as_json:
                result_json(api)
            else:
                _show_api(api, (await catalog.store.corrections([name])).get(name))
        elif not await _show_tool(catalog, name, as_json) and not await _show_category(catalog, name, as_json):
            near = (await catalog.index.search(name, k=NEAR)).hits
            raise NothingCalled(name, [hit.id for hit in near])


async def count(*, as_json: bool) -> None:
    async with opened_catalog() as catalog:
        stats = await catalog.store.stats()
    if as_json:
        result_json(stats)
        return
    for level in ("groups", "categories", "tools", "apis"):
        result(f"{level:10}  {getattr(stats, level):>9,}")
    result(f"{'version':10}  {stats.version}")
    for source in stats.sources:
        result(f"source      {source.name}: {source.apis:,} APIs, {source.format}, {source.imported_at}")
    if not stats.apis:
        note(IMPORT)


async def _show_tool(catalog: Catalog, name: str, as_json: bool) -> bool:
    try:
        tool, apis = await catalog.store.tool(name), await catalog.store.apis(name)
    except NoSuchEntry:
        return False
    if as_json:
        result_json({"tool": tool, "apis": apis})
    else:
        result(f"{tool.id}: {tool.name}, {tool.apis} APIs in {tool.category}")
        result(tool.description)
        for api in apis:
            result(f"  {api.method:6} {api.id}  {api.label}")
    return True


async def _show_category(catalog: Catalog, name: str, as_json: bool) -> bool:
    try:
        tools = await catalog.store.tools(name)
    except NoSuchEntry:
        return False
    if as_json:
        result_json({"category": name, "tools": tools})
    else:
        for tool in tools:
            result(f"{tool.id}  {tool.apis:>4} APIs  {tool.name}")
    return True


async def take_back(name: str, fields: Sequence[str]) -> None:
    """Raises NoSuchEntry."""
    async with opened_catalog() as catalog:
        await catalog.store.revert(name, fields)
        await catalog.index.sync()
        left = (await catalog.store.corrections([name])).get(name)
    result(f"{name}: {'still corrected: ' + ', '.join(left.fields) if left else 'as its source says'}")


def _show_api(api: Api, correction: Correction | None) -> None:
    result(f"{api.id}: {api.label}")
    if api.description:
        result(api.description)
    result(f"{api.method} {api.url or api.target or '(no address: it cannot be called)'}")
    result(f"{api.tool_name}, in {api.category}; {'changes something' if api.risk == 'mutating' else 'reads only'}")
    for scheme in {scheme.name: scheme for each in api.auth for scheme in each}.values():
        result(f"  needs the credential {scheme.name} ({scheme.kind})")
    for parameter in api.parameters:
        result(_parameter(parameter))
    for example in api.examples:
        result(f"  answers: {example}")
    if api.approval:
        result(f"  a person {api.approval} approves its calls")
    if api.hidden:
        result("  hidden: no question finds it")
    if correction:
        result(f"  corrected by a person: {', '.join(correction.fields)}")


def _parameter(parameter: Parameter) -> str:
    needed = "required" if parameter.required else "optional"
    described = parameter.description or parameter.title
    return f"  {parameter.name} ({parameter.type}, {parameter.place}, {needed}){': ' + described if described else ''}"


def _summary(api: Api) -> dict[str, object]:
    return {
        "api_id": api.id,
        "title": api.label,
        "description": api.description,
        "category": api.category,
        "tool": api.tool_name,
        "method": api.method,
    }

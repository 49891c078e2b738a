"""What a person corrects stays through imports, is shown beside what the source says, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.corrections import corrected, difference, named, without
from catalog.errors import NoSuchEntry, StaleEntry
from catalog.index import TantivyIndex
from catalog.models import Api, Parameter, Tool
from catalog.store import CatalogStore, Document

MakeApi = Callable[..., Api]
SKY = "Weather/Sky/current"
CITY = Parameter(name="city", required=True)
UNITS = Parameter(name="units", description="metric or not")


async def _correct(store: CatalogStore, api_id: str, **fields: object) -> Api:
    api = (await store.get([api_id]))[api_id]
    wanted = Api.model_validate({**api.model_dump(), **fields})
    await store.put(wanted)
    return wanted


async def _again(store: CatalogStore, tools: list[Tool], **fields: object) -> None:
    """The source once more, its weather API said otherwise."""
    said = [
        tool.model_copy(update={"apis": tuple(a.model_copy(update=fields) if a.id == SKY else a for a in tool.apis)})
        for tool in tools
    ]
    await store.replace("small", Document(said), format="test")


async def test_what_a_person_corrected_survives_an_import_and_the_rest_follows_the_source(
    filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    wish = {"description": "Weather now", "hidden": True, "approval": "always", "examples": ("Is it raining?",)}
    await _correct(filled, SKY, **wish)
    await _again(filled, small_catalog, description="Said otherwise", url="https://sky.test/now")
    now = (await filled.get([SKY]))[SKY]
    assert {name: getattr(now, name) for name in wish} == wish
    assert now.url == "https://sky.test/now"
    kept = (await filled.corrections([SKY]))[SKY]
    assert set(kept.fields) == set(wish)
    assert (kept.source, kept.imported.description) == ("small", "Said otherwise")


async def test_a_corrected_category_moves_the_api_after_every_import(
    filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    await _correct(filled, SKY, category="Outdoors", tool_id="Outdoors/Sky")
    await _again(filled, small_catalog, description="Said otherwise")
    assert [api.id for api in await filled.apis("Outdoors/Sky")] == [SKY]
    assert (await filled.tool("Weather/Sky")).apis == 2
    assert (await filled.get([SKY]))[SKY].description == "Said otherwise"


async def test_a_correction_that_fits_no_more_is_left_out_and_told(
    filled: CatalogStore, small_catalog: list[Tool], api: MakeApi, tool: Callable[..., Tool]
) -> None:
    await _correct(filled, SKY, category="Outdoors", tool_id="Outdoors/Sky")
    await filled.replace("small", Document([]), format="test")
    stray = api("Elsewhere/x/y").model_copy(update={"tool_id": "Outdoors/Sky"})
    await filled.put(stray)
    report = await filled.replace("small", Document(small_catalog), format="test")
    assert report.imported == 7
    assert [problem.where for problem in report.skipped] == [SKY]
    assert (await filled.get([SKY]))[SKY].category == "Weather"


async def test_what_was_corrected_is_not_told_as_a_change_of_the_source(
    filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    await _correct(filled, SKY, description="Weather now")
    report = await filled.replace("small", Document(small_catalog), format="test")
    assert report.difference is not None and not report.difference


async def test_an_api_that_comes_back_is_corrected_again(filled: CatalogStore, small_catalog: list[Tool]) -> None:
    await _correct(filled, SKY, description="Weather now")
    await filled.replace("small", Document([]), format="test")
    assert (await filled.corrections())[SKY].source == ""
    await filled.replace("small", Document(small_catalog), format="test")
    assert (await filled.get([SKY]))[SKY].description == "Weather now"


async def test_corrections_are_taken_back_one_by_one_or_all_at_once(
    filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    version = await filled.version()
    before = (await filled.get([SKY]))[SKY]
    await _correct(filled, SKY, description="Weather now", title="Now")
    read = await filled.etag(SKY)
    with pytest.raises(StaleEntry):
        await filled.revert(SKY, if_match="other")
    etag = await filled.revert(SKY, ["title"], if_match=read)
    assert etag == await filled.etag(SKY)
    assert (await filled.get([SKY]))[SKY] == before.model_copy(update={"description": "Weather now"})
    await filled.revert(SKY)
    assert (await filled.get([SKY]))[SKY] == before
    assert await filled.version() == version
    assert await filled.corrections([SKY]) == {}
    with pytest.raises(NoSuchEntry):
        await filled.revert(SKY)


async def test_changing_an_api_back_by_hand_leaves_no_correction(filled: CatalogStore) -> None:
    before = (await filled.get([SKY]))[SKY]
    await _correct(filled, SKY, description="Weather now")
    await filled.put(before)
    assert await filled.corrections() == {}


async def test_a_removed_api_takes_its_corrections_with_it(filled: CatalogStore, small_catalog: list[Tool]) -> None:
    await _correct(filled, SKY, description="Weather now")
    await filled.delete(SKY)
    await filled.replace("small", Document(small_catalog), format="test")
    assert (await filled.get([SKY]))[SKY].description == "The current weather at a place"


async def test_what_a_person_added_themselves_has_no_corrections(filled: CatalogStore, api: MakeApi) -> None:
    await filled.put(api("A/b/c"))
    await filled.put(api("A/b/c", "Said again"))
    assert await filled.corrections() == {}


@pytest.mark.parametrize("name", ["nothing", "", "\ud800"])
async def test_an_unknown_api_has_no_corrections(filled: CatalogStore, name: str) -> None:
    assert await filled.corrections([name]) == {}
    with pytest.raises(NoSuchEntry):
        await filled.revert(name)


async def test_no_question_finds_what_is_hidden(
    filled: CatalogStore, tmp_path: Path, small_catalog: list[Tool]
) -> None:
    index = TantivyIndex.open(tmp_path / "index", filled)
    await index.sync()
    assert [hit.id for hit in (await index.search("current weather place")).hits][:1] == [SKY]
    for each in small_catalog[2].apis:
        await _correct(filled, each.id, hidden=True)
    await index.sync()
    assert (await index.search("current weather place")).hits == ()
    assert (await index.search("sky weather", level="tool")).hits == ()
    assert (await filled.tool("Weather/Sky")).apis == 3
    await filled.revert(SKY)
    await index.sync()
    assert [hit.id for hit in (await index.search("current weather place")).hits] == [SKY]
    await index.close()


def test_parameters_are_corrected_by_name(api: MakeApi) -> None:
    imported = api("A/b/c", parameters=(CITY, UNITS))
    new = Parameter(name="day", type="integer")
    wanted = imported.model_copy(update={"parameters": (CITY.model_copy(update={"title": "City"}), new)})
    changes = difference(imported, wanted)
    assert named(changes) == ("parameters.city.title", "parameters.day", "parameters.units")
    assert corrected(imported, changes) == wanted
    moved_on = api("A/b/c", parameters=(CITY.model_copy(update={"type": "integer"}), Parameter(name="lang")))
    city, lang, day = corrected(moved_on, changes).parameters
    assert (city.title, city.type, lang.name, day) == ("City", "integer", "lang", new)


def test_a_correction_of_a_parameter_that_is_gone_is_left_out(api: MakeApi) -> None:
    imported = api("A/b/c", parameters=(UNITS,))
    changes = difference(
        imported, imported.model_copy(update={"parameters": (UNITS.model_copy(update={"title": "U"}),)})
    )
    assert corrected(api("A/b/c", parameters=(CITY,)), changes).parameters == (CITY,)


def test_fields_are_taken_back_by_name_or_all_below_it(api: MakeApi) -> None:
    imported = api("A/b/c", parameters=(CITY, UNITS))
    wanted = imported.model_copy(update={"title": "T", "parameters": (CITY.model_copy(update={"title": "City"}),)})
    changes = difference(imported, wanted)
    assert named(without(changes, ["parameters.city.title"])) == ("parameters.units", "title")
    assert named(without(changes, ["parameters"])) == ("title",)
    assert without(changes, ["title", "parameters"]) == {}
    with pytest.raises(NoSuchEntry):
        without(changes, ["param"])

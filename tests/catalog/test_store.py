"""What every catalog store keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.differences import ApiChange, Difference, ParameterChange, told
from catalog.errors import NoSuchEntry, StaleEntry, UnreadableDocument
from catalog.models import Api, Category, Parameter, Tool
from catalog.store import CatalogStore, Document

Opener = Callable[[Path], CatalogStore]


async def test_it_is_read_by_level_and_sorted_by_name(filled: CatalogStore) -> None:
    assert [(c.name, c.tools, c.apis) for c in await filled.categories()] == [("Shop", 2, 4), ("Weather", 1, 3)]
    assert [(t.id, t.apis) for t in await filled.tools("Shop")] == [("Shop/Orders", 3), ("Shop/Returns", 1)]
    assert (await filled.tool("Weather/Sky")).description == "Weather of the world"
    assert [a.name for a in await filled.apis("Shop/Orders")] == ["cancelOrder", "Get order", "get_order"]


async def test_an_entry_comes_back_as_it_went_in(filled: CatalogStore, small_catalog: list[Tool]) -> None:
    before = small_catalog[0].apis[0]
    assert (await filled.get([before.id]))[before.id] == before


async def test_get_keeps_the_order_asked_and_leaves_out_what_it_does_not_know(filled: CatalogStore) -> None:
    asked = ["Weather/Sky/current", "nothing", "\ud800", "Shop/Orders/Get order"]
    assert list(await filled.get(asked)) == ["Weather/Sky/current", "Shop/Orders/Get order"]


@pytest.mark.parametrize("name", ["nothing", "", "\ud800"])
async def test_an_unknown_name_is_told(filled: CatalogStore, name: str) -> None:
    for reading in (filled.tools(name), filled.tool(name), filled.apis(name), filled.etag(name), filled.delete(name)):
        with pytest.raises(NoSuchEntry) as caught:
            await reading
        assert caught.value.name == name


async def test_a_source_is_replaced_whole_and_the_report_counts(
    filled: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    again = [tool("Shop/Orders", api("Shop/Orders/Get order", "Other words"), api("Shop/Orders/list orders"))]
    report = await filled.replace("small", Document(again), format="test")
    assert (report.imported, report.replaced, report.removed, report.duplicates) == (2, 1, 6, 0)
    assert [c.name for c in await filled.categories()] == ["Shop"]
    assert (await filled.get(["Shop/Orders/Get order"]))["Shop/Orders/Get order"].description == "Other words"


async def test_a_re_import_tells_what_it_changes(
    filled: CatalogStore, small_catalog: list[Tool], api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    order = Parameter(name="order_id", required=True)
    first = api("Shop/Orders/get_order", "An older form", parameters=(order, Parameter(name="lang")))
    await filled.replace("mine", Document([tool("Mine/Orders", first.model_copy(update={"id": "1"}))]), format="test")
    now = first.model_copy(
        update={
            "id": "1",
            "url": "https://orders.test",
            "risk": "mutating",
            "parameters": (order.model_copy(update={"type": "integer"}), Parameter(name="units")),
        }
    )
    document = Document([tool("Mine/Orders", now, api("Shop/Orders/new").model_copy(update={"id": "2"}))])
    dry = await filled.replace("mine", document, format="test", dry_run=True)
    report = await filled.replace("mine", document, format="test")
    assert dry.difference == report.difference
    assert report.difference == Difference(
        added=("2",),
        changed=(
            ApiChange(
                "1",
                parameters=(
                    ParameterChange("order_id", "changed", ("type",)),
                    ParameterChange("lang", "removed"),
                    ParameterChange("units", "added"),
                ),
                risk=("safe", "mutating"),
                fields=("url",),
            ),
        ),
    )
    gone = await filled.replace("mine", Document([]), format="test")
    assert gone.difference == Difference(removed=("1", "2"))
    assert told(report.difference.changed[0]) == (
        "risk safe -> mutating; parameter order_id: type; parameter lang removed; parameter units added; url"
    )


async def test_a_first_import_has_nothing_to_compare_with(filled: CatalogStore) -> None:
    assert (await filled.replace("other", Document([]), format="test")).difference is None


async def test_ids_of_another_source_and_repeated_ids_are_duplicates(
    filled: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    taken, own = api("Weather/Sky/current", "stolen"), api("Weather/Sky/tomorrow")
    document = Document([tool("Weather/Sky", taken, own, own)], places={own.id: "line 9"})
    report = await filled.replace("other", document, format="test")
    assert (report.imported, report.duplicates) == (1, 2)
    assert [p.where for p in report.skipped] == ["Weather/Sky/current", "line 9"]
    assert "'small'" in report.skipped[0].reason
    assert "stands in the document already" in report.skipped[1].reason
    assert (await filled.get([taken.id]))[taken.id].description == "The current weather at a place"


async def test_a_tool_may_come_in_parts(
    store: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    parts = [tool("A/t", api("A/t/1"), description="About t"), tool("A/u", api("A/u/1")), tool("A/t", api("A/t/2"))]
    await store.replace("parts", Document(parts), format="test")
    summary = await store.tool("A/t")
    assert (summary.apis, summary.description) == (2, "About t")


async def test_a_dry_run_reports_and_changes_nothing(
    filled: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    before = await filled.version()
    report = await filled.replace("small", Document([tool("A/b", api("A/b/c"))]), format="test", dry_run=True)
    assert (report.dry_run, report.imported, report.removed, report.version) == (True, 1, 7, before)
    assert (await filled.version(), (await filled.stats()).apis) == (before, 7)


async def test_a_document_that_breaks_while_it_is_read_changes_nothing(
    filled: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    def broken() -> Iterator[Tool]:
        yield tool("A/b", api("A/b/c"))
        raise UnreadableDocument("line 2", "torn off")

    before = await filled.version()
    with pytest.raises(UnreadableDocument):
        await filled.replace("small", Document(broken()), format="test")
    assert (await filled.version(), (await filled.stats()).apis) == (before, 7)


async def test_readers_see_all_of_an_import_or_nothing(
    filled: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def slowly() -> Iterator[Tool]:
        for number in range(3):
            yield tool(f"New/{number}", api(f"New/{number}/x"))
            seen.append(asyncio.run_coroutine_threadsafe(filled.stats(), loop).result().apis)

    await filled.replace("small", Document(slowly()), format="test")
    assert seen == [7, 7, 7]
    assert (await filled.stats()).apis == 3


async def test_equal_catalogs_have_equal_versions_whatever_the_order(
    tmp_path: Path, open_store: Opener, small_catalog: list[Tool]
) -> None:
    one, other = open_store(tmp_path / "one.db"), open_store(tmp_path / "other.db")
    tools = small_catalog
    about = [Category(name="Shop", description="Buying", group="Trade")]
    await one.replace("a", Document(tools[:1], about), format="x")
    await one.replace("b", Document(tools[1:]), format="x")
    await other.replace("c", Document(tools[2:]), format="y")
    await other.replace("d", Document(tools[:2], about), format="y")
    assert await one.version() == await other.version()
    await other.delete("Shop/Returns/return status")
    assert await one.version() != await other.version()
    await one.close()
    await other.close()


async def test_it_names_the_tools_that_changed_since_a_version(
    filled: CatalogStore, small_catalog: list[Tool], api: Callable[..., Api]
) -> None:
    first = await filled.version()
    await filled.put(api("Music/Player/play", "Plays a song"))
    second = await filled.version()
    await filled.delete("Shop/Returns/return status")
    assert sorted(filled.changed_since(first) or ()) == ["Music/Player", "Shop/Returns"]
    assert filled.changed_since(second) == ["Shop/Returns"]
    assert filled.changed_since(await filled.version()) == []
    await filled.replace("small", Document(small_catalog), format="test")  # only what is not as it was counts
    assert (await filled.version(), filled.changed_since(second)) == (second, [])
    about = [Category(name="Weather", description="Of all places")]
    await filled.replace("small", Document(small_catalog, about), format="test")
    assert filled.changed_since(second) == ["Weather/Sky"]


@pytest.mark.parametrize("version", ["", "0123456789abcdef", "no version"])
async def test_a_version_that_never_was_is_told_from_one_without_changes(filled: CatalogStore, version: str) -> None:
    assert filled.changed_since(version) is None


async def test_what_changed_is_forgotten_where_it_would_name_everything(
    store: CatalogStore, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    empty = await store.version()
    await store.put(api("A/first/x"))
    first = await store.version()
    many = [tool(f"B/{number}", api(f"B/{number}/x")) for number in range(1200)]
    await store.replace("many", Document(many), format="test")
    later = await store.version()
    assert len(store.changed_since(first) or ()) == 1200
    other = [tool(f"C/{number}", api(f"C/{number}/x")) for number in range(100)]
    await store.replace("many", Document(other), format="test")
    await store.put(api("A/second/x"))
    assert [store.changed_since(version) for version in (empty, first, later)] == [None, None, None]
    assert store.changed_since(await store.version()) == []


async def test_a_category_is_read_by_its_name(filled: CatalogStore) -> None:
    assert await filled.category("Shop") == (await filled.categories())[0]
    for name in ("nothing", "\ud800"):
        with pytest.raises(NoSuchEntry):
            await filled.category(name)


async def test_a_change_of_a_categorys_description_changes_its_tools_fingerprints(
    store: CatalogStore, small_catalog: list[Tool]
) -> None:
    await store.replace("s", Document(small_catalog), format="x")
    before = store.fingerprints()
    await store.replace("s", Document(small_catalog, [Category(name="Shop", description="Buying")]), format="x")
    after = store.fingerprints()
    assert {name for name in after if after[name] != before[name]} == {"Shop/Orders", "Shop/Returns"}
    assert (await store.categories())[0].description == "Buying"


async def test_groups_and_sources_are_counted(store: CatalogStore, small_catalog: list[Tool]) -> None:
    about = [Category(name="Shop", group="Trade"), Category(name="Weather", group="Trade"), Category(name="Empty")]
    await store.replace("mine", Document(small_catalog, about), format="test")
    stats = await store.stats()
    assert (stats.groups, stats.categories, stats.tools, stats.apis) == (1, 2, 3, 7)
    assert [(s.name, s.format, s.apis) for s in stats.sources] == [("mine", "test", 7)]


async def test_what_a_person_adds_makes_its_tool_and_category_and_is_theirs(
    filled: CatalogStore, api: Callable[..., Api]
) -> None:
    etag = await filled.put(api("Music/Player/play", "Plays a song"))
    assert await filled.etag("Music/Player/play") == etag
    assert (await filled.tool("Music/Player")).apis == 1
    assert {s.name: s.apis for s in (await filled.stats()).sources} == {"manual": 1, "small": 7}
    await filled.replace("small", Document([]), format="test")
    assert [c.name for c in await filled.categories()] == ["Music"]


async def test_a_changed_api_stays_with_its_source_and_is_seen_at_once(filled: CatalogStore) -> None:
    known = (await filled.get(["Weather/Sky/current"]))["Weather/Sky/current"]
    before = await filled.version()
    await filled.put(known.model_copy(update={"title": "Weather now"}))
    assert (await filled.get([known.id]))[known.id].title == "Weather now"
    assert await filled.version() != before
    assert [s.name for s in (await filled.stats()).sources] == ["small"]


async def test_an_api_that_moves_to_another_tool_leaves_the_old_one(
    filled: CatalogStore, api: Callable[..., Api]
) -> None:
    moved = api("Shop/Parcels/track").model_copy(update={"id": "Shop/Returns/return status"})
    await filled.put(moved)
    assert [t.id for t in await filled.tools("Shop")] == ["Shop/Orders", "Shop/Parcels"]


async def test_of_two_who_add_the_same_only_the_first_does(filled: CatalogStore) -> None:
    new = (await filled.get(["Weather/Sky/current"]))["Weather/Sky/current"].model_copy(
        update={"id": "Weather/Sky/new"}
    )
    first = await filled.put(new, if_match="")
    with pytest.raises(StaleEntry) as caught:
        await filled.put(new.model_copy(update={"title": "Mine"}), if_match="")
    assert caught.value.current == await filled.etag(new.id) == first


async def test_a_stale_change_is_refused(filled: CatalogStore) -> None:
    known = (await filled.get(["Weather/Sky/current"]))["Weather/Sky/current"]
    read = await filled.etag(known.id)
    current = await filled.put(known.model_copy(update={"title": "Mine"}), if_match=read)
    for change in (filled.put(known, if_match=read), filled.delete(known.id, if_match=read)):
        with pytest.raises(StaleEntry) as caught:
            await change
        assert caught.value.current == current
    await filled.delete(known.id, if_match=current)
    assert await filled.get([known.id]) == {}


async def test_the_last_api_of_a_tool_takes_tool_and_category_with_it(
    store: CatalogStore, api: Callable[..., Api]
) -> None:
    await store.put(api("A/b/c"))
    await store.delete("A/b/c")
    assert (await store.categories(), dict(store.fingerprints())) == ([], {})


async def test_a_tool_cannot_stand_in_two_categories(filled: CatalogStore, api: Callable[..., Api]) -> None:
    stray = api("Shop/Orders/x").model_copy(update={"category": "Elsewhere"})
    with pytest.raises(UnreadableDocument):
        await filled.put(stray)
    document = Document([Tool(id="Shop/Orders", name="Orders", category="Elsewhere", apis=(stray,))])
    report = await filled.replace("other", document, format="test")
    assert (report.imported, len(report.skipped)) == (0, 1)


async def test_another_process_sees_a_change(tmp_path: Path, open_store: Opener, api: Callable[..., Api]) -> None:
    one, other = open_store(tmp_path / "c.db"), open_store(tmp_path / "c.db")
    await one.put(api("A/b/c", "old"))
    assert (await other.get(["A/b/c"]))["A/b/c"].description == "old"
    await one.put(api("A/b/c", "new"))
    assert (await other.get(["A/b/c"]))["A/b/c"].description == "new"
    assert await one.version() == await other.version()
    await one.close()
    await other.close()


async def test_whole_tools_are_read_for_the_index(filled: CatalogStore) -> None:
    (orders,) = filled.read_tools(["Shop/Orders", "nothing"])
    assert len(orders.apis) == 3
    assert set(filled.fingerprints()) == {"Shop/Orders", "Shop/Returns", "Weather/Sky"}


async def test_many_readers_and_a_writer_do_not_disturb_each_other(
    filled: CatalogStore, api: Callable[..., Api]
) -> None:
    async def add(number: int) -> None:
        await filled.put(api(f"Many/t{number % 3}/{number}"))

    await asyncio.gather(*(add(n) for n in range(20)), *(filled.get(["Weather/Sky/current"]) for _ in range(50)))
    assert (await filled.stats()).apis == 27

"""What every catalog index keeps."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import StoreUnavailable
from catalog.index import TantivyIndex
from catalog.index_files import FORMAT
from catalog.index_weights import Weights
from catalog.models import Api, Category, Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogIndex, CatalogStore, Document, Level


async def _ids(index: CatalogIndex, query: str, **options: object) -> list[str]:
    return [hit.id for hit in (await index.search(query, **options)).hits]  # type: ignore[arg-type]


async def test_the_best_hit_comes_first_with_score_one(index: CatalogIndex, filled: CatalogStore) -> None:
    found = await index.search("When is my return refunded?")
    assert found.hits[0].id == "Shop/Returns/return status"
    assert found.hits[0].score == 1.0
    assert all(0 < hit.score <= 1 for hit in found.hits)
    assert (found.searched, found.version) == (7, await filled.version())


async def test_it_says_which_words_an_entry_covers_as_they_were_typed(index: CatalogIndex) -> None:
    (first, *_) = (await index.search("What's the current Weather in Scotland?")).hits
    assert (first.id, first.matched) == ("Weather/Sky/current", ("current", "Weather"))


@pytest.mark.parametrize(("typed", "covered"), [("cancelorder", True), ("cancelSent", True), ("cancelTime", False)])
async def test_a_word_is_covered_as_a_whole_or_by_all_its_parts(index: CatalogIndex, typed: str, covered: bool) -> None:
    hits = {hit.id: hit for hit in (await index.search(f"{typed} sent stops")).hits}
    assert (typed in hits["Shop/Orders/cancelOrder"].matched) == covered


async def test_of_a_long_question_every_word_is_looked_for(index: CatalogIndex) -> None:
    asked = [f"word{number}" for number in range(60)]
    (first, *_) = (await index.search(" ".join([*asked[:30], "processed", *asked[30:], "refunded"]))).hits
    assert (first.id, first.matched) == ("Shop/Returns/return status", ("processed", "refunded"))


@pytest.mark.parametrize("query", ["", "   ", "?!", "\ud800", "the and of", "xyzzy", "x" * 8000])
async def test_a_question_without_known_words_finds_nothing(index: CatalogIndex, query: str) -> None:
    assert await _ids(index, query) == []


@pytest.mark.parametrize("query", ["Get order", "weather in Porto", "about me", "", "xyzzy"])
async def test_it_counts_all_that_match_however_few_are_wanted(index: CatalogIndex, query: str) -> None:
    assert await index.matching(query) == len(await _ids(index, query, k=500))


@pytest.mark.parametrize("name", ["Get order", "get_order", "cancelOrder", "天気", "about me", "current"])
async def test_an_exact_name_comes_first(index: CatalogIndex, name: str) -> None:
    assert (await _ids(index, name))[0].endswith(f"/{name}")


@pytest.mark.parametrize("name", ["Get order", "get_order", "cancelOrder"])
async def test_an_exact_name_comes_first_among_those_of_a_category(index: CatalogIndex, name: str) -> None:
    assert (await _ids(index, name, categories=["Shop", "Weather"]))[0] == f"Shop/Orders/{name}"
    assert await _ids(index, name, categories=["Weather"]) == []


async def test_a_name_as_typed_comes_before_one_that_only_sounds_alike(
    index: CatalogIndex, filled: CatalogStore, api: Callable[..., Api]
) -> None:
    await filled.put(api("Event/Event/Event", "An event is an event"))
    await filled.put(api("Sport/Scores/event", "A match of two teams, and who won it"))
    await index.sync()
    assert await _ids(index, "event", k=2) == ["Sport/Scores/event", "Event/Event/Event"]
    assert await _ids(index, "Event", k=2) == ["Event/Event/Event", "Sport/Scores/event"]


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Which orders has zoe.cancel@return.com?", "Which orders has?"),
        ("Which orders stand at https://zoo.test/weather/current?return=1", "Which orders stand at zoo.test"),
        ("Which orders has 7f0aa1b2-cancel-9c3d4e?", "Which orders has?"),
        ("Which orders has 10.20.30.40?", "Which orders has?"),
    ],
)
async def test_values_do_not_choose_the_api(index: CatalogIndex, question: str, rest: str) -> None:
    assert await _ids(index, question) == await _ids(index, rest)


async def test_where_there_is_only_a_value_its_parts_are_looked_for(index: CatalogIndex) -> None:
    assert (await _ids(index, "zoe@weather.com"))[0].startswith("Weather/")


async def test_scores_compare_between_searches_for_one_question(index: CatalogIndex) -> None:
    question = "What is the current weather? And was the order that I returned refunded?"
    every = {hit.id: hit.raw for hit in (await index.search(question)).hits}
    some = {
        hit.id: hit.raw
        for name in ("Shop", "Weather")
        for hit in (await index.search(question, categories=[name])).hits
    }
    assert some == pytest.approx(every)


@pytest.mark.parametrize("name", ["CANCEL ORDER", "cancel_order", '"cancel order"', "cancelorder"])
async def test_a_name_in_another_way_of_writing_comes_first(index: CatalogIndex, name: str) -> None:
    assert (await _ids(index, name))[0] == "Shop/Orders/cancelOrder"


@pytest.mark.parametrize("asked", ["Later about me", "about me later", "LATER: about_me", "Later/aboutMe"])
async def test_an_api_asked_for_with_its_tools_name_comes_first(
    store: CatalogStore, index: CatalogIndex, api: Callable[..., Api], tool: Callable[..., Tool], asked: str
) -> None:
    later = tool("Shop/Later", api("Shop/Later/about me"), api("Shop/Later/about us", "All about me, later about me"))
    await store.replace("later", Document([later]), format="test")
    await index.sync()
    assert (await _ids(index, asked))[0] == "Shop/Later/about me"


@pytest.mark.parametrize("asked", ["An older form.", "an OLDER   form", "Nothing of interest"])
async def test_a_whole_description_finds_its_api(index: CatalogIndex, asked: str) -> None:
    described = "Weather/Sky/about me" if "interest" in asked else "Shop/Orders/get_order"
    assert (await _ids(index, asked))[0] == described


async def test_a_name_comes_before_what_is_described_so(
    store: CatalogStore, index: CatalogIndex, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    named = tool("Shop/A", api("Shop/A/one", "order state"), api("Shop/A/order state", "one"))
    await store.replace("named", Document([named]), format="test")
    await index.sync()
    assert await _ids(index, "order state", k=2) == ["Shop/A/order state", "Shop/A/one"]


async def test_weights_decide_the_order(tmp_path: Path, filled: CatalogStore) -> None:
    """A name that is spoken of adds to what the words bring."""
    scores = []
    for name in (0.0, 0.5):
        index = TantivyIndex.open(tmp_path / f"name {name}", filled, weights=Weights(name=name))
        await index.sync()
        scores.append((await index.search("what is the current weather like", k=1)).hits[0].raw)
    assert scores[0] < scores[1]


@pytest.mark.parametrize("asked", ["returnn", "curent place", "cancle odrer", "retrun", "my retrn staus"])
async def test_a_slip_of_the_pen_finds_what_was_meant(index: CatalogIndex, asked: str) -> None:
    meant = {"curent place": "Weather/Sky/current", "cancle odrer": "Shop/Orders/cancelOrder"}
    assert (await _ids(index, asked))[0] == meant.get(asked, "Shop/Returns/return status")


@pytest.mark.parametrize("name", ["cancelorder", "CANCELORDER", "returnstatus", "aboutme", "about-me"])
async def test_a_name_without_its_spaces_comes_first(index: CatalogIndex, name: str) -> None:
    (first, *_) = await _ids(index, name)
    assert "".join(part for part in first.split("/")[-1].lower() if part.isalpha()) == name.lower().replace("-", "")


async def test_words_glued_together_are_told_apart(
    store: CatalogStore, index: CatalogIndex, api: Callable[..., Api], tool: Callable[..., Tool]
) -> None:
    apis = [api("Weather/Moon/moon phase"), api("Weather/Moon/moon rise"), api("Weather/Moon/phase change")]
    await store.replace("moon", Document([tool("Weather/Moon", *apis)]), format="test")
    await index.sync()
    assert (await _ids(index, "showmoonphasenow"))[0] == "Weather/Moon/moon phase"


@pytest.mark.parametrize("asked", ["Ordos", "stat", "xyzzyxyzzy", "Orderick", "skyscraperxyz"])
async def test_another_word_is_no_slip(index: CatalogIndex, asked: str) -> None:
    assert await _ids(index, asked) == []


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("Welche Temperaturen hat Köln heute?", "Temperatur"),
        ("¿Cuáles son los precios de la acción?", "Acciones"),
        ("Сколько стоят рейсы в Москву?", "рейс"),
        ("أريد حجز غرفة في فندق", "الفنادق"),
        ("帮我查一下汇率", "汇率"),
        ("為替レートを教えてください", "為替"),
    ],
)
async def test_questions_find_apis_of_their_language(
    store: CatalogStore,
    index: CatalogIndex,
    api: Callable[..., Api],
    tool: Callable[..., Tool],
    question: str,
    answered: str,
) -> None:
    said = {
        "Temperatur": "Die aktuelle Temperatur einer Stadt",
        "Sprache": "Welche Sprache ein Text hat",
        "Acciones": "El precio de las acciones",
        "Idioma": "El idioma de los textos",
        "рейс": "Цена рейса",
        "язык": "Язык текста",
        "الفنادق": "حجز الغرف",
        "الأخبار": "آخر الأخبار",
        "汇率": "货币之间的汇率换算",
        "翻译": "把文本翻译成其他语言",
        "為替": "通貨の為替レート",
        "翻訳": "文章を翻訳する",
    }
    apis = [api(f"World/Words/{name}", text) for name, text in said.items()]
    await store.replace("world", Document([tool("World/Words", *apis)]), format="test")
    await index.sync()
    assert (await _ids(index, question))[0] == f"World/Words/{answered}"


async def test_a_full_id_finds_its_api(index: CatalogIndex) -> None:
    assert (await _ids(index, "Weather/Sky/about me"))[0] == "Weather/Sky/about me"


@pytest.mark.parametrize("query", ["Where is my parcel?", "So where's my parcel now", "parcel"])
async def test_a_question_like_an_example_finds_its_api(index: CatalogIndex, query: str) -> None:
    assert (await _ids(index, query))[0] == "Shop/Orders/Get order"


async def test_text_without_spaces_finds_itself(index: CatalogIndex) -> None:
    assert await _ids(index, "京都の天気を教えて") == ["Weather/Sky/天気"]


async def test_each_sentence_brings_its_own(index: CatalogIndex) -> None:
    both = await _ids(index, "Tell me the current weather. Also, was my return refunded?", k=2)
    assert set(both) == {"Weather/Sky/current", "Shop/Returns/return status"}


@pytest.mark.parametrize(("level", "expected"), [("tool", "Weather/Sky"), ("category", "Weather")])
async def test_tools_and_categories_are_found(index: CatalogIndex, level: Level, expected: str) -> None:
    assert (await _ids(index, "weather", level=level))[0] == expected


async def test_a_search_stays_within_categories_and_tools(index: CatalogIndex) -> None:
    assert await _ids(index, "weather", categories=["Shop"]) == []
    assert await _ids(index, "current", categories=["Shop"]) == []
    assert await _ids(index, "order return status", tools=["Shop/Returns"]) == ["Shop/Returns/return status"]
    assert await _ids(index, "order", level="tool", categories=["Weather", "nothing"]) == []


@pytest.mark.parametrize("k", [-1, 0, 1, 2])
async def test_no_more_come_back_than_were_asked_for(index: CatalogIndex, k: int) -> None:
    assert len(await _ids(index, "order", k=k)) == max(0, k)


async def test_rare_words_weigh_more_and_unknown_ones_most(index: CatalogIndex) -> None:
    assert index.weight("the") == 0
    assert 0 < index.weight("order") < index.weight("refunded") < index.weight("xyzzy")
    assert index.words("The refunded orders") == ["refund", "order"]


async def test_a_change_is_found_after_sync_and_what_is_gone_never(
    index: CatalogIndex, filled: CatalogStore, api: Callable[..., Api]
) -> None:
    await filled.put(api("Music/Player/play", "Plays a song"))
    await filled.delete("Weather/Sky/current")
    assert "Weather/Sky/current" not in await _ids(index, "current weather")
    await index.sync()
    assert await _ids(index, "song") == ["Music/Player/play"]
    assert "Weather/Sky/current" not in await _ids(index, "current weather")
    assert (await _ids(index, "song", level="category")) == ["Music"]


async def test_a_category_is_found_by_the_tools_that_it_has_now(
    index: CatalogIndex, filled: CatalogStore, api: Callable[..., Api]
) -> None:
    await filled.put(api("Weather/Barometer/pressure", "Of the air"))
    await index.sync()
    assert await _ids(index, "barometer", level="category") == ["Weather"]
    assert (await _ids(index, "returns", level="category"))[0] == "Shop"
    await filled.delete("Weather/Barometer/pressure")
    await index.sync()
    assert await _ids(index, "barometer", level="category") == []


async def test_a_category_that_left_the_catalog_leaves_the_index(
    index: CatalogIndex, filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    assert (await index.search("sky", level="category")).searched == 2
    await filled.replace("small", Document(small_catalog[:2]), format="test")
    await index.sync()
    found = await index.search("sky weather", level="category")
    assert (found.hits, found.searched) == ((), 1)


@pytest.mark.parametrize("level", ["tool", "category"])
async def test_a_level_that_left_the_catalog_is_not_found_before_sync(
    index: CatalogIndex, filled: CatalogStore, level: Level
) -> None:
    await filled.delete("Shop/Returns/return status")
    assert "Shop/Returns" not in await _ids(index, "return", level=level)
    await filled.replace("small", Document([]), format="test")
    assert await _ids(index, "return", level=level) == []


async def test_a_categorys_new_description_is_found(
    index: CatalogIndex, filled: CatalogStore, small_catalog: list[Tool]
) -> None:
    about = [Category(name="Shop", description="Handsoap")]
    await filled.replace("small", Document(small_catalog, about), format="test")
    await index.sync()
    assert (await _ids(index, "handsoap", level="category")) == ["Shop"]


async def test_another_process_sees_what_was_taken_in(
    tmp_path: Path, index: CatalogIndex, filled: CatalogStore, api: Callable[..., Api]
) -> None:
    other = TantivyIndex.open(tmp_path / "index", filled)
    await filled.put(api("Music/Player/play", "Plays a song"))
    await index.sync()
    assert await _ids(other, "song") == ["Music/Player/play"]


async def test_syncs_at_once_do_not_disturb_each_other(
    tmp_path: Path, index: CatalogIndex, filled: CatalogStore, api: Callable[..., Api]
) -> None:
    others = [TantivyIndex.open(tmp_path / "index", filled) for _ in range(3)]
    await filled.put(api("Music/Player/play", "Plays a song"))
    await asyncio.gather(*(one.sync() for one in (index, *others)))
    for one in (index, *others):
        assert await _ids(one, "song") == ["Music/Player/play"]


async def test_an_index_is_there_again_after_opening(tmp_path: Path, index: CatalogIndex, filled: CatalogStore) -> None:
    again = TantivyIndex.open(tmp_path / "index", filled)
    assert (await _ids(again, "weather"))[0] == (await _ids(index, "weather"))[0]


async def test_a_deleted_index_only_costs_a_rebuild(tmp_path: Path, index: CatalogIndex) -> None:
    shutil.rmtree(tmp_path / "index")
    assert await _ids(index, "parcel") in ([], ["Shop/Orders/Get order"])
    await index.sync()
    assert await _ids(index, "parcel") == ["Shop/Orders/Get order"]


@pytest.mark.parametrize("victims", ["**/*", "*/meta.json", "api/*", "state.json"])
async def test_a_damaged_index_is_built_anew(
    tmp_path: Path, index: CatalogIndex, filled: CatalogStore, victims: str
) -> None:
    for path in (tmp_path / "index").glob(victims):
        if path.is_file() and not path.name.endswith(".lock"):
            path.write_bytes(b"junk")
    again = TantivyIndex.open(tmp_path / "index", filled)
    await again.sync()
    assert await _ids(again, "parcel") == ["Shop/Orders/Get order"]


async def test_an_index_of_an_unfinished_write_is_brought_up_to_date(
    tmp_path: Path, index: CatalogIndex, filled: CatalogStore
) -> None:
    (tmp_path / "index" / "state.json").unlink()
    again = TantivyIndex.open(tmp_path / "index", filled)
    await again.sync()
    assert len(await _ids(again, "order")) == len(set(await _ids(again, "order"))) == 3
    assert (await again.search("order")).searched == 7


async def test_an_index_of_an_older_form_is_begun_anew(
    tmp_path: Path, index: CatalogIndex, filled: CatalogStore
) -> None:
    state = tmp_path / "index" / "state.json"
    state.write_text(state.read_text().replace(f'"format": {FORMAT}', f'"format": {FORMAT - 1}'))
    for entry in (tmp_path / "index" / "api").glob("*.store"):
        entry.unlink()  # what it held cannot be read
    again = TantivyIndex.open(tmp_path / "index", filled)
    await again.sync()
    assert await _ids(again, "parcel") == ["Shop/Orders/Get order"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreUnavailable, match="choose another data folder"):
        TantivyIndex.open(tmp_path / "data" / "index", SqliteCatalog.open(tmp_path / "c.db"))

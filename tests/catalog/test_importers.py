"""What every importer keeps, and what each reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from catalog.importers import IMPORTERS
from catalog.importers.record import Record
from catalog.models import Api, AuthScheme, Tool
from catalog.reading import read_file, read_folder
from catalog.store import Problem

DOCUMENTS = Path(__file__).parents[1] / "documents"
OURS = sorted(path for path in DOCUMENTS.iterdir() if path.suffix in (".json", ".jsonl") or path.is_dir())


def _records(path: Path) -> list[Record]:
    return list(read_folder(path, []) if path.is_dir() else read_file(path, []))


def _apis(path: Path, importer: str) -> dict[str, Api]:
    problems: list[Problem] = []
    tools = list(IMPORTERS[importer].read(_records(path), problems).tools)
    assert problems == []
    return {api.id: api for tool in tools for api in tool.apis}


def _fitting() -> list[tuple[str, Path]]:
    return [(name, path) for path in OURS for name, one in IMPORTERS.items() if one.fits(_records(path)[0].value)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_document_has_one_importer(path: Path) -> None:
    assert len([name for name, one in _fitting() if one == path]) == 1


@pytest.mark.parametrize(("name", "path"), _fitting(), ids=lambda value: getattr(value, "name", value))
class TestContract:
    def test_its_entries_are_complete_and_their_ids_unique(self, name: str, path: Path) -> None:
        problems: list[Problem] = []
        tools: list[Tool] = list(IMPORTERS[name].read(_records(path), problems).tools)
        ids = [api.id for tool in tools for api in tool.apis]
        assert ids
        assert len(ids) == len(set(ids))
        for tool in tools:
            assert {(api.tool_id, api.tool_name, api.category) for api in tool.apis} == {
                (tool.id, tool.name, tool.category)
            }

    def test_it_reads_the_same_twice(self, name: str, path: Path) -> None:
        assert _apis(path, name) == _apis(path, name)

    def test_it_says_where_each_api_stands(self, name: str, path: Path) -> None:
        document = IMPORTERS[name].read(_records(path), [])
        for tool in document.tools:
            assert {api.id for api in tool.apis} <= document.places.keys()

    def test_a_bad_record_among_the_others_is_a_problem_and_no_loss(self, name: str, path: Path) -> None:
        good, problems = _records(path), list[Problem]()
        read = IMPORTERS[name].read([*good, Record("line 99", 7), Record("line 100", {"api_name": 7})], problems)
        assert {api.id for tool in read.tools for api in tool.apis} == set(_apis(path, name))


def test_anytools_record_is_read() -> None:
    apis = _apis(DOCUMENTS / "anytool_records.json", "rapidapi")
    current, station, foreign = apis["1"], apis["2"], apis["3"]
    assert (current.tool_id, current.method, current.risk) == ("Weather/open_weather", "GET", "safe")
    assert current.auth == ((AuthScheme(name="rapidapi", kind="api_key", parameter="X-RapidAPI-Key"),),)
    city = current.parameters[0]
    assert (city.place, city.required, city.default, city.example) == ("path", True, None, "London")
    assert (station.risk, [p.place for p in station.parameters]) == ("mutating", ["body", "body"])
    assert station.parameters[1].constraints == {"format": "date"}
    assert (foreign.name, foreign.tool_name, foreign.auth) == ("天気", "Überblick", ())


def test_toolbenchs_file_per_tool_is_read_with_its_folder_as_category() -> None:
    apis = _apis(DOCUMENTS / "toolbench", "rapidapi")
    assert list(apis) == ["Weather/open_weather/current_weather", "Weather/open_weather/current_weather__2"]
    latitude = apis["Weather/open_weather/current_weather"].parameters[0]
    assert (latitude.type, latitude.example, latitude.required) == ("number", 51.5, True)


def test_the_lines_made_of_toolbench_are_read() -> None:
    apis = _apis(DOCUMENTS / "toolbench_lines.jsonl", "rapidapi")
    clips, delete, broken = apis.values()
    assert (clips.tool_id, clips.tool_name) == ("Data/kick_com_api_kick_api", "Kick.com API | Kick API")
    assert clips.parameters[0].place == "query"
    # Nobody knows the method of `deleteClip`: GET is assumed, and so it is not sent without approval.
    assert (delete.method, delete.risk) == ("GET", "mutating")
    assert [(p.name, p.place, p.required) for p in delete.parameters] == [("clip", "path", True)]
    # A value could change the host of this one.
    assert (broken.url, broken.auth) == ("", ())


def test_category_mapping_is_the_level_above() -> None:
    document = IMPORTERS["rapidapi"].read(_records(DOCUMENTS / "category_mapping.json"), [])
    assert len(list(document.tools)) == 2
    assert {c.name: c.group for c in document.categories} == {"Weather": "Outdoors", "Finance": "Numbers"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("STRING", "string"),
        ("NUMBER", "number"),
        ("BOOLEAN", "boolean"),
        ("ENUM", "string"),
        ("DATE (YYYY-MM-DD)", "string"),
        ("ARRAY", "array"),
        ("OBJECT", "object"),
        ("something new", "string"),
        (None, "string"),
    ],
)
def test_rapidapis_types_become_jsons(said: str | None, expected: str) -> None:
    record = {
        "category_name": "C",
        "tool_name": "t",
        "api_name": "a",
        "required_parameters": [{"name": "p", "type": said}],
    }
    (tool,) = IMPORTERS["rapidapi"].read([Record("", record)], []).tools
    assert tool.apis[0].parameters[0].type == expected


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"api_name": ""}, "api_name is missing or empty"),
        ({"tool_name": 7}, "tool_name must be text, not a number"),
        ({"category_name": None}, "category_name is missing or empty"),
        ({"id": [1]}, "id must be text or a number, not a list"),
        ({"required_parameters": {}}, "required_parameters must be a list, not an object"),
        ({"required_parameters": [7]}, "required_parameters[0] must be an object, not a number"),
        ({"optional_parameters": [{"type": "STRING"}]}, "optional_parameters[0].name is missing or empty"),
    ],
)
def test_a_bad_rapidapi_record_is_located(changed: dict[str, object], reason: str) -> None:
    good = {"id": "g", "category_name": "C", "tool_name": "t", "api_name": "a"}
    problems: list[Problem] = []
    records = [Record("line 1", {**good, **changed}), Record("line 2", good)]  # type: ignore[dict-item]
    (tool,) = IMPORTERS["rapidapi"].read(records, problems).tools
    assert [api.id for api in tool.apis] == ["g"]
    assert problems == [Problem("line 1", reason)]


def test_our_own_form_says_everything() -> None:
    apis = _apis(DOCUMENTS / "switchboard_shop.json", "switchboard")
    assert list(apis) == ["shop/orders/getorder", "shop/orders/cancelorder", "library/books/bücher_suchen"]
    get, cancel, search = apis.values()
    assert get.url == "http://127.0.0.1:8321/shop/orders/{order_id}"
    assert (get.risk, cancel.risk, search.risk) == ("safe", "mutating", "safe")
    assert get.parameters[0].constraints == {"pattern": "^[0-9]{5,6}$"}
    assert (get.parameters[0].place, get.parameters[0].required) == ("path", True)
    assert [scheme.name for (scheme,) in cancel.auth] == ["shop_key", "clerk"]
    assert [(p.name, p.place) for p in cancel.parameters] == [("reason", "body"), ("order_id", "path")]
    assert (get.examples, get.response_shape) == (("Where is my order 123456?",), {"items": [{"title": "str"}]})


def test_our_own_form_holds_categories_and_groups() -> None:
    document = IMPORTERS["switchboard"].read(_records(DOCUMENTS / "switchboard_shop.json"), [])
    assert len(list(document.tools)) == 2
    assert {c.name: (c.description, c.group) for c in document.categories} == {
        "Shop": ("Orders and returns", "Trade"),
        "Library": ("Books", "Culture"),
    }


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        ("name", None, "tools[0].apis[0].name"),
        ("colour", "red", "tools[0].apis[0].colour"),
        ("method", "G ET", "tools[0].apis[0].method"),
        ("auth", "unknown", "tools[0].apis[0].auth[0]"),
        ("url", "ftp://x/y", "tools[0].apis[0].url"),
        ("url", "http://{host}/y", "tools[0].apis[0].url"),
        ("risk", "none", "tools[0].apis[0]"),
        ("examples", "one", "tools[0].apis[0]"),
        ("parameters", [{"name": "p", "colour": 1}], "tools[0].apis[0].parameters[0].colour"),
        ("parameters", [{"name": "p", "place": "path"}], "tools[0].apis[0].parameters[0].place"),
        ("parameters", [{"name": "p", "type": "text"}], "tools[0].apis[0].parameters[0].p"),
        ("parameters", [{"name": "p", "minimum": "x"}], "tools[0].apis[0].parameters[0].minimum"),
        ("parameters", [{"name": "p"}, {"name": "p"}], "tools[0].apis[0].parameters[1].name"),
    ],
)
def test_a_bad_api_in_our_own_form_is_located_and_loses_only_itself(place: str, value: object, where: str) -> None:
    document = json.loads((DOCUMENTS / "switchboard_shop.json").read_text())
    bad = {"name": "bad", "path": "/bad", place: value}
    document["tools"][0]["apis"].insert(0, bad)
    problems: list[Problem] = []
    tools = list(IMPORTERS["switchboard"].read([Record("", document)], problems).tools)
    assert [len(tool.apis) for tool in tools] == [2, 1]
    assert [problem.where for problem in problems] == [where]


SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.mark.skipif(not SHARED.exists(), reason="the benchmark data is not here")
@pytest.mark.parametrize(
    ("name", "importer", "apis"),
    [("catalog_sealtools.jsonl.gz", "rapidapi", 4076), ("catalog_metatool.jsonl.gz", "metatool", 246)],
)
def test_benchmark_catalogs_are_read_whole(name: str, importer: str, apis: int) -> None:
    records = list(read_file(SHARED / name, []))
    assert [one.name for one in IMPORTERS.values() if one.fits(records[0].value)] == [importer]
    assert len(_apis(SHARED / name, importer)) == apis


def test_a_method_that_is_not_said_is_not_taken_for_harmless_where_the_name_says_otherwise() -> None:
    said = {"category_name": "Lab", "tool_name": "Samples", "method": "", "api_url": ""}
    problems: list[Problem] = []
    records = [Record("", {**said, "api_name": name}) for name in ("deleteSample", "getSample")]
    tools = list(IMPORTERS["rapidapi"].read(records, problems).tools)
    assert [(api.name, api.risk) for tool in tools for api in tool.apis] == [
        ("deleteSample", "mutating"),
        ("getSample", "safe"),
    ]


def test_a_flat_list_of_tools_has_one_api_for_each() -> None:
    apis = _apis(DOCUMENTS / "metatool.jsonl", "metatool")
    assert {api_id: (api.category, api.description, api.url) for api_id, api in apis.items()} == {
        "single/AirQuality/AirQuality": ("single", "Forecast of the air quality for a zip code.", ""),
        "merged/Air_Quality_more/Air_Quality_more": ("merged", "", ""),
    }


@pytest.mark.parametrize("value", [[], {"tool_name": ""}, {"tool_name": 5, "tool_description": ""}])
def test_a_tool_without_a_name_is_told_with_its_line(value: JsonValue) -> None:
    problems: list[Problem] = []
    assert list(IMPORTERS["metatool"].read([Record("line 7", value)], problems).tools) == []
    assert [problem.where for problem in problems] == ["line 7"]

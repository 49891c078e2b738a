"""Every style of the specification, as its table shows it, byte for byte as it arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

from callers.http import HttpCaller
from catalog.errors import InvalidArguments
from catalog.importers.openapi import OPENAPI
from catalog.importers.record import Record
from catalog.models import AuthScheme, Parameter

if TYPE_CHECKING:
    from conftest import Arrived, Upstream

TEXT = "blue"
LIST: list[JsonValue] = ["blue", "black", "brown"]
OBJECT: dict[str, JsonValue] = {"R": 100, "G": 200, "B": 150}
TYPES = {str: "string", list: "array", dict: "object", int: "integer", float: "number", bool: "boolean"}

PATHS = [
    ("simple", False, TEXT, "blue"),
    ("simple", False, LIST, "blue,black,brown"),
    ("simple", False, OBJECT, "R,100,G,200,B,150"),
    ("simple", True, TEXT, "blue"),
    ("simple", True, LIST, "blue,black,brown"),
    ("simple", True, OBJECT, "R=100,G=200,B=150"),
    ("label", False, TEXT, ".blue"),
    ("label", False, LIST, ".blue,black,brown"),
    ("label", False, OBJECT, ".R,100,G,200,B,150"),
    ("label", True, TEXT, ".blue"),
    ("label", True, LIST, ".blue.black.brown"),
    ("label", True, OBJECT, ".R=100.G=200.B=150"),
    ("matrix", False, "", ";color"),
    ("matrix", False, TEXT, ";color=blue"),
    ("matrix", False, LIST, ";color=blue,black,brown"),
    ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
    ("matrix", True, "", ";color"),
    ("matrix", True, TEXT, ";color=blue"),
    ("matrix", True, LIST, ";color=blue;color=black;color=brown"),
    ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
    (None, None, LIST, "blue,black,brown"),
    (None, None, OBJECT, "R,100,G,200,B,150"),
    (None, None, 12.5, "12.5"),
    (None, None, True, "true"),
    ("matrix", True, ["a;b", "c,d", "e/f", None], ";color=a%3Bb;color=c%2Cd;color=e%2Ff"),
]
QUERIES = [
    ("form", False, "", "color="),
    ("form", False, TEXT, "color=blue"),
    ("form", False, LIST, "color=blue,black,brown"),
    ("form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("form", True, "", "color="),
    ("form", True, TEXT, "color=blue"),
    ("form", True, LIST, "color=blue&color=black&color=brown"),
    ("form", True, OBJECT, "R=100&G=200&B=150"),
    ("spaceDelimited", False, LIST, "color=blue%20black%20brown"),
    ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("spaceDelimited", True, LIST, "color=blue&color=black&color=brown"),
    ("pipeDelimited", False, LIST, "color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("pipeDelimited", True, LIST, "color=blue&color=black&color=brown"),
    ("pipeDelimited", None, LIST, "color=blue%7Cblack%7Cbrown"),
    ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("deepObject", None, {"a": {"b": [1, 2]}, "c": None}, "color%5Ba%5D%5Bb%5D=1&color%5Ba%5D%5Bb%5D=2"),
    (None, None, LIST, "color=blue&color=black&color=brown"),
    (None, None, OBJECT, "R=100&G=200&B=150"),
    (None, None, 7, "color=7"),
    (None, None, False, "color=false"),
    ("form", False, ["a,b", "c&d", None, ""], "color=a%2Cb,c%26d,"),
    (None, None, [{"x": 1}, "y"], "color=%7B%22x%22%3A1%7D&color=y"),
]
HEADERS = [
    ("simple", False, TEXT, "blue"),
    ("simple", False, LIST, "blue,black,brown"),
    ("simple", False, OBJECT, "R,100,G,200,B,150"),
    ("simple", True, LIST, "blue,black,brown"),
    ("simple", True, OBJECT, "R=100,G=200,B=150"),
    (None, None, "a/b?c=d&e%", "a/b?c=d&e%"),
    (None, None, "", ""),
]
COOKIES = [
    ("form", False, TEXT, "color=blue"),
    ("form", False, LIST, "color=blue,black,brown"),
    ("form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("form", True, LIST, "color=blue; color=black; color=brown"),
    ("form", True, OBJECT, "R=100; G=200; B=150"),
    ("form", False, ["a,b", "c;d"], "color=a%2Cb,c%3Bd"),
    ("cookie", False, LIST, "color=blue,black,brown"),
    ("cookie", True, OBJECT, "R=100; G=200; B=150"),
    ("cookie", None, "a%20b", "color=a%20b"),
]


def color(place: str, style: str | None, explode: bool | None, value: JsonValue, **more: object) -> Parameter:
    said = {"name": "color", "place": place, "type": TYPES[type(value)], "style": style, "explode": explode}
    return Parameter.model_validate({**said, "required": place == "path", **more})


@pytest.mark.parametrize(("style", "explode", "value", "written"), PATHS)
async def test_a_path_is_written_in_its_style(
    upstream: Upstream, caller: HttpCaller, style: str, explode: bool, value: JsonValue, written: str
) -> None:
    api = upstream.api("/x/{color}/y", color("path", style, explode, value))
    await caller.send(api, {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].target == f"/x/{written}/y"
    assert caller.preview(api, {"color": value}).url == f"{upstream.url}/x/{written}/y"


@pytest.mark.parametrize(("style", "explode", "value", "written"), QUERIES)
async def test_a_query_is_written_in_its_style(
    upstream: Upstream, caller: HttpCaller, style: str, explode: bool, value: JsonValue, written: str
) -> None:
    api = upstream.api("/x?fixed=1&with=%2F", color("query", style, explode, value))
    await caller.send(api, {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].target == f"/x?fixed=1&with=%2F&{written}"
    assert caller.preview(api, {"color": value}).url == f"{upstream.url}/x?fixed=1&with=%2F&{written}"


@pytest.mark.parametrize(("style", "explode", "value", "written"), HEADERS)
async def test_a_header_is_written_in_its_style(
    upstream: Upstream, caller: HttpCaller, style: str, explode: bool, value: JsonValue, written: str
) -> None:
    api = upstream.api("/", color("header", style, explode, value))
    await caller.send(api, {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].header("color") == [written]
    assert caller.preview(api, {"color": value}).headers["color"] == written


@pytest.mark.parametrize(("style", "explode", "value", "written"), COOKIES)
async def test_a_cookie_is_written_in_its_style(
    upstream: Upstream, caller: HttpCaller, style: str, explode: bool, value: JsonValue, written: str
) -> None:
    api = upstream.api("/", color("cookie", style, explode, value))
    await caller.send(api, {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].header("cookie") == [written]
    assert caller.preview(api, {"color": value}).headers["Cookie"] == written


@pytest.mark.parametrize("style", ["form", "spaceDelimited", "pipeDelimited", "deepObject"])
@pytest.mark.parametrize("value", [[], {}, [None], {"R": None}])
async def test_an_empty_list_or_object_in_a_query_is_as_if_not_given(
    upstream: Upstream, caller: HttpCaller, style: str, value: JsonValue
) -> None:
    await caller.send(upstream.api("/", color("query", style, None, value)), {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].target == "/"


@pytest.mark.parametrize("place", ["header", "cookie"])
@pytest.mark.parametrize("value", [[], {}])
async def test_an_empty_list_or_object_adds_no_header(
    upstream: Upstream, caller: HttpCaller, place: str, value: JsonValue
) -> None:
    await caller.send(upstream.api("/", color(place, None, None, value)), {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].header("color") + upstream.arrived[0].header("cookie") == []


@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
@pytest.mark.parametrize("value", [[], {}])
def test_an_empty_list_or_object_cannot_stand_in_a_path(
    upstream: Upstream, caller: HttpCaller, style: str, value: JsonValue
) -> None:
    with pytest.raises(InvalidArguments, match="would change the path"):
        caller.preview(upstream.api("/{color}", color("path", style, True, value)), {"color": value})


@pytest.mark.parametrize("place", ["query", "header", "cookie", "path"])
def test_a_null_that_the_schema_allows_is_left_out(upstream: Upstream, caller: HttpCaller, place: str) -> None:
    parameter = Parameter.model_validate({"name": "color", "place": place, "constraints": {"type": ["string", "null"]}})
    api = upstream.api("/{color}" if place == "path" else "/", parameter)
    if place == "path":
        with pytest.raises(InvalidArguments, match="needed for the address"):
            caller.preview(api, {"color": None})
    else:
        shown = caller.preview(api, {"color": None})
        assert (shown.url, dict(shown.headers)) == (f"{upstream.url}/", {})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("https://a.b/c?d=e;f@g!$'()*,", "color=https://a.b/c?d=e;f@g!$'()*,"),
        ("a&b#c+d[e]%2F é", "color=a%26b%23c%2Bd%5Be%5D%252F%20%C3%A9"),
        (["a/b,c", "d:e"], "color=a/b%2Cc,d:e"),
    ],
)
async def test_reserved_characters_stand_as_they_are_where_that_is_declared(
    upstream: Upstream, caller: HttpCaller, value: JsonValue, written: str
) -> None:
    api = upstream.api("/", color("query", "form", False, value, allow_reserved=True))
    await caller.send(api, {"color": value}, timeout_seconds=5)
    assert upstream.arrived[0].target == f"/?{written}"


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("path", "/%7B%22a%22%3A%5B1%2C%22%C3%A9%2F%22%5D%7D"),
        ("query", "/?color=%7B%22a%22%3A%5B1%2C%22%C3%A9%2F%22%5D%7D"),
        ("header", '{"a":[1,"\\u00e9/"]}'),
        ("cookie", "color={%22a%22:[1%2C%22%5Cu00e9/%22]}"),
    ],
)
async def test_a_parameter_with_content_is_a_document(
    upstream: Upstream, caller: HttpCaller, place: str, written: str
) -> None:
    value: JsonValue = {"a": [1, "é/"]}
    parameter = color(place, None, None, value, content_type="application/json")
    api = upstream.api("/{color}" if place == "path" else "/", parameter)
    await caller.send(api, {"color": value}, timeout_seconds=5)
    [arrived] = upstream.arrived
    assert written in [arrived.target, *arrived.header("color"), *arrived.header("cookie")]


@pytest.mark.parametrize(
    ("content_type", "value"), [("text/csv", [1]), ("application/xml", {"a": 1}), ("image/png", "x")]
)
def test_a_document_of_which_no_form_is_known_is_refused(
    upstream: Upstream, caller: HttpCaller, content_type: str, value: JsonValue
) -> None:
    parameter = color("query", None, None, value, content_type=content_type)
    with pytest.raises(InvalidArguments, match="is declared as"):
        caller.preview(upstream.api("/", parameter), {"color": value})


@pytest.mark.parametrize(
    ("place", "style", "explode", "value"),
    [
        ("path", "label", True, ["a.b", "c"]),
        ("path", "form", None, "x"),
        ("path", "label", False, ""),
        ("query", "spaceDelimited", False, ["a b", "c"]),
        ("query", "pipeDelimited", False, {"a|b": "c"}),
        ("query", "deepObject", True, {"a][b": "c"}),
        ("query", "matrix", None, "x"),
        ("header", "simple", False, ["a,b", "c"]),
        ("header", "simple", True, {"a=b": "c"}),
        ("header", "simple", False, ["a ", "c"]),
        ("header", "form", None, "x"),
        ("cookie", "cookie", None, "a b"),
        ("cookie", "cookie", False, ["a,b", "c"]),
        ("cookie", "form", True, {"a b": "c"}),
        ("cookie", "simple", None, "x"),
    ],
)  # fmt: skip
def test_what_could_not_be_told_apart_again_is_refused(
    upstream: Upstream, caller: HttpCaller, place: str, style: str, explode: bool, value: JsonValue
) -> None:
    api = upstream.api("/{color}" if place == "path" else "/", color(place, style, explode, value))
    with pytest.raises(InvalidArguments) as caught:
        caller.preview(api, {"color": value})
    assert [name for name, _ in caught.value.problems] == ["color"]


@pytest.mark.parametrize("name", ["other", "OTHER", "fixed"])
def test_an_object_that_explodes_cannot_set_another_parameter(
    upstream: Upstream, caller: HttpCaller, name: str
) -> None:
    api = upstream.api("/?fixed=1", color("query", "form", True, {}), Parameter(name="other"))
    with pytest.raises(InvalidArguments, match="something else in this request"):
        caller.preview(api, {"color": {name: "x"}})


def test_an_object_that_explodes_cannot_set_a_credential(upstream: Upstream, caller: HttpCaller) -> None:
    key = AuthScheme(name="key", kind="api_key", place="query", parameter="api_key")
    api = upstream.api("/", color("query", "form", True, {}), auth=((key,),))
    with pytest.raises(InvalidArguments, match="something else in this request"):
        caller.preview(api, {"color": {"api_key": "mine"}})


def operation(place: str, style: str | None, explode: bool | None, value: JsonValue) -> dict[str, JsonValue]:
    """An operation of OpenAPI whose one parameter is declared so."""
    said = {"name": "color", "in": place, "required": place == "path", "schema": {"type": TYPES[type(value)]}}
    said |= {"style": style} if style else {}
    said |= {"explode": explode} if explode is not None else {}
    return {"get": {"parameters": [said], "responses": {"200": {"description": "ok"}}}}


@pytest.mark.parametrize(
    ("place", "rows", "heard"),
    [
        ("path", PATHS, lambda arrived: arrived.target.removeprefix("/")),
        ("query", QUERIES, lambda arrived: arrived.target.partition("?")[2]),
        ("header", HEADERS, lambda arrived: arrived.header("color")[0]),
        ("cookie", COOKIES, lambda arrived: arrived.header("cookie")[0]),
    ],
)
async def test_a_document_of_openapi_is_called_in_its_styles(
    upstream: Upstream,
    caller: HttpCaller,
    place: str,
    rows: list[tuple[str | None, bool | None, JsonValue, str]],
    heard: Callable[[Arrived], str],
) -> None:
    path = "/{color}" if place == "path" else "/"
    for style, explode, value, written in rows:
        document: JsonValue = {
            "openapi": "3.1.0",
            "info": {"title": "Colors", "version": "1"},
            "servers": [{"url": upstream.url}],
            "paths": {path: operation(place, style, explode, value)},
        }
        [tool] = OPENAPI.read([Record("openapi.json", document)], []).tools
        await caller.send(tool.apis[0], {"color": value}, timeout_seconds=5)
        assert heard(upstream.arrived[-1]) == written

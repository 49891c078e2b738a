"""Whatever a value holds: read by somebody else's parser it is what was given, and nothing leaves its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

from callers.request import Request, build
from catalog.errors import InvalidArguments
from catalog.models import Api, Parameter

REFUSED = None
NASTY = st.sampled_from("a,;&=#?/%+ .[]{}|\"'\\\r\n\t\x00\x7f:@!$()*-_~é日🙂\u202e")
TEXTS = st.text(NASTY | st.characters(exclude_categories=["Cs"]), max_size=12)
LISTS = st.lists(TEXTS, min_size=1, max_size=4)
OBJECTS = st.dictionaries(TEXTS.filter(bool), TEXTS, min_size=1, max_size=4)
CHECKED = settings(max_examples=80, deadline=None)


def api(place: str, kind: str, style: str | None = None, explode: bool | None = None, body_type: str = "") -> Api:
    said = {"name": "v", "place": place, "type": kind, "style": style, "explode": explode}
    return Api(
        id="c/t/a",
        name="a",
        category="c",
        tool_id="c/t",
        tool_name="t",
        method="POST" if place == "body" else "GET",
        url="http://x.test/head/{v}/tail" if place == "path" else "http://x.test/?first=1",
        parameters=(Parameter.model_validate(said), Parameter(name="other")),
        body_type=body_type or "application/json",
    )


def built(of: Api, value: JsonValue) -> Request | None:
    try:
        return build(of, {"v": value, "other": "&"})
    except InvalidArguments as error:
        assert {name for name, _ in error.problems} == {"v"}
        return REFUSED


def segment(request: Request) -> str:
    """The segment that holds the value; whatever it is, the others stand where they stood."""
    parts = urlsplit(request.url)
    empty, head, value, tail = parts.path.split("/")
    assert (parts.netloc, parts.query, parts.fragment) == ("x.test", "other=%26", "")
    assert (empty, head, tail) == ("", "head", "tail")
    assert unquote(value).split(";")[0] not in (".", "..")
    return value


def query(request: Request) -> list[tuple[str, str]]:
    """The raw pairs between the first one and the last, which stay what they were."""
    parts = urlsplit(request.url)
    pairs = [tuple(pair.split("=")) for pair in parts.query.split("&")]
    assert (parts.netloc, parts.path, parts.fragment) == ("x.test", "/", "")
    assert (pairs[0], pairs[-1]) == (("first", "1"), ("other", "%26"))
    return [(name, value) for name, value in pairs[1:-1]]


@CHECKED
@given(LISTS)
def test_a_list_in_a_path(value: list[str]) -> None:
    simple = built(api("path", "array"), value)
    assert simple is REFUSED or [unquote(item) for item in segment(simple).split(",")] == value
    matrix = built(api("path", "array", "matrix", explode=True), value)
    assert matrix is REFUSED or [unquote(item.partition("=")[2]) for item in segment(matrix).split(";")[1:]] == value
    label = built(api("path", "array", "label", explode=True), value)
    assert label is REFUSED or [unquote(item) for item in segment(label).split(".")[1:]] == value


@CHECKED
@given(OBJECTS)
def test_an_object_in_a_path(value: dict[str, str]) -> None:
    plain = built(api("path", "object"), value)
    assert plain is REFUSED or [unquote(item) for item in segment(plain).split(",")] == [
        text for pair in value.items() for text in pair
    ]
    exploded = built(api("path", "object", "simple", explode=True), value)
    assert exploded is REFUSED or [
        tuple(map(unquote, item.split("="))) for item in segment(exploded).split(",")
    ] == list(value.items())


@CHECKED
@given(LISTS)
def test_a_list_in_a_query(value: list[str]) -> None:
    assert [unquote(text) for _, text in query(build(api("query", "array"), {"v": value, "other": "&"}))] == value
    [(name, text)] = query(build(api("query", "array", "form", explode=False), {"v": value, "other": "&"}))
    assert (name, [unquote(item) for item in text.split(",")]) == ("v", value)
    for style, delimiter in (("spaceDelimited", " "), ("pipeDelimited", "|")):
        request = built(api("query", "array", style), value)
        assert (request is REFUSED) == any(delimiter in item for item in value)
        assert request is REFUSED or unquote(query(request)[0][1]).split(delimiter) == value


@CHECKED
@given(OBJECTS)
def test_an_object_in_a_query(value: dict[str, str]) -> None:
    exploded = built(api("query", "object"), value)
    assert (exploded is REFUSED) == any(name.lower() in ("first", "other") for name in value)
    assert exploded is REFUSED or parse_qsl(urlsplit(exploded.url).query, keep_blank_values=True)[1:-1] == list(
        value.items()
    )
    deep = built(api("query", "object", "deepObject"), value)
    assert (deep is REFUSED) == any(set(name) & set("[]") for name in value)
    assert deep is REFUSED or [(unquote(n), unquote(t)) for n, t in query(deep)] == [
        (f"v[{name}]", text) for name, text in value.items()
    ]


@CHECKED
@given(TEXTS)
def test_reserved_characters_never_end_a_value(value: str) -> None:
    of = api("query", "string")
    relaxed = of.parameters[0].model_copy(update={"allow_reserved": True})
    request = build(of.model_copy(update={"parameters": (relaxed, of.parameters[1])}), {"v": value, "other": "&"})
    assert parse_qsl(urlsplit(request.url).query, keep_blank_values=True)[1:-1] == [("v", value)]


@CHECKED
@given(LISTS)
def test_a_list_in_a_header_or_a_cookie(value: list[str]) -> None:
    headers = built(api("header", "array"), value)
    assert headers is REFUSED or dict(headers.headers)["v"].split(",") == value
    [(_name, line)] = build(api("cookie", "array"), {"v": value, "other": "&"}).headers
    assert [unquote(pair.removeprefix("v=")) for pair in line.split("; ")] == value
    [(_name, line)] = build(api("cookie", "array", "form", explode=False), {"v": value, "other": "&"}).headers
    assert [unquote(item) for item in line.removeprefix("v=").split(",")] == value


@CHECKED
@given(LISTS | OBJECTS)
def test_a_form(value: JsonValue) -> None:
    of = api("body", "array" if isinstance(value, list) else "object", body_type="application/x-www-form-urlencoded")
    pairs = parse_qsl((build(of, {"v": value}).body or b"").decode(), keep_blank_values=True)
    texts = [text for name, text in pairs if name == "v"]
    assert len(texts) == len(pairs)
    assert (texts if isinstance(value, list) else json.loads(texts[0])) == value


@CHECKED
@given(LISTS)
def test_parts(value: list[str]) -> None:
    request = build(api("body", "array", body_type="multipart/form-data"), {"v": value})

    async def stream() -> AsyncIterator[bytes]:
        yield request.body or b""

    async def parsed() -> list[tuple[str, object]]:
        form = await MultiPartParser(Headers({"content-type": dict(request.headers)["Content-Type"]}), stream()).parse()
        return list(form.multi_items())

    assert asyncio.run(parsed()) == [("v", item) for item in value]


@pytest.mark.parametrize("place", ["query", "header", "cookie", "path"])
@CHECKED
@given(
    value=st.recursive(
        TEXTS | st.integers() | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
        max_leaves=8,
    )
)
def test_json_in_a_parameter(place: str, value: JsonValue) -> None:
    of = api(place, "object")
    parameter = of.parameters[0].model_copy(update={"content_type": "application/json"})
    request = build(
        of.model_copy(update={"parameters": (parameter, of.parameters[1])}), {"v": {"": value}, "other": "&"}
    )
    texts = {
        "query": lambda: unquote(query(request)[0][1]),
        "header": lambda: dict(request.headers)["v"],
        "cookie": lambda: unquote(dict(request.headers)["Cookie"].removeprefix("v=")),
        "path": lambda: unquote(segment(request)),
    }
    assert json.loads(texts[place]()) == {"": value}

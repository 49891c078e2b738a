"""Every kind of body that can be declared, byte for byte as it arrives, and read again by somebody else's parser."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from pydantic import JsonValue
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from callers.http import HttpCaller
from catalog.errors import InvalidArguments
from catalog.importers.openapi import OPENAPI
from catalog.importers.record import Record
from catalog.models import Api, Parameter

if TYPE_CHECKING:
    from conftest import Arrived, Upstream

PNG = b"\x89PNG\r\n\x1a\n\x00\xff--\r\n"
PNG_URL = f"data:image/png;name=a%20b.png;base64,{base64.b64encode(PNG).decode()}"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def field(name: str, kind: str = "string", **more: object) -> Parameter:
    return Parameter.model_validate({"name": name, "place": "body", "type": kind, **more})


def posting(upstream: Upstream, body_type: str, *fields: Parameter, whole: bool = False) -> Api:
    api = upstream.api("/", *fields, method="POST", body_type=body_type)
    return api.model_copy(update={"body_is_value": whole})


async def sent(caller: HttpCaller, upstream: Upstream, api: Api, values: dict[str, JsonValue]) -> Arrived:
    await caller.send(api, values, timeout_seconds=5)
    return upstream.arrived[-1]


async def parts_of(arrived: Arrived) -> list[tuple[str, object]]:
    """Name and text of each field; name and (file name, media type, bytes) of each file."""

    async def stream() -> AsyncIterator[bytes]:
        yield arrived.body

    form = await MultiPartParser(Headers({"content-type": arrived.header("content-type")[0]}), stream()).parse()
    found = [
        (name, (value.filename, value.content_type, await value.read()) if isinstance(value, UploadFile) else value)
        for name, value in form.multi_items()
    ]
    await form.close()
    return found


WHOLE = [
    ("application/json", "array", [1, "é", {"a": None}], b'[1,"\xc3\xa9",{"a":null}]', "application/json"),
    ("application/json", "string", "x", b'"x"', "application/json"),
    ("application/json", "object", {}, b"{}", "application/json"),
    ("application/vnd.api+json; version=1", "object", {"a": 1}, b'{"a":1}', "application/vnd.api+json; version=1"),
    ("application/json; charset=iso-8859-1", "string", "é", rb'"\u00e9"', "application/json; charset=iso-8859-1"),
    ("*/*", "object", {"a": 1}, b'{"a":1}', "application/json"),
    ("application/x-ndjson", "array", [{"a": 1}, "b\n"], b'{"a":1}\n"b\\n"\n', "application/x-ndjson"),
    ("application/json-seq", "array", [1, 2], b"\x1e1\n\x1e2\n", "application/json-seq"),
    ("text/plain", "string", "a\r\né\x00", b"a\r\n\xc3\xa9\x00", "text/plain; charset=utf-8"),
    ("text/plain; charset=iso-8859-1", "string", "é", b"\xe9", "text/plain; charset=iso-8859-1"),
    ("text/plain; charset=\"utf-16-le\"", "string", "é", b"\xe9\x00", "text/plain; charset=\"utf-16-le\""),
    ("text/plain", "integer", 5, b"5", "text/plain; charset=utf-8"),
    ("text/csv", "string", "a,b\n1,2\n", b"a,b\n1,2\n", "text/csv; charset=utf-8"),
    ("text/*", "string", "x", b"x", "text/plain; charset=utf-8"),
    ("application/xml", "string", "<a>é</a>", b"<a>\xc3\xa9</a>", "application/xml"),
    ("application/soap+xml", "string", "<a/>", b"<a/>", "application/soap+xml"),
    ("application/yaml", "object", {"a": [1]}, b'{"a":[1]}', "application/yaml"),
    ("application/graphql", "string", "{ a }", b"{ a }", "application/graphql"),
    ("application/octet-stream", "string", base64.b64encode(PNG).decode(), PNG, "application/octet-stream"),
    ("application/octet-stream", "string", "_-8", b"\xff\xef", "application/octet-stream"),
    ("application/octet-stream", "string", "data:,a%00b", b"a\x00b", "application/octet-stream"),
    ("image/*", "string", PNG_URL, PNG, "image/png"),
    ("image/png", "string", PNG_URL, PNG, "image/png"),
    ("image/*", "string", "iVBORw==", b"\x89PNG", "application/octet-stream"),
    ("text/plain; charset=", "string", "é", b"\xc3\xa9", "text/plain; charset="),
    ("application/pdf", "string", "JVBERg==", b"%PDF", "application/pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("body_type", "kind", "value", "body", "content_type"), WHOLE)
async def test_a_whole_body_arrives_as_its_media_type_says(
    upstream: Upstream, caller: HttpCaller, body_type: str, kind: str, value: JsonValue, body: bytes, content_type: str
) -> None:
    api = posting(upstream, body_type, field("body", kind), whole=True)
    arrived = await sent(caller, upstream, api, {"body": value})
    assert (arrived.body, arrived.header("content-type")) == (body, [content_type])
    assert caller.preview(api, {"body": value}).headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("body_type", "kind", "value", "read"),
    [
        ("application/json", "array", [1], [1]),
        ("application/yaml", "object", {"a": 1}, '{"a":1}'),
        ("application/x-ndjson", "array", [1, 2], "1\n2\n"),
        ("text/plain", "integer", 5, "5"),
        ("application/octet-stream", "string", "AAEC", "AAEC"),
    ],
)
def test_a_preview_shows_a_body_as_people_read_it(
    upstream: Upstream, caller: HttpCaller, body_type: str, kind: str, value: JsonValue, read: JsonValue
) -> None:
    api = posting(upstream, body_type, field("body", kind), whole=True)
    assert caller.preview(api, {"body": value}).body == read


async def test_a_whole_body_that_is_not_given_is_not_sent(upstream: Upstream, caller: HttpCaller) -> None:
    arrived = await sent(caller, upstream, posting(upstream, "application/json", field("body"), whole=True), {})
    assert (arrived.body, arrived.header("content-type")) == (b"", [])


async def test_json_fields_keep_their_nulls_and_their_nesting(upstream: Upstream, caller: HttpCaller) -> None:
    nullable = {"constraints": {"type": ["string", "null"]}}
    api = posting(upstream, "application/json", field("a", "object"), field("b", **nullable), field("c"))
    arrived = await sent(caller, upstream, api, {"a": {"x": [{"y": None}], "z": {}}, "b": None})
    assert arrived.body == b'{"a":{"x":[{"y":null}],"z":{}},"b":null}'


FORMS = [
    (field("v"), "a b&c=d+é", "v=a%20b%26c%3Dd%2B%C3%A9"),
    (field("v", "array"), ["a", "b&"], "v=a&v=b%26"),
    (field("v", "array", style="form", explode=False), ["a", "b,"], "v=a,b%2C"),
    (field("v", "array", style="pipeDelimited"), ["a", "b"], "v=a%7Cb"),
    (field("v", "array", style="spaceDelimited", explode=False), ["a", "b"], "v=a%20b"),
    (field("v", "object"), {"a": [1, None]}, "v=%7B%22a%22%3A%5B1%2Cnull%5D%7D"),
    (field("v", "object", style="form"), {"a": 1, "b": 2}, "a=1&b=2"),
    (field("v", "object", explode=False), {"a": 1, "b": 2}, "v=a,1,b,2"),
    (field("v", "object", style="deepObject"), {"a": {"b": 1}, "c": [2, 3]}, "v%5Ba%5D%5Bb%5D=1&v%5Bc%5D=2&v%5Bc%5D=3"),
    (field("v", "array", content_type="application/json"), [1, 2], "v=%5B1%2C2%5D"),
    (field("v", allow_reserved=True), "a/b:c&d", "v=a/b:c%26d"),
    (field("v", "object", content_type="application/json, text/plain"), {"a": 1}, "v=%7B%22a%22%3A1%7D"),
    (field("v", "array"), [], ""),
    (field("v", constraints={"type": ["string", "null"]}), None, ""),
]


@pytest.mark.parametrize(("parameter", "value", "body"), FORMS)
async def test_a_form_field_is_written_as_declared(
    upstream: Upstream, caller: HttpCaller, parameter: Parameter, value: JsonValue, body: str
) -> None:
    arrived = await sent(caller, upstream, posting(upstream, FORM, parameter), {"v": value})
    assert (arrived.body.decode(), arrived.header("content-type")) == (body, [FORM])


async def test_a_form_can_be_one_object(upstream: Upstream, caller: HttpCaller) -> None:
    api = posting(upstream, FORM, field("body", "object"), whole=True)
    arrived = await sent(caller, upstream, api, {"body": {"a": "x y", "b": [1, 2], "c": {"d": 1}, "e": None}})
    assert parse_qsl(arrived.body.decode()) == [("a", "x y"), ("b", "1"), ("b", "2"), ("c", '{"d":1}')]
    with pytest.raises(InvalidArguments, match="must be an object"):
        caller.preview(posting(upstream, FORM, field("body"), whole=True), {"body": "a=1&b=2"})


@pytest.mark.parametrize("body_type", [FORM, MULTIPART])
def test_an_object_that_explodes_cannot_set_another_field(
    upstream: Upstream, caller: HttpCaller, body_type: str
) -> None:
    api = posting(upstream, body_type, field("v", "object", style="form"), field("price"))
    with pytest.raises(InvalidArguments, match="something else in this request"):
        caller.preview(api, {"v": {"price": 0}, "price": "5"})


BINARY = {"format": "binary"}
PARTS = [
    (field("v"), "a\r\n--b é", [("v", "a\r\n--b é")]),
    (field("v", "number"), 1.5, [("v", "1.5")]),
    (field("v", "array"), ["a", "b", None], [("v", "a"), ("v", "b")]),
    (field("v", "object"), {"a": 1}, [("v", '{"a":1}')]),
    (field("v", "array"), [{"a": 1}, {"a": 2}], [("v", '{"a":1}'), ("v", '{"a":2}')]),
    (field("v", "array", content_type="application/json"), [1, 2], [("v", "[1,2]")]),
    (field("v", "object", style="deepObject"), {"a": "x&y", "b": {"c": 1}}, [("v[a]", "x&y"), ("v[b][c]", "1")]),
    (field("v", "array", style="form", explode=False), ["a b", "c"], [("v", "a b,c")]),
    (field("v", constraints=BINARY), "some é text", [("v", ("v", "application/octet-stream", "some é text".encode()))]),
    (field("v", constraints=BINARY), PNG_URL, [("v", ("a b.png", "image/png", PNG))]),
    (field("v", constraints=BINARY, content_type="text/csv"), "a,b", [("v", ("v.csv", "text/csv", b"a,b"))]),
    (field("v", content_type="image/png, image/jpeg"), "iVBORw", [("v", ("v.png", "image/png", b"\x89PNG"))]),
    (field("v", content_type="image/*"), PNG_URL, [("v", ("a b.png", "image/png", PNG))]),
    (field("v", constraints={"contentMediaType": "image/png"}), "iVBORw", [("v", ("v.png", "image/png", b"\x89PNG"))]),
    (field("v", constraints={"contentMediaType": "image/png", "contentEncoding": "base64"}), "iVBORw==", [("v", "iVBORw==")]),
    (field("v", "array", constraints={"items": {"type": "string", **BINARY}}), ["x", "data:text/plain;filename=../up.txt,y"],
     [("v", ("v", "application/octet-stream", b"x")), ("v", ("up.txt", "text/plain", b"y"))]),
    (field('a"b\r\nc'), "x", [('a%22b%0D%0Ac', "x")]),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "value", "expected"), PARTS)
async def test_a_part_is_read_again_as_it_was_given(
    upstream: Upstream, caller: HttpCaller, parameter: Parameter, value: JsonValue, expected: list[tuple[str, object]]
) -> None:
    arrived = await sent(caller, upstream, posting(upstream, MULTIPART, parameter), {parameter.name: value})
    assert await parts_of(arrived) == expected


async def test_parts_name_the_media_type_that_they_are_declared_to_be(upstream: Upstream, caller: HttpCaller) -> None:
    api = posting(
        upstream, MULTIPART, field("a", "object"), field("b"), field("c", content_type="text/csv; charset=iso-8859-1")
    )
    arrived = await sent(caller, upstream, api, {"a": {"x": 1}, "b": "y", "c": "é"})
    boundary = arrived.header("content-type")[0].partition("boundary=")[2].encode()
    assert arrived.body == (
        b'--%(b)s\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: application/json\r\n\r\n{"x":1}\r\n'
        b'--%(b)s\r\nContent-Disposition: form-data; name="b"\r\n\r\ny\r\n'
        b'--%(b)s\r\nContent-Disposition: form-data; name="c"\r\nContent-Type: text/csv; charset=iso-8859-1\r\n\r\n\xe9\r\n'
        b"--%(b)s--\r\n" % {b"b": boundary}
    )
    shown = caller.preview(api, {"a": {"x": 1}, "b": "y", "c": "é"})
    assert shown.headers["Content-Type"] == arrived.header("content-type")[0]
    assert shown.body == {"a": {"x": 1}, "b": "y", "c": "é"}


@pytest.mark.parametrize(
    ("body_type", "parameter", "value", "told"),
    [
        (MULTIPART, field("v", content_type="image/png"), "not base64!", "base64"),
        (MULTIPART, field("v", content_type="image/jpeg"), PNG_URL, "must be image/jpeg"),
        (MULTIPART, field("v", "object", constraints=BINARY), {"a": 1}, "must be a file"),
        (MULTIPART, field("v", content_type="text/csv\r\nX-Evil: 1"), "x", "no media type"),
        (MULTIPART, field("v", "array", style="form", explode=False), ["a,b"], "joined by commas"),
        ("application/octet-stream", field("v"), "no base64!", "base64"),
        ("application/octet-stream", field("v"), "abcde", "base64"),
        ("text/csv", field("v", "array"), [1], "whole text"),
        ("application/xml", field("v", "object"), {"a": 1}, "whole text"),
        ("text/plain; charset=us-ascii", field("v"), "é", "does not have"),
        ("text/plain; charset=klingon", field("v"), "x", "not known"),
        ("text/plain; charset=rot13", field("v"), "x", "not known"),
        ("multipart/related", field("v"), "x", "base64"),
    ],
)
def test_what_has_no_form_as_its_media_type_is_refused_by_name(
    upstream: Upstream, caller: HttpCaller, body_type: str, parameter: Parameter, value: JsonValue, told: str
) -> None:
    with pytest.raises(InvalidArguments, match=told) as caught:
        caller.preview(posting(upstream, body_type, parameter), {"v": value})
    assert [name for name, _ in caught.value.problems] == ["v"]


def test_a_body_with_room_for_one_value_takes_one(upstream: Upstream, caller: HttpCaller) -> None:
    api = posting(upstream, "application/xml", field("a"), field("b"))
    with pytest.raises(InvalidArguments, match="room for one value only"):
        caller.preview(api, {"a": "<x/>", "b": "<y/>"})


def test_what_stands_inside_a_body_is_checked_by_its_schema(upstream: Upstream, caller: HttpCaller) -> None:
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 1}}}
    api = posting(upstream, "application/json", field("body", "array", constraints={"items": item}), whole=True)
    for wrong in ([{"id": 0}], [{}], [{"id": "1"}], {"id": 1}):
        with pytest.raises(InvalidArguments):
            caller.preview(api, {"body": wrong})
    assert caller.preview(api, {"body": [{"id": 1}]}).body == [{"id": 1}]


@pytest.mark.parametrize(
    ("body_type", "value"),
    [
        ("application/octet-stream", base64.b64encode(bytes(range(256))).decode()),
        ("application/octet-stream", base64.b64encode(b"-n 100% \\n").decode()),
        ("text/plain", "it's\r\n100% \\n `x` $HOME"),
        (MULTIPART, "it's 'quoted' é %s \\0"),
        (FORM, "a&b"),
    ],
)
async def test_the_curl_line_sends_the_same_bytes(
    upstream: Upstream, caller: HttpCaller, body_type: str, value: str
) -> None:
    api = posting(upstream, body_type, field("v"))
    ours = await sent(caller, upstream, api, {"v": value})
    line = caller.preview(api, {"v": value}).curl.replace("curl ", "curl --silent --noproxy '*' ", 1)
    process = await asyncio.create_subprocess_exec("sh", "-c", line, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    theirs = upstream.arrived[-1]
    assert ours is not theirs
    assert (ours.body, ours.header("content-type")) == (theirs.body, theirs.header("content-type"))


PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
UPLOAD = {
    "type": "object",
    "properties": {
        "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "about": {"type": "object", "additionalProperties": True},
        "photo": {"type": "string", "contentMediaType": "image/png"},
        "sheet": {"type": "string", "format": "binary"},
    },
}
BODIES: list[tuple[str, JsonValue, JsonValue, dict[str, JsonValue], bytes]] = [
    ("application/json", PET, {}, {"name": "Rex", "age": 3}, b'{"name":"Rex","age":3}'),
    ("application/merge-patch+json", PET, {}, {"name": "Rex"}, b'{"name":"Rex"}'),
    ("application/json", {"type": "array", "items": PET}, {}, {"body": [{"name": "Rex"}]}, b'[{"name":"Rex"}]'),
    ("application/json", {"type": "string"}, {}, {"body": "Rex"}, b'"Rex"'),
    ("application/json", {"type": "object", "additionalProperties": {"type": "integer"}}, {}, {"body": {"a": 1}}, b'{"a":1}'),
    (FORM, PET, {}, {"name": "Rex & Co", "age": 3}, b"name=Rex%20%26%20Co&age=3"),
    (FORM, UPLOAD, {}, {"tags": ["a", "b"], "about": {"x": [1]}}, b"tags=a&tags=b&about=%7B%22x%22%3A%5B1%5D%7D"),
    (FORM, UPLOAD, {"tags": {"explode": False}, "about": {"style": "deepObject", "explode": True}},
     {"tags": ["a", "b"], "about": {"x": 1}}, b"tags=a,b&about%5Bx%5D=1"),
    (FORM, UPLOAD, {"tags": {"style": "pipeDelimited"}, "note": {"allowReserved": True}},
     {"note": "a/b", "tags": ["a", "b"]}, b"note=a/b&tags=a%7Cb"),
    ("text/plain", {"type": "string"}, {}, {"body": "é"}, "é".encode()),
    ("application/xml", PET, {}, {"body": "<pet/>"}, b"<pet/>"),
    ("application/octet-stream", {}, {}, {"body": "AAH/"}, b"\x00\x01\xff"),
    ("application/octet-stream", {"type": "string", "format": "binary"}, {}, {"body": "AAH/"}, b"\x00\x01\xff"),
    ("image/*", {}, {}, {"body": "AAH/"}, b"\x00\x01\xff"),
]  # fmt: skip


def read(upstream: Upstream, body_type: str, schema: JsonValue, encoding: JsonValue) -> Api:
    """What the reader of OpenAPI makes of a body that is declared so."""
    content: JsonValue = {body_type: {"schema": schema, "encoding": encoding}}
    operation: JsonValue = {"requestBody": {"required": True, "content": content}, "responses": {}}
    document: JsonValue = {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": upstream.url}],
        "paths": {"/": {"post": operation}},
    }
    [tool] = OPENAPI.read([Record("openapi.json", document)], []).tools
    return tool.apis[0]


@pytest.mark.parametrize(("body_type", "schema", "encoding", "values", "body"), BODIES)
async def test_a_body_that_openapi_declares_arrives_so(
    upstream: Upstream,
    caller: HttpCaller,
    body_type: str,
    schema: JsonValue,
    encoding: JsonValue,
    values: dict[str, JsonValue],
    body: bytes,
) -> None:
    arrived = await sent(caller, upstream, read(upstream, body_type, schema, encoding), values)
    assert arrived.body == body


async def test_parts_that_openapi_declares_arrive_so(upstream: Upstream, caller: HttpCaller) -> None:
    encoding: JsonValue = {
        "sheet": {"contentType": "text/csv, text/plain"},
        "about": {"contentType": "application/json"},
        "photo": {"contentType": "image/jpeg, image/png"},
    }
    values: dict[str, JsonValue] = {
        "note": "hello", "tags": ["a", "b"], "about": {"x": 1}, "photo": PNG_URL, "sheet": "a,b",
    }  # fmt: skip
    arrived = await sent(caller, upstream, read(upstream, MULTIPART, UPLOAD, encoding), values)
    assert await parts_of(arrived) == [
        ("note", "hello"), ("tags", "a"), ("tags", "b"), ("about", '{"x":1}'),
        ("photo", ("a b.png", "image/png", PNG)), ("sheet", ("sheet.csv", "text/csv", b"a,b")),
    ]  # fmt: skip


async def test_a_file_of_swagger_arrives_as_one(upstream: Upstream, caller: HttpCaller) -> None:
    said: JsonValue = [
        {"name": "file", "in": "formData", "type": "file", "required": True},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "csv"},
    ]
    document: JsonValue = {
        "swagger": "2.0",
        "info": {"title": "Files", "version": "1"},
        "host": upstream.url.removeprefix("http://"),
        "schemes": ["http"],
        "paths": {"/": {"post": {"parameters": said, "responses": {}}}},
    }
    [tool] = OPENAPI.read([Record("swagger.json", document)], []).tools
    arrived = await sent(caller, upstream, tool.apis[0], {"file": PNG_URL, "tags": ["a", "b"]})
    assert await parts_of(arrived) == [("file", ("a b.png", "image/png", PNG)), ("tags", "a,b")]


async def test_a_name_that_stands_in_several_places_is_sent_to_each(upstream: Upstream, caller: HttpCaller) -> None:
    def stated(place: str) -> JsonValue:
        return {"name": "id", "in": place, "required": place == "path", "schema": {"type": "string"}}

    pet: JsonValue = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    operation: JsonValue = {
        "parameters": [stated("path"), stated("query"), stated("header"), stated("cookie")],
        "requestBody": {"required": True, "content": {"application/json": {"schema": pet}}},
        "responses": {},
    }
    document: JsonValue = {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": upstream.url}],
        "paths": {"/pets/{id}": {"put": operation}},
    }
    [tool] = OPENAPI.read([Record("openapi.json", document)], []).tools
    api = tool.apis[0]
    assert [p.name for p in api.parameters] == ["id", "query_id", "header_id", "cookie_id", "body_id"]
    values: dict[str, JsonValue] = {"id": "1", "query_id": "2", "header_id": "3", "cookie_id": "4", "body_id": "5"}
    arrived = await sent(caller, upstream, api, values)
    assert (arrived.target, arrived.body) == ("/pets/1?id=2", b'{"id":"5"}')
    assert (arrived.header("id"), arrived.header("cookie")) == (["3"], ["id=4"])
    with pytest.raises(InvalidArguments) as caught:
        caller.preview(api, {"id": "1", "header_id": "a\nb"})
    assert sorted(name for name, _ in caught.value.problems) == ["body_id", "header_id"]


@pytest.mark.parametrize("body_type", [FORM, MULTIPART, "application/json"])
async def test_a_field_goes_by_its_name_in_the_request(upstream: Upstream, caller: HttpCaller, body_type: str) -> None:
    api = posting(upstream, body_type, field("body_id", wire_name="id"))
    assert caller.preview(api, {"body_id": "5"}).body == {"id": "5"}
    assert b"body_id" not in (await sent(caller, upstream, api, {"body_id": "5"})).body


def test_a_field_that_cannot_be_written_is_told_by_its_own_name(upstream: Upstream, caller: HttpCaller) -> None:
    api = posting(upstream, MULTIPART, field("body_file", wire_name="file", content_type="image/png"))
    with pytest.raises(InvalidArguments) as caught:
        caller.preview(api, {"body_file": "no base64!"})
    assert [name for name, _ in caught.value.problems] == ["body_file"]

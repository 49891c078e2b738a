"""A value arrives byte for byte as one value, or it is refused; it never leaves its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import pytest
from pydantic import JsonValue

from callers.http import HttpCaller
from catalog.errors import InvalidArguments
from catalog.models import Api, Parameter

if TYPE_CHECKING:
    from conftest import Arrived, Upstream

TRICKS = [
    "plain", "a b", "a/b", "a\\b", "?x=1", "#f", "a&b=c", "a=b", "%2e%2e", "%2e%2e%2f", "%252e", "%", "%zz", "+",
    "a+b", ";", "a;b", ",", "a,b", "a:b", "@", "*", "***", "'", '"', "<", "{id}", "{other}", "[0]", "|", "^", "`", "~",
    "$", "!", "...", "..a", "a..", ".a", "é", "ß", "日本語", "🙂", "\u202e", "\u00a0", "e\u0301", "-", "_", "null",
    "true", "0", "http://other.test/", "//other.test", "a\tb", "a\nb", "a\r\nX-Evil: 1", "a\x00b", "\x7f", " a", "a ",
    "", ".", "..", "../x", "..\\x", "x/../y", "./x", "..;/x", "/..", "x" * 4000,
]  # fmt: skip
NEVER = ["\ud800", "a\udfffb"]


REFUSED = "refused"


def _has_dot_segment(value: str) -> bool:
    return bool(set(re.split(r"[/\\;]", value)) & {".", ".."})


async def _sent(caller: HttpCaller, upstream: Upstream, api: Api, value: str) -> Arrived | None:
    """What arrives for this value as `v`; None: it was refused, and nothing arrived."""
    upstream.arrived.clear()
    try:
        await caller.send(api, {"v": value}, timeout_seconds=5)
    except InvalidArguments:
        assert upstream.arrived == []
        return None
    [arrived] = upstream.arrived
    return arrived


async def test_a_path_value_stays_one_segment_or_is_refused(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/orders/{v}/items", Parameter(name="v", place="path", required=True))
    for value in TRICKS:
        arrived = await _sent(caller, upstream, api, value)
        got = REFUSED if arrived is None else [unquote(part) for part in arrived.target.split("/")]
        wanted = REFUSED if not value or _has_dot_segment(value) else ["", "orders", value, "items"]
        assert got == wanted


async def test_a_query_value_arrives_as_it_is(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/find?fixed=1", Parameter(name="v"))
    for value in TRICKS:
        arrived = await _sent(caller, upstream, api, value)
        path, _, query = arrived.target.partition("?")
        assert path == "/find"
        assert parse_qsl(query, keep_blank_values=True) == [("fixed", "1"), ("v", value)]


async def test_a_header_value_arrives_as_it_is_or_is_refused(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/", Parameter(name="v", place="header"))
    for value in TRICKS:
        arrived = await _sent(caller, upstream, api, value)
        got = REFUSED if arrived is None else arrived.header("v")
        assert got in ([value], REFUSED)
        assert got == [value] or not value.isascii() or not value.isprintable() or value != value.strip()
        assert arrived is None or arrived.header("x-evil") == []


async def test_a_cookie_value_stays_in_its_cookie(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/", Parameter(name="v", place="cookie"))
    for value in TRICKS:
        arrived = await _sent(caller, upstream, api, value)
        [line] = arrived.header("cookie")
        assert not set(line[2:]) & set(' ;,"\\\t\r\n')
        assert (line[:2], unquote(line[2:])) == ("v=", value)


@pytest.mark.parametrize(
    ("body_type", "read"),
    [
        ("application/json", lambda body: json.loads(body)["v"]),
        ("application/problem+json; charset=utf-8", lambda body: json.loads(body)["v"]),
        ("application/x-www-form-urlencoded", lambda body: dict(parse_qsl(body.decode(), True))["v"]),
        ("text/plain", bytes.decode),
    ],
)
async def test_a_body_value_arrives_as_it_is(
    upstream: Upstream, caller: HttpCaller, body_type: str, read: Callable[[bytes], str]
) -> None:
    api = upstream.api("/", Parameter(name="v", place="body"), method="POST", body_type=body_type)
    for value in TRICKS:
        arrived = await _sent(caller, upstream, api, value)
        assert read(arrived.body) == value
        assert arrived.header("content-type")[0].startswith(body_type.split(";")[0])


@pytest.mark.parametrize("place", ["path", "query", "header", "cookie", "body"])
@pytest.mark.parametrize("value", [*NEVER, math.nan, math.inf, None, 10**5000], ids=lambda v: type(v).__name__)
def test_what_has_no_written_form_is_refused_everywhere(
    upstream: Upstream, caller: HttpCaller, place: str, value: JsonValue
) -> None:
    parameter = Parameter.model_validate({"name": "v", "place": place, "constraints": {"type": ["string", "number"]}})
    with pytest.raises(InvalidArguments) as caught:
        caller.preview(upstream.api("/{v}" if place == "path" else "/", parameter), {"v": value})
    assert [name for name, _ in caught.value.problems] == ["v"]


def test_two_values_cannot_make_a_dot_segment_together(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/a/.{x}/b", Parameter(name="x", place="path"))
    with pytest.raises(InvalidArguments, match="lead elsewhere"):
        caller.preview(api, {"x": "."})
    assert caller.preview(api, {"x": "git"}).url.endswith("/a/.git/b")


def test_lists_objects_and_numbers_have_one_written_form(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api(
        "/{ids}",
        Parameter(name="ids", place="path", type="array"),
        Parameter(name="tag", type="array"),
        Parameter(name="box", type="object"),
        Parameter(name="on", type="boolean"),
        Parameter(name="n", type="number"),
    )
    values: dict[str, JsonValue] = {
        "ids": [1, "a,b"], "tag": ["x", "y&z"], "box": {"a": [1]}, "on": True, "n": 12345678.5,
    }  # fmt: skip
    shown = caller.preview(api, values)
    assert shown.url == f"{upstream.url}/1,a%2Cb?tag=x&tag=y%26z&a=%5B1%5D&on=true&n=12345678.5"


def test_a_placeholder_in_the_query_of_the_address_is_filled_there(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/v?do=check&mail={mail}", Parameter(name="mail"))
    shown = caller.preview(api, {"mail": "a&b@c.d"})
    assert shown.url == f"{upstream.url}/v?do=check&mail=a%26b%40c.d"


def test_every_problem_is_told_at_once_and_once(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api(
        "/{id}/{lost}",
        Parameter(name="id", place="path", required=True, constraints={"pattern": "^[0-9]{6}$"}),
        Parameter(name="day", required=True, constraints={"format": "date"}),
        Parameter(name="n", type="integer"),
        Parameter(name="gone", required=True),
    )
    with pytest.raises(InvalidArguments) as caught:
        caller.preview(api, {"id": "12", "day": "tomorrow", "n": "5", "extra": 1})
    assert sorted(name for name, _ in caught.value.problems) == ["day", "extra", "gone", "id", "lost", "n"]


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "Connection", "Cookie", "X-HTTP-Method-Override", "a b", "a\r\nb"],
)
def test_a_header_that_steers_the_request_cannot_be_a_parameter(
    upstream: Upstream, caller: HttpCaller, name: str
) -> None:
    with pytest.raises(InvalidArguments):
        caller.preview(upstream.api("/", Parameter(name=name, place="header")), {name: "x"})


async def test_a_content_type_parameter_may_only_repeat_what_the_body_is(
    upstream: Upstream, caller: HttpCaller
) -> None:
    api = upstream.api(
        "/", Parameter(name="Content-Type", place="header"), Parameter(name="a", place="body"), method="POST"
    )
    with pytest.raises(InvalidArguments, match="contradicts"):
        caller.preview(api, {"a": "x", "Content-Type": "text/html"})
    await caller.send(api, {"a": "x", "Content-Type": "application/json"}, timeout_seconds=5)
    assert upstream.arrived[0].header("content-type") == ["application/json"]


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://x.test/", "file:///etc/passwd", "//x.test/", "http://{host}/x", "http://user:pw@x.test/", "http://",
        "http://x.test:99999/", "http://a..b/", "http://x.test/a/../b", "http://[::1/", "http://x.test\\@y.test/",
        "javascript:alert(1)", "http://1.2.3/%00{x}",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused(upstream: Upstream, caller: HttpCaller, url: str) -> None:
    api = upstream.api("/").model_copy(update={"url": url})
    with pytest.raises(InvalidArguments):
        caller.preview(api, {})


def test_an_api_without_an_address_says_so(upstream: Upstream, caller: HttpCaller) -> None:
    api = upstream.api("/").model_copy(update={"url": ""})
    with pytest.raises(InvalidArguments, match="knows no address"):
        caller.preview(api, {})


@pytest.mark.parametrize("body_type", ["", "json", "text/\u00e9", "text/plain\r\nX-Evil: 1", "a/b/c"])
def test_a_body_of_no_media_type_is_refused(upstream: Upstream, caller: HttpCaller, body_type: str) -> None:
    api = upstream.api("/", Parameter(name="a", place="body"), method="POST", body_type=body_type)
    with pytest.raises(InvalidArguments, match="no media type"):
        caller.preview(api, {"a": "x"})


def test_a_schema_that_refers_elsewhere_is_never_fetched(upstream: Upstream, caller: HttpCaller) -> None:
    parameter = Parameter(name="a", constraints={"$ref": f"{upstream.url}/schema.json"})
    assert caller.preview(upstream.api("/", parameter), {"a": "x"}).url.endswith("/?a=x")
    assert upstream.arrived == []


@pytest.mark.parametrize("constraints", [{"pattern": r"^\p{L}+$"}, {"pattern": "("}, {"minLength": "many"}])
def test_a_rule_that_cannot_be_applied_is_left_to_the_upstream(
    upstream: Upstream, caller: HttpCaller, constraints: dict[str, JsonValue]
) -> None:
    api = upstream.api("/", Parameter(name="a", constraints=constraints))
    assert caller.preview(api, {"a": "x"}).url.endswith("/?a=x")
    with pytest.raises(InvalidArguments, match="not of type 'string'"):
        caller.preview(api, {"a": 5})


def test_a_body_nested_beyond_reason_is_refused(upstream: Upstream, caller: HttpCaller) -> None:
    deep: JsonValue = "x"
    for _ in range(5000):
        deep = [deep]
    api = upstream.api("/", Parameter(name="a", place="body", type="array"), method="POST")
    with pytest.raises(InvalidArguments, match="nested"):
        caller.preview(api, {"a": deep})


@pytest.mark.parametrize("method", ["COPY", "query", "M-SEARCH"])
async def test_a_method_of_the_documents_own_arrives_as_it_is(
    upstream: Upstream, caller: HttpCaller, method: str
) -> None:
    await caller.send(upstream.api("/orders", method=method), {}, timeout_seconds=5)
    assert [arrived.method for arrived in upstream.arrived] == [method.upper()]


@pytest.mark.parametrize("method", ["TRACE", "connect", "GET /other", "GET\r\nX-Evil: 1", ""])
async def test_a_method_that_speaks_to_the_connection_or_is_none_is_refused(
    upstream: Upstream, caller: HttpCaller, method: str
) -> None:
    with pytest.raises(InvalidArguments, match="no method that can be called"):
        await caller.send(upstream.api("/orders", method=method), {}, timeout_seconds=5)
    assert upstream.arrived == []

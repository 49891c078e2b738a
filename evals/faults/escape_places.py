"""Every place and style in which a value can stand in a request, and how somebody else's parser reads it there."""

from __future__ import annotations

import email.parser
import email.policy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal
from urllib.parse import parse_qsl, unquote, unquote_plus

from pydantic import JsonValue

from catalog.models import Api, Parameter
from evals.faults.raw_server import Arrived

Shape = Literal["text", "list", "object"]
Read = Callable[[Arrived], JsonValue]


@dataclass(frozen=True)
class Place:
    """Where a value stands, how it is declared there, and how it is read back."""

    name: str
    parameter: Parameter
    read: Read
    shape: Shape = "text"
    body_type: str = "application/json"


def api_of(place: Place, url: str) -> Api:
    """An API with this one value, a fixed pair before it in the query, and another value after it."""
    in_path = place.parameter.place == "path"
    return Api(
        id="faults/escapes/api",
        name="api",
        category="faults",
        tool_id="faults/escapes",
        tool_name="escapes",
        method="PUT" if place.parameter.place == "body" else "GET",
        url=f"{url}/head/{{v}}/tail?first=1" if in_path else f"{url}/head/tail?first=1",
        parameters=(place.parameter, Parameter(name="other", place="query")),
        body_type=place.body_type,
        risk="safe",
    )


def shapes(place: Place, text: str) -> Iterator[JsonValue]:
    """The text as a whole value, or as the part of a list or an object, as the place is declared."""
    if place.shape == "text":
        yield text
    elif place.shape == "list":
        yield ["first", text, "last"]
    else:
        yield {"a": "first", "k": text}
        if text:
            yield {"a": "first", text: "named"}


def left_its_place(place: Place, value: JsonValue, arrived: Arrived) -> str:
    """What is wrong with the request that arrived, in words; empty where nothing is."""
    path, _, query = arrived.target.partition("?")
    parts = path.split("/")
    if parts[:2] != ["", "head"] or parts[-1] != "tail" or len(parts) != (4 if place.parameter.place == "path" else 3):
        return f"the path became {path[:200]!r}"
    pairs = query.split("&")
    if pairs[0] != "first=1" or pairs[-1] != "other=%26" or "#" in arrived.target:
        return f"the query became {query[:200]!r}"
    if place.parameter.place == "path" and any(s.split(";")[0] in (".", "..") for s in unquote(path).split("/")):
        return f"a server that decodes first would go elsewhere: {path[:200]!r}"
    if arrived.header("x-injected") or len(arrived.header("host")) != 1:
        return "a header was added"
    try:
        read = place.read(arrived)
    except (ValueError, IndexError, KeyError) as error:
        return f"it cannot be read back ({type(error).__name__}: {error})"
    return "" if read == value else f"it arrived as {str(read)[:200]!r}"


def _segment(arrived: Arrived) -> str:
    return arrived.target.partition("?")[0].split("/")[2]


def _pairs(arrived: Arrived) -> list[tuple[str, str]]:
    """The raw pairs between the first and the last of the query."""
    split = (pair.partition("=") for pair in arrived.target.partition("?")[2].split("&")[1:-1])
    return [(name, value) for name, _, value in split]


def _only(pairs: list[tuple[str, str]]) -> str:
    [(name, text)] = pairs
    if name != "v":
        raise ValueError(f"it stands under {name!r}")
    return text


def _decoded(arrived: Arrived) -> list[tuple[str, str]]:
    return [(unquote_plus(name), unquote_plus(text)) for name, text in _pairs(arrived)]


def _deep(arrived: Arrived) -> JsonValue:
    return {name.removeprefix("v[").removesuffix("]"): text for name, text in _decoded(arrived)}


def _form(arrived: Arrived) -> JsonValue:
    return dict(parse_qsl(arrived.body.decode(), keep_blank_values=True, strict_parsing=True))["v"]


def _multipart(arrived: Arrived) -> JsonValue:
    head = f"content-type: {arrived.header('content-type')[0]}\r\n\r\n".encode()
    parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + arrived.body)
    [part] = [part for part in parsed.iter_parts() if isinstance(part, EmailMessage)]
    content = part.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else None


def _cookie(arrived: Arrived) -> JsonValue:
    [line] = arrived.header("cookie")
    [pair] = line.split("; ")
    return unquote(pair.removeprefix("v="))


def _parameter(
    place: str, kind: str = "string", style: str | None = None, explode: bool | None = None, **more: object
) -> Parameter:
    said = {"name": "v", "place": place, "type": kind, "style": style, "explode": explode, **more}
    return Parameter.model_validate(said)


def _split(text: str, at: str) -> list[JsonValue]:
    return [unquote(part) for part in text.split(at)]


PLACES: tuple[Place, ...] = (
    Place("path", _parameter("path"), lambda a: unquote(_segment(a))),
    Place("path label", _parameter("path", style="label"), lambda a: unquote(_segment(a).removeprefix("."))),
    Place("path matrix", _parameter("path", style="matrix"), lambda a: unquote(_segment(a).removeprefix(";v="))),
    Place("path list", _parameter("path", "array"), lambda a: _split(_segment(a), ","), "list"),
    Place(
        "path label list",
        _parameter("path", "array", "label", True),
        lambda a: _split(_segment(a).removeprefix("."), "."),
        "list",
    ),
    Place(
        "path matrix list",
        _parameter("path", "array", "matrix", True),
        lambda a: _split(_segment(a).removeprefix(";v="), ";v="),
        "list",
    ),
    Place(
        "path object",
        _parameter("path", "object", "simple", True),
        lambda a: {unquote(n): unquote(t) for n, _, t in (p.partition("=") for p in _segment(a).split(","))},
        "object",
    ),
    Place("query", _parameter("query"), lambda a: unquote_plus(_only(_pairs(a)))),
    Place("query reserved", _parameter("query", allow_reserved=True), lambda a: unquote(_only(_pairs(a)))),
    Place("query list", _parameter("query", "array"), lambda a: [text for _, text in _decoded(a)], "list"),
    Place(
        "query joined list",
        _parameter("query", "array", "form", False),
        lambda a: _split(_only(_pairs(a)), ","),
        "list",
    ),
    Place(
        "query spaces",
        _parameter("query", "array", "spaceDelimited"),
        lambda a: _split(_only(_pairs(a)), "%20"),
        "list",
    ),
    Place(
        "query pipes",
        _parameter("query", "array", "pipeDelimited"),
        lambda a: _split(_only(_pairs(a)), "%7C"),
        "list",
    ),
    Place("query object", _parameter("query", "object"), lambda a: dict(_decoded(a)), "object"),
    Place("query deep object", _parameter("query", "object", "deepObject"), _deep, "object"),
    Place(
        "query as JSON",
        _parameter("query", "object", content_type="application/json"),
        lambda a: json.loads(unquote_plus(_only(_pairs(a)))),
        "object",
    ),
    Place("header", _parameter("header"), lambda a: a.header("v")[0]),
    Place("header list", _parameter("header", "array"), lambda a: list(a.header("v")[0].split(",")), "list"),
    Place("cookie", _parameter("cookie"), _cookie),
    Place("JSON body", _parameter("body"), lambda a: json.loads(a.body)["v"]),
    Place("JSON body object", _parameter("body", "object"), lambda a: json.loads(a.body)["v"], "object"),
    Place("form body", _parameter("body"), _form, body_type="application/x-www-form-urlencoded"),
    Place("multipart body", _parameter("body"), _multipart, body_type="multipart/form-data"),
    Place("text body", _parameter("body"), lambda a: a.body.decode(), body_type="text/plain"),
)

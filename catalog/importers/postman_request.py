"""A Postman request: where it goes, and what of it is a value that a caller gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.http import usable_url
from catalog.importers.postman_auth import Alternatives, credential
from catalog.importers.postman_body import read_body
from catalog.importers.postman_text import (
    VARIABLE,
    described,
    filled,
    is_required,
    is_secret,
    is_secret_header,
    variables,
)
from catalog.importers.record import Fields, kind, text
from catalog.models import AuthScheme, Parameter

METHOD = re.compile(r"[A-Z]+")
VERSION = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
SENT_ANYWAY = frozenset(
    {"content-type", "content-length", "accept", "accept-encoding", "user-agent", "host", "connection", "cache-control"}
    | {"postman-token", "origin", "referer", "transfer-encoding"}
)
"""Headers that whoever sends sets: they are no values of the API."""


@dataclass(frozen=True)
class Request:
    """What is read of one request."""

    method: str
    url: str
    path: str
    parameters: tuple[Parameter, ...]
    body_type: str
    body_is_value: bool
    auth: Alternatives
    """Credentials that stand among its headers and query parameters."""


def read_request(request: Fields, collection: str, scope: Mapping[str, str]) -> Request:
    """Raises UnreadableDocument."""
    method = (text(request, "method") or "GET").strip().upper()
    if not METHOD.fullmatch(method):
        raise UnreadableDocument("request.method", f"{method!r} is no HTTP method")
    stated = request.get("url")
    url: Fields = {"raw": stated} if isinstance(stated, str) else stated if isinstance(stated, dict) else {}
    address, path = _address(url, scope)
    body = read_body(request, scope)
    found: dict[str, Parameter] = {}
    # Of several of one name the first counts: what the path needs before all, then the body.
    for parameter in (
        *_path_parameters(path, url, scope),
        *body.parameters,
        *_query(url, scope),
        *_headers(request, scope),
    ):
        found.setdefault(parameter.name, parameter)
    secrets = tuple(_secrets(request, url, collection))
    return Request(
        method,
        usable_url(address + path) if address else "",
        path,
        tuple(found.values()),
        body.media_type,
        body.is_value,
        (secrets,) if secrets else (),
    )


def _address(url: Fields, scope: Mapping[str, str]) -> tuple[str, str]:
    """The host with its scheme, empty where a variable of it is not known; and the path, values in braces."""
    raw = re.split(r"[?#]", text(url, "raw") or _joined(url), maxsplit=1)[0].strip()
    if not raw:
        raise UnreadableDocument("request.url", "is missing or empty")
    first, slash, rest = _authority(raw)
    base = filled(first, scope)
    if "://" not in base and not variables(base):
        base = f"http://{base}"  # as Postman sends it
    path = "/".join(_segment(part, scope) for part in rest.split("/"))
    scheme, _, host = base.partition("://")
    host, below, prefix = host.partition("/")
    path = f"/{prefix.strip('/')}" * bool(below and prefix.strip("/")) + slash + path
    return ("" if variables(host) or not host else f"{scheme}://{host}"), path


def _authority(raw: str) -> tuple[str, str, str]:
    scheme, separator, rest = raw.partition("://")
    if not separator:
        scheme, rest = "", raw
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host}", slash, path


def _joined(url: Fields) -> str:
    """From its parts, which a collection may have instead of the whole."""
    host, path = _together(url.get("host"), "."), _together(url.get("path"), "/")
    scheme, port = text(url, "protocol"), text(url, "port")
    return f"{scheme + '://' if scheme else ''}{host}{':' + port if port else ''}{'/' + path if path else ''}"


def _together(value: JsonValue, joint: str) -> str:
    parts = value if isinstance(value, list) else [value]
    return joint.join(str(part.get("value", "")) if isinstance(part, dict) else str(part) for part in parts if part)


def _segment(segment: str, scope: Mapping[str, str]) -> str:
    """`:id` and `{{id}}` are values; only a version is what the collection says it is."""
    if segment.startswith(":") and len(segment) > 1:
        return f"{{{segment[1:]}}}"
    return VARIABLE.sub(lambda found: _standing(found[1].strip(), scope), segment)


def _standing(name: str, scope: Mapping[str, str]) -> str:
    known = filled(scope.get(name, ""), scope)
    return known if "version" in name.lower() and VERSION.fullmatch(known) else f"{{{name}}}"


def _path_parameters(path: str, url: Fields, scope: Mapping[str, str]) -> Iterator[Parameter]:
    stated = {str(each.get("key") or each.get("id")): each for _, each in _pairs(url, "variable")}
    for name in dict.fromkeys(re.findall(r"\{([^{}]+)\}", path)):
        fields = stated.get(name, {})
        yield Parameter(
            name=name,
            place="path",
            required=True,
            description=is_required(described(fields.get("description")))[1],
            example=_example(name, text(fields, "value") or scope.get(name, ""), scope),
        )


def _query(url: Fields, scope: Mapping[str, str]) -> Iterator[Parameter]:
    for name, fields in _query_fields(url):
        if not is_secret(name):
            required, description = is_required(described(fields.get("description")))
            value = fields.get("value")
            example = _example(name, value if isinstance(value, str) else "", scope)
            yield Parameter(name=name, required=required, description=description, example=example)


def _query_fields(url: Fields) -> Iterator[tuple[str, Fields]]:
    if "query" in url:
        yield from _pairs(url, "query")
        return
    _, _, written = text(url, "raw").partition("?")
    yield from ((name, {"value": value}) for name, value in parse_qsl(written.split("#")[0], keep_blank_values=True))


def _headers(request: Fields, scope: Mapping[str, str]) -> Iterator[Parameter]:
    """One with a value of its own is sent as it is; one that is switched off, or holds a variable, may be given."""
    for name, fields in _header_fields(request):
        if name.lower() in SENT_ANYWAY or is_secret_header(name):
            continue
        required, description = is_required(described(fields.get("description")))
        value = filled(text(fields, "value"), scope)
        fixed = bool(value) and not variables(value) and fields.get("disabled") is not True
        yield Parameter(
            name=name,
            place="header",
            required=required or fixed,
            description=description,
            default=value if fixed else None,
        )


def _header_fields(request: Fields) -> Iterator[tuple[str, Fields]]:
    """A list, or (in 2.0) the header lines as one text."""
    if isinstance(lines := request.get("header"), str):
        for line in lines.splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip():
                yield name.strip(), {"value": value.strip()}
        return
    yield from _pairs(request, "header")


def _secrets(request: Fields, url: Fields, collection: str) -> Iterator[AuthScheme]:
    """Their names; the values are not looked at, but for the word before the token."""
    for name, fields in _header_fields(request):
        if not is_secret_header(name) or fields.get("disabled") is True:
            continue
        word = text(fields, "value").strip().partition(" ")[0].lower()
        if name.lower() == "authorization" and word in ("bearer", "basic"):
            yield credential(collection, "bearer" if word == "bearer" else "basic")
        else:
            yield credential(collection, "api_key", "header", name)
    for name, fields in _query_fields(url):
        if is_secret(name) and fields.get("disabled") is not True:
            yield credential(collection, "api_key", "query", name)


def _pairs(fields: Fields, name: str) -> Iterator[tuple[str, Fields]]:
    """The entries of a list of keys and values; one without a key is an empty line of the form."""
    values = fields.get(name)
    if values is None:
        return
    if not isinstance(values, list):
        raise UnreadableDocument(f"request.{name}", f"must be a list, not {kind(values)}")
    for value in values:
        key = value.get("key") or value.get("id") if isinstance(value, dict) else None
        if isinstance(value, dict) and isinstance(key, str) and key.strip():
            yield key.strip(), value


def _example(name: str, value: str, scope: Mapping[str, str]) -> JsonValue:
    """What the collection's author sent: how a value may look, never filled in."""
    known = filled(value, scope)
    return known if known and not variables(known) and not is_secret(name) else None

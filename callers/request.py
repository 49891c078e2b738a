"""Builds the request from an API of the catalog, values, and what credentials add. Sends nothing itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from callers import address, arguments, encoding
from callers.address import Address
from callers.arguments import Problem
from callers.credentials import Addition
from callers.encoding import Pair, UnwritableError
from catalog.errors import InvalidArguments
from catalog.models import Api

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Request:
    """Exactly what is sent, less what the client itself adds (Host, Content-Length, User-Agent, ...)."""

    method: str
    url: str = field(repr=False)
    headers: tuple[Pair, ...] = field(default=(), repr=False)
    """Like the URL not in the `repr`: either may hold a secret."""
    body: bytes | None = None
    shown: JsonValue = None
    """The body as people read it: an object for JSON and forms, else text."""


@dataclass
class _Draft:
    """The parts of a request while they are collected."""

    query: list[Pair] = field(default_factory=list)
    headers: list[Pair] = field(default_factory=list)
    cookies: list[Pair] = field(default_factory=list)
    body: dict[str, JsonValue] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def build(api: Api, values: Mapping[str, JsonValue], added: Sequence[Addition] = ()) -> Request:
    """The request for these values. Raises InvalidArguments with everything that is wrong with them."""
    where = _address(api)
    draft = _Draft(problems=arguments.problems(api, values))
    told = {name for name, _ in draft.problems}
    sound = {name: value for name, value in values.items() if name not in told}
    _place(api, sound, where, draft, reserved={(a.place, a.name.lower()) for a in added})
    _add(added, draft)
    url, wrong = where.fill(sound, draft.query)
    draft.problems += [problem for problem in wrong if problem[0] not in told]
    media_type, body, shown = _body(api, draft)
    if draft.problems:
        raise InvalidArguments(api.id, draft.problems)
    return Request(api.method.upper(), url, _headers(draft, media_type), body, shown)


def _address(api: Api) -> Address:
    if api.method.upper() not in METHODS:
        raise InvalidArguments(api.id, [("method", f"{api.method!r} is no method that can be called")])
    try:
        return address.parse(api.url)
    except UnwritableError as error:
        raise InvalidArguments(api.id, [("url", str(error))]) from None


def _place(
    api: Api,
    values: Mapping[str, JsonValue],
    where: Address,
    draft: _Draft,
    *,
    reserved: set[tuple[str, str]],
) -> None:
    """Write every value into its place; what the address takes by name is left to the address."""
    for parameter in api.parameters:
        if parameter.name not in values:
            continue
        if parameter.place in ("path", "query") and parameter.name in where.placeholders:
            continue
        if (parameter.place, parameter.name.lower()) in reserved:
            draft.problems.append((parameter.name, "is the place of a credential, which the operator sets"))
            continue
        try:
            _WRITERS[parameter.place](draft, parameter.name, values[parameter.name])
        except UnwritableError as error:
            draft.problems.append((parameter.name, str(error)))


def _path(draft: _Draft, name: str, value: JsonValue) -> None:
    raise UnwritableError("has no place in the catalog's address")


def _query(draft: _Draft, name: str, value: JsonValue) -> None:
    draft.query += encoding.query(name, value)


def _header(draft: _Draft, name: str, value: JsonValue) -> None:
    if name.lower() in {taken.lower() for taken, _ in draft.headers}:
        raise UnwritableError("is the same header as another parameter")
    draft.headers.append(encoding.header(name, value))


def _cookie(draft: _Draft, name: str, value: JsonValue) -> None:
    draft.cookies.append(encoding.cookie(name, value))


def _body_value(draft: _Draft, name: str, value: JsonValue) -> None:
    draft.body[name] = value


_WRITERS: Mapping[str, Callable[[_Draft, str, JsonValue], None]] = {
    "path": _path,
    "query": _query,
    "header": _header,
    "cookie": _cookie,
    "body": _body_value,
}


def _add(added: Sequence[Addition], draft: _Draft) -> None:
    """Credentials come last, and are written like any value: they cannot leave their place either."""
    for addition in added:
        try:
            _WRITERS[addition.place](draft, addition.name, addition.value)
        except UnwritableError as error:
            draft.problems.append((addition.name, f"the credential {error}"))


def _headers(draft: _Draft, media_type: str) -> tuple[Pair, ...]:
    headers = [pair for pair in draft.headers if pair[0].lower() != "content-type"]
    if media_type:
        headers.append(("Content-Type", media_type))
    if draft.cookies:
        headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in draft.cookies)))
    return tuple(headers)


def _body(api: Api, draft: _Draft) -> tuple[str, bytes | None, JsonValue]:
    """Media type, bytes and readable form of the body; ("", None, None): there is none."""
    wants_body = any(p.place == "body" for p in api.parameters)
    if not draft.body and not (wants_body and api.method.upper() in ("POST", "PUT", "PATCH")):
        return "", None, None
    declared = api.body_type.split(";")[0].strip().lower()
    _agree(draft, declared)
    try:
        return _encode(declared, draft.body)
    except UnwritableError as error:
        draft.problems.append(("body", str(error)))
        return "", None, None


def _agree(draft: _Draft, declared: str) -> None:
    """A Content-Type parameter may repeat what the body is, and nothing else."""
    for name, value in draft.headers:
        if name.lower() == "content-type" and value.split(";")[0].strip().lower() != declared:
            draft.problems.append((name, f"contradicts the body, which the catalog declares as {declared}"))


def _encode(declared: str, values: dict[str, JsonValue]) -> tuple[str, bytes | None, JsonValue]:
    if re.fullmatch(r"application/([\w.+-]+\+)?json", declared):
        return declared, encoding.compact(values).encode(), values
    if declared == "application/x-www-form-urlencoded":
        pairs = [pair for name, value in values.items() for pair in encoding.query(name, value)]
        return declared, "&".join(f"{name}={value}" for name, value in pairs).encode(), values
    if declared == "text/plain" and len(values) <= 1:
        text = "".join(encoding.plain(value) for value in values.values())
        return "text/plain; charset=utf-8", text.encode(), text
    if declared == "text/plain":
        raise UnwritableError("is declared as text/plain, which has room for one value only")
    raise UnwritableError(
        f"is declared as {declared!r}; only JSON, application/x-www-form-urlencoded and text/plain are known"
    )

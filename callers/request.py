"""Builds the request from an API of the catalog, values, and what credentials add. Sends nothing itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from pydantic import JsonValue

from callers import address, arguments, bodies, encoding, lines, styles
from callers.addition import Addition
from callers.address import Address
from callers.arguments import Problem
from callers.bodies import Body
from callers.encoding import Pair, UnwritableError
from catalog.errors import InvalidArguments
from catalog.models import Api, AuthPlace, Parameter

METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]{1,40}")
"""A token (RFC 9110, 9.1): a document may have methods of its own, like COPY."""
OF_THE_CONNECTION = frozenset({"CONNECT", "TRACE"})
"""They speak to what is on the way and not to an API, and TRACE tells back what was sent, secrets and all."""


@dataclass(frozen=True)
class Request:
    """Exactly what is sent, less what the client itself adds (Host, Content-Length, User-Agent, ...)."""

    method: str
    url: str = field(repr=False)
    headers: tuple[Pair, ...] = field(default=(), repr=False)
    """Like the URL not in the `repr`: either may hold a secret."""
    body: bytes | None = None
    shown: JsonValue = None
    """The body as people read it: the values of a form, the JSON, the text; a file as it was given."""


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
    known = {parameter.name: parameter for parameter in api.parameters}
    given = {name: value for name, value in sound.items() if value is not None}
    url, wrong = where.fill(given, draft.query, write=lambda name, value: styles.path(known[name], value))
    draft.problems += [problem for problem in wrong if problem[0] not in told]
    body = _body(api, draft)
    if draft.problems:
        raise InvalidArguments(api.id, draft.problems)
    headers = _headers(draft, body.content_type if body else "")
    if body is None:
        return Request(api.method.upper(), url, headers)
    return Request(api.method.upper(), url, headers, body.content, body.shown)


def _address(api: Api) -> Address:
    method = api.method.upper()
    if method in OF_THE_CONNECTION or not METHOD.fullmatch(method):
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
    """Write every value into its place, less nulls; what the address takes by name is left to the address."""
    taken = _taken(api, where, reserved)
    for parameter in api.parameters:
        name, place = parameter.name, parameter.place
        if name not in values or (place in ("path", "query") and name in where.placeholders):
            continue
        if (place, parameter.sent_as.lower()) in reserved:
            draft.problems.append((name, "is the place of a credential, which the operator sets"))
        elif place == "body":
            draft.body[parameter.sent_as] = values[name]
        elif values[name] is not None:
            _write(draft, parameter, values[name], taken[place])


def _taken(api: Api, where: Address, reserved: Set[tuple[str, str]]) -> Mapping[str, Set[str]]:
    """By place, the names that belong to somebody, in lower case."""
    taken: dict[str, set[str]] = defaultdict(set)
    fixed = {("query", name.lower()) for name, _ in parse_qsl(where.query, keep_blank_values=True)}
    for place, name in reserved | fixed | {(p.place, p.sent_as.lower()) for p in api.parameters}:
        taken[place].add(name)
    return taken


def _write(draft: _Draft, parameter: Parameter, value: JsonValue, taken: Set[str]) -> None:
    name = parameter.name
    parameter = encoding.wired(parameter)
    try:
        match parameter.place:
            case "query":
                pairs = styles.query(parameter, value)
                styles.keep_apart(parameter, [unquote(name) for name, _ in pairs], taken)
                draft.query += pairs
            case "header":
                draft.headers += [_once(draft, pair) for pair in lines.headers(parameter, value)]
            case "cookie":
                cookies = lines.cookies(parameter, value)
                styles.keep_apart(parameter, [name for name, _ in cookies], taken)
                draft.cookies += cookies
            case _:
                raise UnwritableError("has no place in the catalog's address")
    except UnwritableError as error:
        draft.problems.append((name, str(error)))


def _once(draft: _Draft, pair: Pair) -> Pair:
    if pair[0].lower() in {taken.lower() for taken, _ in draft.headers}:
        raise UnwritableError("is the same header as another parameter")
    return pair


_CREDENTIALS: Mapping[AuthPlace, Callable[[_Draft, str, str], None]] = {
    "query": lambda draft, name, text: draft.query.append(encoding.escaped(name, text)),
    "header": lambda draft, name, text: draft.headers.append(_once(draft, encoding.header(name, text))),
    "cookie": lambda draft, name, text: draft.cookies.append(encoding.cookie(name, text)),
}


def _add(added: Sequence[Addition], draft: _Draft) -> None:
    """Credentials come last, and are written like any value: they cannot leave their place either."""
    for addition in added:
        try:
            _CREDENTIALS[addition.place](draft, addition.name, addition.value)
        except UnwritableError as error:
            draft.problems.append((addition.name, f"the credential {error}"))


def _headers(draft: _Draft, media_type: str) -> tuple[Pair, ...]:
    headers = [pair for pair in draft.headers if pair[0].lower() != "content-type"]
    if media_type:
        headers.append(("Content-Type", media_type))
    if draft.cookies:
        headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in draft.cookies)))
    return tuple(headers)


def _body(api: Api, draft: _Draft) -> Body | None:
    wants_body = any(p.place == "body" for p in api.parameters)
    if not draft.body and not (wants_body and api.method.upper() in ("POST", "PUT", "PATCH")):
        return None
    try:
        body = bodies.write(api, draft.body)
    except UnwritableError as error:
        names = {p.sent_as: p.name for p in api.parameters if p.place == "body"}
        draft.problems.append((names.get(error.field) or error.field or "body", str(error)))
        return None
    if body is not None:
        _agree(draft, body.content_type.split(";")[0].strip().lower())
    return body


def _agree(draft: _Draft, declared: str) -> None:
    """A Content-Type parameter may repeat what the body is, and nothing else."""
    for name, value in draft.headers:
        if name.lower() == "content-type" and value.split(";")[0].strip().lower() != declared:
            draft.problems.append((name, f"contradicts the body, which the catalog declares as {declared}"))

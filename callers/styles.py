"""How a value is written in a path or a query: OpenAPI's styles, expanded as RFC 6570 says where it knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from typing import cast
from urllib.parse import quote, unquote

from pydantic import JsonValue
from uritemplate import URITemplate

from callers import media
from callers.encoding import Pair, UnwritableError, plain
from catalog.models import Parameter

Expandable = str | list[str] | list[tuple[str, str]]
"""What RFC 6570 can write: a text, a list, or an object (as pairs, which keep their order)."""

_OPERATORS = {"simple": "", "label": ".", "matrix": ";", "form": "?"}
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_RESERVED = re.compile(r"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B|3D)")
"""What `allow_reserved` leaves as it is. `#`, `&`, `+`, `[` and `]` would end a value or mean another one."""


def path(parameter: Parameter, value: JsonValue) -> str:
    """A value inside a path. Raises UnwritableError when nothing would stand there."""
    style = parameter.style or "simple"
    if parameter.content_type:
        written = quote(media.document(value, parameter.content_type), safe="")
    elif style not in ("simple", "label", "matrix"):
        raise UnwritableError(f"is declared in the style {style!r}, which no path has")
    else:
        if style == "label" and parameter.explode:
            _refuse_inside(".", value)  # the one delimiter that is never escaped
        written = expanded(style, parameter.name, value, explode=bool(parameter.explode))
    if not written:
        raise UnwritableError("is empty, and an empty value would change the path")
    return written


def query(parameter: Parameter, value: JsonValue) -> list[Pair]:
    """Escaped pairs for a query or a form; none for an empty list or object, which RFC 6570 takes as not given."""
    if parameter.content_type:
        pairs = [(quote(parameter.name, safe=""), quote(media.document(value, parameter.content_type), safe=""))]
    else:
        pairs = _styled(parameter, value)
    if not parameter.allow_reserved:
        return pairs
    joined = isinstance(value, list | dict) and not _explodes(parameter) and not parameter.content_type
    return [(name, _relaxed(text, keep="," if joined else "")) for name, text in pairs]


def keep_apart(parameter: Parameter, written: Iterable[str], taken: Set[str]) -> None:
    """Names that an exploded object brings may not be those of others. Raises UnwritableError; `taken`: lower case."""
    for name in written:
        if name.lower() != parameter.name.lower() and name.lower() in taken:
            raise UnwritableError(f"holds {name!r}, which is the name of something else in this request")


def expanded(style: str, name: str, value: JsonValue, *, explode: bool) -> str:
    """The RFC 6570 expansion, with its prefix. The name is escaped, so it can hold anything."""
    variable = quote(name, safe="") if style in ("matrix", "form") else "value"
    template = _template(f"{{{_OPERATORS[style]}{variable}{'*' if explode else ''}}}")
    members = expandable(value)
    if not members and not isinstance(members, str):
        return ""
    # It takes pairs as an object, and keeps their order; its types do not say so.
    return template.expand({variable: cast("str | list[str]", members)})


@lru_cache(maxsize=1_024)
def _template(text: str) -> URITemplate:
    return URITemplate(text)


def expandable(value: JsonValue) -> Expandable:
    """A value with nulls left out and every other part as text; what is nested deeper becomes JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value if item is not None]
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items() if item is not None]
    return plain(value)


def texts(value: JsonValue) -> Iterator[str]:
    """Every text of an expandable value, names of an object included."""
    parts = expandable(value)
    for part in [parts] if isinstance(parts, str) else parts:
        yield from [part] if isinstance(part, str) else part


def _styled(parameter: Parameter, value: JsonValue) -> list[Pair]:
    style = parameter.style or "form"
    if style == "deepObject":
        return [pair for name, item in _deep(parameter.name, value) for pair in _form(name, item, explode=True)]
    if style in _DELIMITERS:
        return _delimited(parameter, value, _DELIMITERS[style])
    if style != "form":
        raise UnwritableError(f"is declared in the style {style!r}, which no query has")
    return _form(parameter.name, value, explode=_explodes(parameter))


def _explodes(parameter: Parameter) -> bool:
    return (parameter.style or "form") == "form" if parameter.explode is None else parameter.explode


def _form(name: str, value: JsonValue, *, explode: bool) -> list[Pair]:
    written = expanded("form", name, value, explode=explode).removeprefix("?")
    parts = [part.partition("=") for part in written.split("&")] if written else []
    return [(key, text) for key, _, text in parts]


def _delimited(parameter: Parameter, value: JsonValue, delimiter: str) -> list[Pair]:
    """A list or an object in one pair. What holds the delimiter could not be told apart again."""
    if parameter.explode or not isinstance(value, list | dict):
        return _form(parameter.name, value, explode=True)
    _refuse_inside(delimiter, value)
    return [(name, text.replace(",", quote(delimiter))) for name, text in _form(parameter.name, value, explode=False)]


def _refuse_inside(delimiter: str, value: JsonValue) -> None:
    if isinstance(value, list | dict) and any(delimiter in text for text in texts(value)):
        raise UnwritableError(f"is written with {delimiter!r} between its parts, so no part of it may hold one")


def _deep(name: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """`color[R]`, and `color[R][x]` where objects stand in objects; a list repeats its name."""
    if not isinstance(value, dict):
        yield name, value
        return
    for key, item in value.items():
        if set(key) & set("[]"):
            raise UnwritableError("is written with its names in brackets, so no name in it may hold one")
        if item is not None:
            yield from _deep(f"{name}[{key}]", item)


def _relaxed(text: str, *, keep: str) -> str:
    """Escapes of reserved characters undone: exact, as a percent sign of the value is itself escaped."""
    return _RESERVED.sub(lambda found: found[0] if unquote(found[0]) in keep else unquote(found[0]), text)

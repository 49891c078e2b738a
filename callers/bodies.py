"""The body of a request, in the media type that the catalog declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import JsonValue

from callers import files, media, parts, styles
from callers.encoding import Pair, UnwritableError, compact, escaped, wired
from catalog.models import Api, JsonType, Parameter

Field = tuple[Parameter, JsonValue]


@dataclass(frozen=True)
class Body:
    """What is sent, and how people read it."""

    content_type: str
    content: bytes
    shown: JsonValue


def write(api: Api, values: Mapping[str, JsonValue]) -> Body | None:
    """The body for these values of body parameters; None: there is none. Raises UnwritableError."""
    declared = media.concrete(api.body_type)
    name = media.name_of(declared)
    if name in _BY_FIELDS:
        fields = list(_fields(api, values))
        content_type, content = _BY_FIELDS[name](fields) if fields or name == media.FORM else ("", b"")
        return Body(content_type, content, {p.name: value for p, value in fields}) if content_type else None
    if media.is_json(name) and not api.body_is_value:
        return Body(declared, _json(dict(values), declared), dict(values))
    if not values:
        return None
    return _whole(declared, values)


def _whole(declared: str, values: Mapping[str, JsonValue]) -> Body:
    """A body that is one value."""
    [(field, value), *others] = values.items()
    if others:
        raise UnwritableError(f"is declared as {declared}, which has room for one value only")
    name = media.name_of(declared)
    with _named(field):
        if media.is_json(name):
            return Body(declared, _json(value, declared), value)
        if media.is_text(name):
            text = media.document(value, name)
            declared = _with_charset(declared)
            return Body(declared, media.encoded(text, declared), text)
        file = files.read(value, name)
        return Body((file.content_type or files.OCTETS) if "*" in name else declared, file.content, value)


def _fields(api: Api, values: Mapping[str, JsonValue]) -> Iterator[Field]:
    """The fields of a form: the parameters, or what stands in the one that is the whole body."""
    for parameter in api.parameters:
        if parameter.place != "body" or parameter.sent_as not in values:
            continue
        value = values[parameter.sent_as]
        if not api.body_is_value:
            yield wired(parameter), value
        elif isinstance(value, dict):
            yield from ((_property(parameter, key), item) for key, item in value.items() if key)
        else:
            raise UnwritableError("is the whole of a form, and must be an object", parameter.sent_as)


def _property(parameter: Parameter, name: str) -> Parameter:
    """A property of an object as a parameter of its own."""
    properties = parameter.constraints.get("properties")
    schema = properties.get(name) if isinstance(properties, dict) else None
    constraints = schema if isinstance(schema, dict) else {}
    kind: JsonType = "array" if constraints.get("type") == "array" else "string"  # only lists are written differently
    return Parameter(name=name, place="body", type=kind, constraints=constraints)


def _form(fields: Sequence[Field]) -> tuple[str, bytes]:
    pairs: list[Pair] = []
    taken = _taken(fields)
    for parameter, value in fields:
        with _named(parameter.name):
            written = _form_pairs(parameter, value)
            styles.keep_apart(parameter, [unquote(name) for name, _ in written], taken)
            pairs += written
    return media.FORM, "&".join(f"{name}={text}" for name, text in pairs).encode()


def _form_pairs(parameter: Parameter, value: JsonValue) -> list[Pair]:
    """As in a query; but an object without a declared style is written as JSON."""
    if value is None:
        return []
    styled = parameter.style or parameter.explode is not None or parameter.allow_reserved
    if isinstance(value, dict) and not styled and not parameter.content_type:
        return [escaped(parameter.name, compact(value))]
    return styles.query(parameter, value)


def _multipart(fields: Sequence[Field]) -> tuple[str, bytes]:
    collected: list[parts.Part] = []
    taken = _taken(fields)
    for parameter, value in fields:
        with _named(parameter.name):
            written = list(parts.of(parameter, value)) if value is not None else []
            styles.keep_apart(parameter, [name for name, _ in written], taken)
            collected += written
    return parts.write(collected) if collected else ("", b"")


_BY_FIELDS: Mapping[str, Callable[[Sequence[Field]], tuple[str, bytes]]] = {
    media.FORM: _form,
    media.MULTIPART: _multipart,
}


def _taken(fields: Sequence[Field]) -> frozenset[str]:
    return frozenset(parameter.name.lower() for parameter, _ in fields)


def _json(value: JsonValue, declared: str) -> bytes:
    """JSON is UTF-8; for another charset it is written in ASCII, which nearly all of them share."""
    ascii_only = media.charset_of(declared) != "utf-8"
    return media.encoded(compact(value, ascii_only=ascii_only), declared)


def _with_charset(declared: str) -> str:
    """A text says its charset, except XML, which is UTF-8 if it says nothing."""
    says_it = "charset" in declared.lower() or not declared.startswith("text/")
    return declared if says_it else f"{declared}; charset=utf-8"


@contextmanager
def _named(field: str) -> Iterator[None]:
    """What cannot be written is told with the name of its field."""
    try:
        yield
    except UnwritableError as error:
        raise UnwritableError(str(error), field) from None

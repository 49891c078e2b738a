"""Parameters of paths and operations, in the styles of every version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.keywords import example_of, is_short
from catalog.importers.openapi.references import reference
from catalog.importers.openapi.schemas import Schemas
from catalog.importers.record import Fields, at, first_problem, kind, needed_text, within
from catalog.importers.record import text as said_text
from catalog.models import JsonType, Parameter, Place, Style

PLACES: Mapping[str, Place] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
STYLES: frozenset[str] = frozenset(get_args(Style))
COLLECTIONS: Mapping[str, tuple[Style, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""Swagger 2's `collectionFormat`."""

OWNED = frozenset({"accept", "content-type", "authorization", "accept-encoding", "content-length", "host"})
"""Headers that are not a parameter's: the specification has the first three come from content types and security,
the client writes the others."""

PYTHON: Mapping[JsonType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Said:
    """What stands beside a schema, and overrules it."""

    name: str
    place: Place
    required: bool = False
    description: str = ""
    example: JsonValue = None
    style: Style | None = None
    explode: bool | None = None
    allow_reserved: bool = False
    content_type: str = ""


def described(schemas: Schemas, schema: JsonValue, said: Said) -> Parameter:
    """The catalog's parameter for a schema. Raises UnreadableDocument with its place inside the schema."""
    fields = schemas.single(schema)
    constraints = schemas.written(fields, inside=(reference(schema) or "",))
    kind_of = schemas.type_of(fields)
    for word in ("type", "title", "description"):
        constraints.pop(word, None)
    choices = constraints.pop("enum", None) or ([fields["const"]] if "const" in constraints else [])
    constraints.pop("const", None)
    default = _default(fields, kind_of)
    example = _read_as(kind_of, said.example if said.example is not None else example_of(fields))
    try:
        return Parameter(
            name=said.name,
            place=said.place,
            type=kind_of,
            required=said.required,
            title=title if isinstance(title := fields.get("title"), str) else "",
            description=said.description or _text(fields.get("description")),
            enum=tuple(choices) if isinstance(choices, list) else (),
            # Where a value must be sent, nothing is assumed for it: what stands there shows what it looks like.
            default=None if said.required else default,
            example=default if said.required and example is None else example,
            style=said.style,
            explode=said.explode,
            allow_reserved=said.allow_reserved,
            content_type=said.content_type,
            constraints=constraints,
        )
    except ValidationError as error:
        raise UnreadableDocument("", first_problem(error)) from error


def _default(fields: Fields, kind_of: JsonType) -> JsonValue:
    default = fields.get("default")
    fits = isinstance(default, PYTHON[kind_of]) and (kind_of == "boolean" or not isinstance(default, bool))
    return default if fits and is_short(default) else None


def _read_as(kind_of: JsonType, example: JsonValue) -> JsonValue:
    """An example that is written as text, in the type that is wanted."""
    if not isinstance(example, str) or kind_of not in ("integer", "number", "boolean"):
        return example
    try:
        read: JsonValue = json.loads(example)
    except ValueError:
        return example
    return read if isinstance(read, PYTHON[kind_of]) else example


def _text(value: JsonValue) -> str:
    return value.strip() if isinstance(value, str) else ""


def is_true(fields: Fields, name: str) -> bool:
    """A flag; some documents write it as text."""
    value = fields.get(name)
    if value is None or value in ("false", "False"):
        return False
    if value in ("true", "True") or isinstance(value, bool):
        return bool(value)
    raise UnreadableDocument(name, f"must be true or false, not {kind(value)}")


@dataclass(frozen=True)
class Stated:
    """A parameter object, and where it stands in the document."""

    where: str
    fields: Fields

    @property
    def key(self) -> tuple[str, str]:
        return said_text(self.fields, "in"), needed_text(self.fields, "name")


def stated(schemas: Schemas, *levels: tuple[str, Fields]) -> list[Stated]:
    """The parameters of a path and of its operation, which may replace those of the path."""
    found: dict[tuple[str, str], Stated] = {}
    for where, level in levels:
        parameters = level.get("parameters")
        if parameters is None:
            continue
        if not isinstance(parameters, list):
            raise UnreadableDocument(at(where, "parameters"), f"must be a list, not {kind(parameters)}")
        here: dict[tuple[str, str], Stated] = {}
        for place, value in enumerate(parameters):
            one = Stated(at(where, f"parameters[{place}]"), {})
            with_place = _located(one.where, schemas, value)
            if with_place.key in here:
                reason = f"{with_place.key[1]!r} in {with_place.key[0]} stands here twice"
                raise UnreadableDocument(with_place.where, reason)
            here[with_place.key] = with_place
        found.update(here)
    return list(found.values())


def _located(where: str, schemas: Schemas, value: JsonValue) -> Stated:
    try:
        one = Stated(where, schemas.references.follow(value))
        _ = one.key
    except UnreadableDocument as error:
        raise within(where, error) from error
    return one


def read_parameters(schemas: Schemas, all_stated: list[Stated]) -> Iterator[Parameter]:
    """Those of URL and headers; a body's are read elsewhere. Raises UnreadableDocument."""
    for one in all_stated:
        try:
            yield from _read(schemas, one.fields)
        except UnreadableDocument as error:
            raise within(one.where, error) from error


def _read(schemas: Schemas, fields: Fields) -> Iterator[Parameter]:
    place, name = said_text(fields, "in"), needed_text(fields, "name")
    if place in ("body", "formData") or (place == "header" and name.lower() in OWNED):
        return
    if place == "querystring":
        yield from _whole_query(schemas, fields)
        return
    if place not in PLACES:
        known = ", ".join([*PLACES, "querystring", "body", "formData"])
        raise UnreadableDocument("in", f"{place!r} is no place of a parameter; places are {known}")
    said = Said(
        name,
        PLACES[place],
        required=place == "path" or is_true(fields, "required"),
        description=_text(fields.get("description")),
        example=example_of(fields),
    )
    yield _styled(schemas, fields, said)


def _styled(schemas: Schemas, fields: Fields, said: Said) -> Parameter:
    if "schema" in fields:
        style, explode = _style(fields)
        said = _with(said, style=style, explode=explode, allow_reserved=is_true(fields, "allowReserved"))
        return _at("schema", schemas, fields["schema"], said)
    if "content" in fields:
        return _as_document(schemas, fields, said)
    if "type" not in fields and "enum" not in fields:
        raise UnreadableDocument("", f"parameter {said.name!r} has neither a schema nor a content nor a type")
    return collected(schemas, fields, said)


def _as_document(schemas: Schemas, fields: Fields, said: Said) -> Parameter:
    content = fields["content"]
    if not isinstance(content, dict) or len(content) != 1:
        raise UnreadableDocument("content", "must be an object with one media type")
    media_type, said_media = next(iter(content.items()))
    media = schemas.references.follow(said_media)
    said = _with(said, content_type=media_type, example=said.example or example_of(media))
    return _at(f"content.{media_type}.schema", schemas, media.get("schema", {}), said)


def collected(schemas: Schemas, fields: Fields, said: Said) -> Parameter:
    """Swagger 2: the parameter is its own schema."""
    schema = {key: value for key, value in fields.items() if key not in ("name", "in", "required", "description")}
    style, explode = None, None
    if fields.get("type") == "array":
        word = said_text(fields, "collectionFormat") or "csv"
        if word not in COLLECTIONS:
            raise UnreadableDocument("collectionFormat", f"{word!r} cannot be sent; known are {', '.join(COLLECTIONS)}")
        style, explode = COLLECTIONS[word]
        if said.place in ("path", "header"):
            style = "simple"
    return described(schemas, schema, _with(said, style=style, explode=explode))


def _style(fields: Fields) -> tuple[Style | None, bool | None]:
    style = said_text(fields, "style")
    known: Style | None = next((one for one in get_args(Style) if one == style), None)
    if style and known is None:
        raise UnreadableDocument("style", f"{style!r} is no style; styles are {', '.join(sorted(STYLES))}")
    return known, is_true(fields, "explode") if "explode" in fields else None


def _whole_query(schemas: Schemas, fields: Fields) -> Iterator[Parameter]:
    """3.2: one parameter that is the whole query. A form's fields are what we know as query parameters."""
    content = fields.get("content")
    media = content.get("application/x-www-form-urlencoded") if isinstance(content, dict) else None
    if not isinstance(media, dict):
        raise UnreadableDocument("content", "a whole query can be sent as application/x-www-form-urlencoded only")
    flat = schemas.single(media.get("schema", {}))
    properties, required = flat.get("properties"), flat.get("required")
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        needed = isinstance(required, list) and name in required
        yield _at(f"content.schema.properties.{name}", schemas, schema, Said(name, "query", required=needed))


def _at(where: str, schemas: Schemas, schema: JsonValue, said: Said) -> Parameter:
    try:
        return described(schemas, schema, said)
    except UnreadableDocument as error:
        raise within(where, error) from error


def _with(said: Said, **changed: object) -> Said:
    return Said(**{**vars(said), **changed})

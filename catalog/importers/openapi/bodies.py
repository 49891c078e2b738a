"""Request bodies: of several media types the one that we send best, its object's fields as parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.keywords import example_of
from catalog.importers.openapi.parameters import Said, Stated, collected, described, is_true
from catalog.importers.openapi.schemas import STRUCTURED, Schemas, properties_of, required_of
from catalog.importers.record import Fields, kind, needed_text, within
from catalog.importers.record import text as said_text
from catalog.models import Parameter, Style

JSON = re.compile(r"(application/([\w.+-]+\+)?|text/)json|\*/\*|application/\*")
FORM, MULTIPART, BINARY = "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream"
MOST_FIELDS = 1_000
CONCRETE = {"*/*": "application/json", "application/*": "application/json", "text/*": "text/plain"}
STYLES: Mapping[str, Style] = {
    "form": "form",
    "spaceDelimited": "spaceDelimited",
    "pipeDelimited": "pipeDelimited",
    "deepObject": "deepObject",
}


@dataclass(frozen=True)
class Body:
    """What an operation sends."""

    parameters: tuple[Parameter, ...] = ()
    media_type: str = "application/json"
    is_value: bool = False


@dataclass(frozen=True)
class Needed:
    """What must be given of a body: as a whole, or the fields that its schema requires."""

    whole: bool
    fields: bool


def read_body(schemas: Schemas, operation: Fields) -> Body:
    """OpenAPI 3's request body. Raises UnreadableDocument."""
    if operation.get("requestBody") is None:
        return Body()
    try:
        body = schemas.references.follow(operation["requestBody"])
        content = body.get("content")
        if not isinstance(content, dict):
            raise UnreadableDocument("content", f"must be an object of media types, not {kind(content)}")
        if not content:
            return Body()
        media_type = min(content, key=_rank)  # of equals the first
        media = schemas.references.follow(content[media_type])
        # Left out it means "optional", and so a whole body is. Of a body of fields the schema says which it cannot be
        # without: they are asked for, as hardly a document that leaves the word out means a body without them.
        said = is_true(body, "required")
        needed = Needed(whole=said, fields=said or "required" not in body)
        return _located(f"content.{media_type}", schemas, media, media_type, needed=needed, named="body", about=body)
    except UnreadableDocument as error:
        raise within("requestBody", error) from error


def read_swagger_body(schemas: Schemas, all_stated: list[Stated], consumes: list[str]) -> Body:
    """Swagger 2's `body` or `formData` parameters. Raises UnreadableDocument."""
    form = [one for one in all_stated if one.fields.get("in") == "formData"]
    body = next((one for one in all_stated if one.fields.get("in") == "body"), None)
    if body is not None and not form:
        media_type = min(consumes, key=_rank) if consumes else "application/json"
        name, said = needed_text(body.fields, "name"), is_true(body.fields, "required")
        needed = Needed(whole=said, fields=said)
        if "schema" not in body.fields:
            raise UnreadableDocument(body.where, "a body needs a schema")
        return _located(body.where, schemas, body.fields, media_type, needed=needed, named=name, about=body.fields)
    if form and body is not None:
        raise UnreadableDocument(body.where, "a body and form fields exclude each other")
    return _form(schemas, form, consumes) if form else Body()


def _form(schemas: Schemas, form: list[Stated], consumes: list[str]) -> Body:
    has_file = any(one.fields.get("type") == "file" for one in form)
    media_type = MULTIPART if has_file or (MULTIPART in consumes and FORM not in consumes) else FORM
    fields: list[Parameter] = []
    for one in form:
        said = Said(
            needed_text(one.fields, "name"),
            "body",
            required=is_true(one.fields, "required"),
            description=said_text(one.fields, "description"),
            example=example_of(one.fields),
        )
        try:
            fields.append(collected(schemas, one.fields, said))
        except UnreadableDocument as error:
            raise within(one.where, error) from error
    return Body(tuple(fields), media_type)


def _located(
    where: str, schemas: Schemas, media: Fields, media_type: str, *, needed: Needed, named: str, about: Fields
) -> Body:
    try:
        return _of_media(schemas, media, media_type, needed=needed, named=named, about=about)
    except UnreadableDocument as error:
        raise within(where, within("schema", error)) from error


def _of_media(schemas: Schemas, media: Fields, media_type: str, *, needed: Needed, named: str, about: Fields) -> Body:
    sent = media_type.split(";")[0].strip().lower()
    sent = CONCRETE.get(sent, BINARY if "*" in sent else sent)
    schema = media.get("schema", {})
    example = example_of(media)
    is_document = bool(JSON.fullmatch(sent)) or sent in (FORM, MULTIPART)
    if is_document and (fields := _fields(schemas, schema)):
        if len(fields) > MOST_FIELDS:
            raise UnreadableDocument("properties", f"has more than {MOST_FIELDS:,} fields")
        return Body(tuple(_as_parameters(schemas, fields, media, needed.fields, example)), sent)
    said = Said(named, "body", required=needed.whole, description=said_text(about, "description"), example=example)
    if JSON.fullmatch(sent):
        return Body((described(schemas, schema, said),), sent, is_value=True)
    return Body((_raw(schemas, schema, said, sent),), sent, is_value=True)


@dataclass(frozen=True)
class _Field:
    schema: JsonValue
    required: bool


def _fields(schemas: Schemas, schema: JsonValue) -> dict[str, _Field]:
    """The fields of an object, those of its alternatives among them; empty: it is no object, or an open one."""
    flat = schemas.single(schema, STRUCTURED)
    if schemas.type_of(flat) != "object":
        return {}
    alternatives = schemas.alternatives(flat)
    required = set(required_of(flat))
    if alternatives:  # what every alternative requires is required
        required |= set.intersection(*(set(required_of(each)) for each in alternatives))
    fields: dict[str, JsonValue] = {}
    for each in [flat, *alternatives]:
        fields.update((name, one) for name, one in properties_of(each).items() if name not in fields)
    return {
        name: _Field(value, name in required)
        for name, value in fields.items()
        if name and not (isinstance(value, dict) and value.get("readOnly") is True)
    }


def _as_parameters(
    schemas: Schemas, fields: Mapping[str, _Field], media: Fields, needed: bool, example: JsonValue
) -> Iterator[Parameter]:
    encodings = media.get("encoding")
    examples = example if isinstance(example, dict) else {}
    for name, one in fields.items():
        encoding = encodings.get(name) if isinstance(encodings, dict) else None
        said = Said(name, "body", required=one.required and needed, example=examples.get(name))
        try:
            flat = schemas.flat(one.schema)
            if flat.get("readOnly") is not True:
                yield described(schemas, one.schema, _encoded(said, encoding if isinstance(encoding, dict) else {}))
        except UnreadableDocument as error:
            raise within(f"properties.{name}", error) from error


def _encoded(said: Said, encoding: Fields) -> Said:
    """How a field of a form is written."""
    return replace(
        said,
        style=STYLES.get(said_text(encoding, "style")),
        explode=is_true(encoding, "explode") if "explode" in encoding else None,
        allow_reserved=is_true(encoding, "allowReserved"),
        content_type=said_text(encoding, "contentType").strip(),
    )


def _raw(schemas: Schemas, schema: JsonValue, said: Said, sent: str) -> Parameter:
    """Text, a file, or a document in a language that we do not write: it is sent as it is given."""
    flat = schemas.single(schema)
    about = said.description or f"The whole body, as {sent}"
    kept = replace(said, description=about, example=said.example if isinstance(said.example, str) else None)
    if schemas.type_of(flat) == "string":
        schema = {key: value for key, value in flat.items() if key not in ("oneOf", "anyOf")}
        is_text = sent.startswith("text/") or "xml" in sent or "format" in flat
        return described(schemas, {**schema, "type": "string"} if is_text else {**schema, "type": "file"}, kept)
    return described(schemas, {"type": "string"}, kept)


def _rank(media_type: str) -> tuple[int, bool]:
    """What can be sent best stands lowest."""
    name = media_type.split(";")[0].strip().lower()
    order = ("application/json", "*/*", "application/*", FORM, MULTIPART, "text/plain", "text/json", BINARY)
    if name in order:
        return order.index(name) * 2, False
    if name.endswith("+json"):
        return 1, "patch" in name  # patches are lists of changes; whole values are easier to say
    return (13 if name.startswith("text/") else 17), "xml" in name

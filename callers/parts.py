"""A multipart/form-data body: fields, files and documents, each in a part of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import httpx2
from pydantic import JsonValue

from callers import files, media, styles
from callers.encoding import UnwritableError, compact, plain
from catalog.models import Parameter

Part = tuple[str, tuple[str | None, bytes, str | None]]
"""Field name; file name, content, media type. As httpx2 takes them."""


def write(parts: Sequence[Part]) -> tuple[str, bytes]:
    """Media type and bytes. The boundary follows from the content: what is shown is what is sent."""
    boundary = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    content_type = f"{media.MULTIPART}; boundary={boundary}"
    try:
        request = httpx2.Request("POST", "http://localhost", headers={"Content-Type": content_type}, files=list(parts))
        return content_type, request.read()
    except ValueError as error:
        raise UnwritableError(f"cannot be written in parts: {error}") from None


def of(parameter: Parameter, value: JsonValue) -> Iterator[Part]:
    """The parts of one field: a list is a part for each item, nulls are left out."""
    if parameter.style or parameter.explode is not None:
        yield from _styled(parameter, value)
    elif parameter.content_type and media.is_json(media.name_of(parameter.content_type)) and not _is_file(parameter):
        yield parameter.name, (None, compact(value).encode(), parameter.content_type)
    else:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield parameter.name, _content(parameter, item)


def _styled(parameter: Parameter, value: JsonValue) -> Iterator[Part]:
    """Names and texts as in a query, without its escapes."""
    if isinstance(value, list | dict) and parameter.explode is False and "," in "".join(_texts(value)):
        raise UnwritableError("is joined by commas, so no part of it may hold one")
    for name, text in styles.query(parameter, value):
        yield unquote(name), (None, unquote(text).encode(), None)


def _texts(value: JsonValue) -> Iterator[str]:
    for part in styles.expandable(value):
        yield from [part] if isinstance(part, str) else part


def _content(parameter: Parameter, item: JsonValue) -> tuple[str | None, bytes, str | None]:
    if _is_file(parameter):
        file = files.read(item, parameter.content_type or _text_of(_schema(parameter), "contentMediaType"))
        return files.name_for(file, parameter.name), file.content, file.content_type or files.OCTETS
    if parameter.content_type:
        text = media.document(item, parameter.content_type)
        return None, media.encoded(text, parameter.content_type), parameter.content_type
    if isinstance(item, list | dict):
        return None, compact(item).encode(), "application/json"
    return None, plain(item).encode(), None


def _is_file(parameter: Parameter) -> bool:
    """OpenAPI 3.0 says `format: binary`, 3.1 a media type without an encoding; a type that is no text says enough."""
    schema = _schema(parameter)
    if schema.get("format") == "binary":
        return True
    if "contentMediaType" in schema and "contentEncoding" not in schema:
        return True
    declared = [media.name_of(part) for part in parameter.content_type.split(",") if part.strip()]
    encoded = "contentEncoding" in schema or schema.get("format") == "byte"
    return bool(declared) and not encoded and not all(media.is_text(name) for name in declared)


def _schema(parameter: Parameter) -> Mapping[str, JsonValue]:
    """What is declared of one part: of a list, its items."""
    items = parameter.constraints.get("items")
    return items if parameter.type == "array" and isinstance(items, dict) else parameter.constraints


def _text_of(schema: Mapping[str, JsonValue], key: str) -> str:
    value = schema.get(key)
    return value if isinstance(value, str) else ""

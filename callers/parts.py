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
    elif not _is_file(parameter) and (declared := _first(parameter)) and media.is_json(media.name_of(declared)):
        yield parameter.name, (None, media.encoded(compact(value), declared), declared)
    else:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield parameter.name, _content(parameter, item)


def _styled(parameter: Parameter, value: JsonValue) -> Iterator[Part]:
    """Names and texts as in a query, without its escapes."""
    joined = isinstance(value, list | dict) and parameter.explode is False
    if joined and any("," in text for text in styles.texts(value)):
        raise UnwritableError("is joined by commas, so no part of it may hold one")
    for name, text in styles.query(parameter, value):
        yield unquote(name), (None, unquote(text).encode(), None)


def _content(parameter: Parameter, item: JsonValue) -> tuple[str | None, bytes, str | None]:
    if _is_file(parameter):
        file = files.read(item, parameter.content_type or _text_of(_schema(parameter), "contentMediaType"))
        return files.name_for(file, parameter.name), file.content, file.content_type or files.OCTETS
    if declared := _first(parameter):
        return None, media.encoded(media.document(item, declared), declared), declared
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
    encoded = "contentEncoding" in schema or schema.get("format") == "byte"
    declared = media.alternatives(parameter.content_type)
    return not encoded and not all(media.is_text(media.name_of(content_type)) for content_type in declared)


def _first(parameter: Parameter) -> str:
    return next(iter(media.alternatives(parameter.content_type)), "")


def _schema(parameter: Parameter) -> Mapping[str, JsonValue]:
    """What is declared of one part: of a list, its items."""
    items = parameter.constraints.get("items")
    return items if parameter.type == "array" and isinstance(items, dict) else parameter.constraints


def _text_of(schema: Mapping[str, JsonValue], key: str) -> str:
    value = schema.get(key)
    return value if isinstance(value, str) else ""

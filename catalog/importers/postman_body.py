"""The body of a Postman request as parameters: its fields, or the whole of it as one value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.postman_text import VARIABLE, described, filled, is_required, is_secret, variables
from catalog.importers.record import Fields, kind, text
from catalog.models import JsonType, Parameter

JSON = "application/json"
LANGUAGES = {"json": JSON, "xml": "application/xml", "html": "text/html", "text": "text/plain"}
TYPES: dict[type, JsonType] = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
BARE = re.compile(r"(?<=[:\[,])(\s*)\{\{[^{}]+\}\}(?=\s*[,\]}])")
"""A variable that stands where a JSON value stands, without quotes."""
FILE: dict[str, JsonValue] = {"format": "binary"}


@dataclass(frozen=True)
class Body:
    """What is sent besides the address."""

    parameters: tuple[Parameter, ...] = ()
    media_type: str = JSON
    is_value: bool = False
    """The one parameter is the body itself."""


def read_body(request: Fields, scope: Mapping[str, str]) -> Body:
    """Raises UnreadableDocument."""
    body = request.get("body")
    if not body or (isinstance(body, dict) and body.get("disabled") is True):
        return Body()
    if not isinstance(body, dict):
        raise UnreadableDocument("request.body", f"must be an object, not {kind(body)}")
    match body.get("mode"):
        case None:
            return Body()
        case "raw":
            return _raw(body, request, scope)
        case "urlencoded":
            return Body(tuple(_fields(body, "urlencoded", scope)), "application/x-www-form-urlencoded")
        case "formdata":
            return Body(tuple(_fields(body, "formdata", scope)), "multipart/form-data")
        case "file":
            whole = Parameter(name="file", place="body", required=True, constraints=FILE)
            return Body((whole,), "application/octet-stream", is_value=True)
        case "graphql":
            return _graphql(body)
    raise UnreadableDocument("request.body.mode", f"{body.get('mode')!r} is not known")


def _raw(body: Fields, request: Fields, scope: Mapping[str, str]) -> Body:
    written = filled(text(body, "raw"), scope)
    if not written.strip():
        return Body()
    media_type = _media_type(body, request, written)
    if not media_type.endswith("json"):
        whole = Parameter(name="body", place="body", required=True, example=None if variables(written) else written)
        return Body((whole,), media_type, is_value=True)
    if VARIABLE.fullmatch(written.strip()):  # all of it is a value of some environment
        return Body((Parameter(name="body", place="body", type="object", required=True),), media_type, is_value=True)
    try:
        value: JsonValue = json.loads(BARE.sub(r"\1null", written))
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument("request.body.raw", f"is no valid JSON ({error})") from None
    if isinstance(value, dict):
        return Body(tuple(_field(name, each) for name, each in value.items() if name), media_type)
    whole = Parameter(name="body", place="body", type=_type(value), required=True, example=value)
    return Body((whole,), media_type, is_value=True)


def _media_type(body: Fields, request: Fields, written: str) -> str:
    """As the header says, else as the editor was set; where neither says, text, unless it can only be JSON."""
    headers = request.get("header")
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict) and str(header.get("key", "")).lower() == "content-type":
            said = str(header.get("value", "")).split(";")[0].strip().lower()
            if "/" in said and not variables(said):
                return said
    options = body.get("options")
    raw = options.get("raw") if isinstance(options, dict) else None
    language = raw.get("language") if isinstance(raw, dict) else None
    if isinstance(language, str) and language in LANGUAGES:
        return LANGUAGES[language]
    begins = written.lstrip()
    return JSON if begins[:1] in ("{", "[") and not begins.startswith("{{") else "text/plain"


def _field(name: str, value: JsonValue) -> Parameter:
    shown = None if is_secret(name) or "{{" in json.dumps(value) else value
    return Parameter(name=name, place="body", type=_type(value), example=shown)


def _type(value: JsonValue) -> JsonType:
    return TYPES.get(type(value), "string")


def _fields(body: Fields, mode: str, scope: Mapping[str, str]) -> Iterator[Parameter]:
    values = body.get(mode)
    if values is None:
        return
    if not isinstance(values, list):
        raise UnreadableDocument(f"request.body.{mode}", f"must be a list, not {kind(values)}")
    for value in values:
        if not isinstance(value, dict) or not isinstance(name := value.get("key"), str) or not name.strip():
            continue  # an empty line of the form
        required, description = is_required(described(value.get("description")))
        sent = value.get("value")
        example = filled(sent, scope) if isinstance(sent, str) and not is_secret(name) else ""
        is_file = value.get("type") == "file"
        yield Parameter(
            name=name.strip(),
            place="body",
            required=required,
            description=description,
            example=example if example and not variables(example) and not is_file else None,
            constraints=FILE if is_file else {},
        )


def _graphql(body: Fields) -> Body:
    stated = body.get("graphql")
    fields: Fields = stated if isinstance(stated, dict) else {}
    query = text(fields, "query").strip()
    if not query:
        raise UnreadableDocument("request.body.graphql.query", "is missing or empty")
    try:
        example: JsonValue = json.loads(text(fields, "variables") or "null")
    except (ValueError, RecursionError):
        example = None
    return Body(
        (
            # What the request is: always sent as the collection has it.
            Parameter(name="query", place="body", required=True, default=query),
            Parameter(name="variables", place="body", type="object", example=example),
        )
    )

"""RapidAPI's parameters: its types in JSON's, its places, and its defaults, which are only examples."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.http import place_by_method, placeholders
from catalog.importers.record import Fields, at, listed, needed_text, text
from catalog.models import JsonType, Parameter, Place

TYPES: dict[str, JsonType] = {
    "NUMBER": "number",
    "FLOAT": "number",
    "DOUBLE": "number",
    "INTEGER": "integer",
    "INT": "integer",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "ARRAY": "array",
    "LIST": "array",
    "OBJECT": "object",
    "MAP": "object",
    "JSON": "object",
}
"""All others (STRING, ENUM, FILE, GEOPOINT, ...) are written as text."""

FORMATS: dict[str, dict[str, JsonValue]] = {
    "DATE": {"format": "date"},
    "DATE-TIME": {"format": "date-time"},
    "TIME": {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
}

PLACES: dict[str, Place] = {
    "path": "path",
    "query": "query",
    "header": "header",
    "cookie": "cookie",
    "body": "body",
    "formData": "body",
}


def read_parameters(fields: Fields, url: str, method: str) -> tuple[Parameter, ...]:
    """Required ones first. Of several of one name the first counts. Raises UnreadableDocument."""
    parameters: dict[str, Parameter] = {}
    for name, required in (("required_parameters", True), ("optional_parameters", False)):
        for where, parameter in listed(fields, name):
            read = _parameter(where, parameter, url, method, required=required)
            parameters.setdefault(read.name, read)
    for missing in placeholders(url):
        # 30 URLs of ToolBench name a path parameter that their lists leave out: without it there is no request.
        parameters.setdefault(missing, Parameter(name=missing, place="path", required=True))
    return tuple(parameters.values())


def _parameter(where: str, fields: Fields, url: str, method: str, *, required: bool) -> Parameter:
    try:
        name = needed_text(fields, "name")
        place = _place(fields, name, url, method)
        kind = text(fields, "type").split("(")[0].strip().upper()
        example = fields.get("default")
        return Parameter(
            name=name,
            place=place,
            type=TYPES.get(kind, "string"),
            required=required or place == "path",
            description=text(fields, "description"),
            example=None if example == "" else example,
            # Objects are typed into RapidAPI's forms as JSON, and go out as they were typed.
            content_type="application/json" if TYPES.get(kind) == "object" and place != "body" else "",
            constraints=FORMATS.get(kind, {}),
        )
    except UnreadableDocument as error:
        raise UnreadableDocument(at(where, error.where), error.reason) from error


def _place(fields: Fields, name: str, url: str, method: str) -> Place:
    if f"{{{name}}}" in url:
        return "path"
    said = text(fields, "in")
    if said in PLACES and said != "path":
        return PLACES[said]
    return place_by_method(method)

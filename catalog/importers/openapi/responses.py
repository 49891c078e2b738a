"""What an operation gives back: the keys and types of its success, no more than a person would look through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.references import reference
from catalog.importers.openapi.schemas import Schemas, properties_of
from catalog.importers.record import Fields

DEEPEST = 5
MOST_KEYS = 150
WORDS: Mapping[str, str] = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def response_shape(schemas: Schemas, operation: Fields) -> JsonValue:
    """None: unknown. What is wrong in a response loses no operation: it is called without it."""
    try:
        for schema in _successes(schemas, operation):
            return _Shape(schemas).of(schema)
    except UnreadableDocument:
        return None
    return None


def _successes(schemas: Schemas, operation: Fields) -> Iterator[JsonValue]:
    responses = operation.get("responses")
    if not isinstance(responses, dict):
        return
    good = sorted(code for code in responses if code.upper() == "2XX" or code.startswith("2"))
    for code in good or [code for code in responses if code == "default"]:
        response = schemas.references.follow(responses[code])
        if "schema" in response:
            yield response["schema"]
        content = response.get("content")
        kinds = content.items() if isinstance(content, dict) else ()
        for _, said in sorted(kinds, key=lambda kind: "json" not in kind[0]):
            media = schemas.references.follow(said)
            schema = media.get("schema")
            if schema is None and "itemSchema" in media:
                schema = {"type": "array", "items": media["itemSchema"]}
            if schema:
                yield schema


class _Shape:
    """Writes one shape: {"id": "str", "items": [{"name": "str"}]}."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._keys = MOST_KEYS

    def of(self, schema: JsonValue, inside: tuple[str, ...] = ()) -> JsonValue:
        ref = reference(schema)
        fields = self._schemas.single(schema)
        kind = self._schemas.type_of(fields)
        if kind in WORDS:
            return WORDS[kind]
        if len(inside) >= DEEPEST or (ref is not None and ref in inside):
            return [] if kind == "array" else {}
        deeper = (*inside, ref or "")
        if kind == "array":
            return [self.of(fields["items"], deeper)] if isinstance(fields.get("items"), dict | bool) else []
        return dict(self._properties(fields, deeper))

    def _properties(self, fields: Fields, inside: tuple[str, ...]) -> Iterator[tuple[str, JsonValue]]:
        seen: set[str] = set()
        for part in [fields, *self._schemas.alternatives(fields)]:
            for name, schema in properties_of(part).items():
                if name in seen or (isinstance(schema, dict) and schema.get("writeOnly") is True):
                    continue
                if self._keys <= 0:
                    return
                self._keys -= 1
                seen.add(name)
                yield name, self.of(schema, inside)

"""Schemas of every version as bounded JSON Schema 2020-12: references followed, `allOf` joined, recursion cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.keywords import copied, read_types
from catalog.importers.openapi.references import WORDS, References, reference
from catalog.importers.record import Fields, kind, within
from catalog.models import JsonType

DEEPEST = 6  # levels of a nested value that are described
MOST_PARTS = 10_000  # schemas that one may be joined of; real ones of a handful
MOST_LOOKED_AT, DEEPEST_CHOICE = 100, 20  # alternatives, and alternatives of these, whose types decide
ROOM = 1_500  # schemas written for one API; the largest of GitHub's has some hundreds
ROOM_OF_DOCUMENT, ROOM_PER_API = 50_000, 30  # a real document of 300 operations needs 3,000, one of 670 2,600

Preference = tuple[JsonType, ...]
SAYABLE: Preference = ("string", "number", "integer", "boolean", "array", "object")
"""Of alternatives of several types: what can be said in words comes first."""
STRUCTURED: Preference = ("object", "array", "string", "number", "integer", "boolean")
"""Of a whole body's alternatives: what has named fields comes first."""


@dataclass
class Schemas:
    """Reads the schemas of one document."""

    references: References
    limit: int = ROOM_OF_DOCUMENT
    """How many schemas may be written for all of the document: references let a small one grow without end."""
    used: int = 0
    room: int = ROOM
    """How many more may be written for this API; further ones are left open."""
    _known: dict[str, Fields] = field(default_factory=dict)
    _types: dict[int, tuple[Fields, frozenset[JsonType]]] = field(default_factory=dict)

    def begin_api(self) -> None:
        """Raises UnreadableDocument."""
        if self.used > self.limit:
            raise UnreadableDocument("", f"is left out: the document unfolds to more than {self.limit:,} schemas")
        self.room = ROOM

    def flat(self, schema: JsonValue) -> Fields:
        """One schema with what its references and its `allOf` add. What stands nearer wins."""
        ref = reference(schema)
        if ref is None or not isinstance(schema, dict) or len(schema) > 1:
            return self._joined(schema)
        if ref not in self._known:
            self._known[ref] = self._joined(schema)
        return self._known[ref]

    def _joined(self, schema: JsonValue) -> Fields:
        joined: dict[str, JsonValue] = {}
        waiting, seen, parts = [schema], list[str](), 0
        while waiting:
            part, parts = waiting.pop(0), parts + 1
            if isinstance(part, bool):
                continue
            if not isinstance(part, dict):
                raise UnreadableDocument("", f"must be a schema, not {kind(part)}")
            if parts > MOST_PARTS:
                raise UnreadableDocument("", f"is joined of more than {MOST_PARTS:,} schemas")
            if (shared := part.get("properties")) is not None and reference(shared) is not None:
                part = {**part, "properties": dict(self.references.follow(shared))}
            waiting[:0] = [*self._referred(part, seen), *_all_of(part)]
            _join(joined, part)
        if not joined and len(seen) > len(set(seen)):
            raise UnreadableDocument("$ref", f"{seen[0]!r} leads back to itself")
        return joined

    def _referred(self, part: Fields, seen: list[str]) -> list[JsonValue]:
        ref = reference(part)
        if ref is None:
            return []
        seen.append(ref)
        return [self.references.target(ref)] if seen.count(ref) == 1 else []

    def alternatives(self, fields: Fields) -> list[Fields]:
        """What `oneOf` and `anyOf` offer, null left out."""
        offered = fields.get("oneOf") or fields.get("anyOf") or []
        if not isinstance(offered, list):
            raise UnreadableDocument("oneOf" if "oneOf" in fields else "anyOf", "must be a list of schemas")
        return [flat for flat in map(self.flat, offered) if flat.get("type") != "null"]

    def type_of(self, fields: Fields, preferred: Preference = SAYABLE) -> JsonType:
        """The one type under which a value is asked for."""
        types, _ = read_types(fields)
        if types:
            return types[0]
        offered = self._offered(fields)
        return next((name for name in preferred if name in offered), "string")

    def _offered(self, fields: Fields, depth: int = 0) -> frozenset[JsonType]:
        """The types of all alternatives; one that leads back to itself adds none."""
        known = self._types.get(id(fields))
        if known is None and depth < DEEPEST_CHOICE:
            # The fields are kept with their types, so that no other schema gets their id.
            self._types[id(fields)] = fields, frozenset()
            found: set[JsonType] = set()
            for each in self.alternatives(fields)[:MOST_LOOKED_AT]:
                types, _ = read_types(each)
                found |= set(types[:1]) or self._offered(each, depth + 1)
            known = self._types[id(fields)] = fields, frozenset(found)
        return known[1] if known else frozenset()

    def single(self, schema: JsonValue, preferred: Preference = SAYABLE) -> Fields:
        """A schema of one type: of alternatives of several types, those of the preferred one stay."""
        fields = self.flat(schema)
        if read_types(fields)[0] or not (fields.get("oneOf") or fields.get("anyOf")):
            return fields
        wanted = self.type_of(fields, preferred)
        kept = [each for each in self.alternatives(fields) if self.type_of(each, preferred) == wanted]
        rest = {key: value for key, value in fields.items() if key not in ("oneOf", "anyOf")}
        if len(kept) == 1:
            return {**kept[0], **rest}
        return {**rest, "type": wanted, "anyOf": [dict(each) for each in kept]}

    def written(self, fields: Fields, *, inside: tuple[str, ...] = ()) -> dict[str, JsonValue]:
        """JSON Schema of a value. What is too deep, too large or recursive is left open: anything is allowed there."""
        self.room -= 1
        self.used += 1
        types, nullable = read_types(fields)
        said = copied(fields, types)
        if types:
            said["type"] = [*types, "null"] if nullable else types[0] if len(types) == 1 else [*types]
        if len(inside) >= DEEPEST or self.room <= 0:
            return said
        said.update(self._items(fields, inside))
        said.update(self._properties(fields, inside))
        offered = [self.written(each, inside=(*inside, "")) for each in self.alternatives(fields)]
        if any(offered):
            said["anyOf"] = [*offered, {"type": "null"}] if nullable or _offers_null(fields) else [*offered]
        return said

    def _within(self, where: str, schema: JsonValue, inside: tuple[str, ...]) -> JsonValue:
        ref = reference(schema)
        if ref is not None and ref in inside:
            return {}
        try:
            return self.written(self.flat(schema), inside=(*inside, ref or ""))
        except UnreadableDocument as error:
            raise within(where, error) from error

    def _items(self, fields: Fields, inside: tuple[str, ...]) -> Iterator[tuple[str, JsonValue]]:
        items = fields.get("items")
        if isinstance(items, list):
            yield "prefixItems", [self._within(f"items[{n}]", item, inside) for n, item in enumerate(items)]
        elif items is not None:
            yield "items", self._within("items", items, inside)

    def _properties(self, fields: Fields, inside: tuple[str, ...]) -> Iterator[tuple[str, JsonValue]]:
        properties = properties_of(fields)
        if properties:
            written = {
                name: self._within(f"properties.{name}", schema, inside)
                for name, schema in properties.items()
                if not (isinstance(schema, dict) and schema.get("readOnly") is True) and self.room > 0
            }
            yield "properties", written
            if required := [name for name in required_of(fields) if name in written]:
                yield "required", [*required]
        further = fields.get("additionalProperties")
        if further is False and self.room > 0:  # a property that there was no room for is none too many
            yield "additionalProperties", False
        elif isinstance(further, dict) and further:
            yield "additionalProperties", self._within("additionalProperties", further, inside)


def properties_of(fields: Fields) -> Fields:
    properties = fields.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise UnreadableDocument("properties", f"must be an object of schemas, not {kind(properties)}")
    return properties


def required_of(fields: Fields) -> list[str]:
    required = fields.get("required")
    if required is None or isinstance(required, bool):
        return []  # drafts before 4 said it of the property itself, and many documents still do
    if not isinstance(required, list):
        raise UnreadableDocument("required", f"must be a list of names, not {kind(required)}")
    return [name for name in required if isinstance(name, str)]


def _all_of(part: Fields) -> list[JsonValue]:
    parts = part.get("allOf")
    if parts is None:
        return []
    if not isinstance(parts, list):
        raise UnreadableDocument("allOf", f"must be a list of schemas, not {kind(parts)}")
    return parts


def _join(joined: dict[str, JsonValue], part: Fields) -> None:
    for key, value in part.items():
        known = joined.get(key)
        if key in (*WORDS, "allOf"):
            continue
        if key == "properties" and isinstance(known, dict) and isinstance(value, dict):
            joined[key] = {**known, **{name: one for name, one in value.items() if name not in known}}
        elif key == "required" and isinstance(known, list) and isinstance(value, list):
            joined[key] = [*known, *(name for name in value if name not in known)]
        else:
            joined.setdefault(key, value)


def _offers_null(fields: Fields) -> bool:
    offered = fields.get("oneOf") or fields.get("anyOf")
    return isinstance(offered, list) and {"type": "null"} in offered

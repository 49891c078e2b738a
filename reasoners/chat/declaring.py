"""Declares an API's parameters as a function's arguments, in the few words of JSON Schema that every server takes."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.chat.showing import cut

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # what OpenAI takes; others take no less
_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_ENUM = 60  # values; more of them cost more than the check afterwards
_SHOWN = 8  # of a longer enum
_PROPERTIES = 30
_DEPTH = 3
_SAID = ("format", "pattern", "minimum", "maximum", "maxLength", "minItems", "maxItems", "multipleOf")
"""Told in words: as keywords, each of them is refused by some server (Gemini: format; grammars: pattern, bounds)."""


def argument_names(parameters: Sequence[Parameter], reserved: Sequence[str] = ()) -> dict[str, Parameter]:
    """Each parameter under a name that servers accept; its own one where that is possible."""
    named: dict[str, Parameter] = {}
    taken = {*reserved, *(p.name for p in parameters if _NAME.fullmatch(p.name))}
    for parameter in parameters:
        own = _NAME.fullmatch(parameter.name) and parameter.name not in reserved
        named[parameter.name if own else _free(_plain_name(parameter.name), {*taken, *named})] = parameter
    return named


def _plain_name(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", ascii_only).strip("_")[:60] or "value"


def _free(name: str, taken: set[str]) -> str:
    numbered = (name if n == 1 else f"{name}_{n}" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)


def declared(argument: str, parameter: Parameter) -> dict[str, JsonValue]:
    """The schema of one argument. Without ready-made values, which a model would take for an answer."""
    schema: dict[str, JsonValue] = {**parameter.constraints, "type": parameter.type, "enum": list(parameter.enum)}
    plain, unsaid = _schema(schema, _DEPTH)
    named = "" if argument == parameter.name else f"{parameter.name}"
    title = "" if _folded(parameter.title) in _folded(argument) else parameter.title
    about = ". ".join(p.rstrip(".") for p in (named, title, cut(parameter.description, 300), *unsaid) if p)
    return {**plain, "description": about} if about else plain


def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _schema(node: Mapping[str, JsonValue], depth: int) -> tuple[dict[str, JsonValue], list[str]]:
    """The node in plain words of JSON Schema, and what these cannot say."""
    node = _one_of(node)
    kind = _type(node)
    unsaid = [f"{word}: {cut(str(node[word]), 100)}" for word in _SAID if node.get(word) not in (None, "", [])]
    values = node.get("enum")
    if isinstance(values, list) and values:
        return _enum(kind, values, unsaid)
    if kind == "array":
        return {"type": "array", "items": _inner(node.get("items"), depth)}, unsaid
    if kind != "object":
        return {"type": kind}, unsaid
    properties = node.get("properties")
    if depth == 0 or not isinstance(properties, dict) or not all(map(_NAME.fullmatch, properties)) or not properties:
        return {"type": "string"}, ["A JSON object, written as text", *unsaid]  # Gemini refuses an empty object
    inner: dict[str, JsonValue] = {name: _inner(sub, depth - 1) for name, sub in list(properties.items())[:_PROPERTIES]}
    return {"type": "object", "properties": inner}, unsaid


def _inner(node: JsonValue, depth: int) -> dict[str, JsonValue]:
    """The schema of an item or a property; where none is given, a text."""
    if not isinstance(node, dict) or depth < 0:
        return {"type": "string"}
    plain, unsaid = _schema(node, depth)
    said = node.get("description")
    about = ". ".join([*([cut(said, 100).rstrip(".")] if isinstance(said, str) else []), *unsaid])
    return {**plain, "description": about} if about else plain


def _enum(kind: str, values: Sequence[JsonValue], unsaid: list[str]) -> tuple[dict[str, JsonValue], list[str]]:
    """As a keyword only for short lists of texts: Gemini takes no other, and no empty one."""
    texts = [value for value in values if isinstance(value, str) and value]
    if kind == "string" and len(texts) == len(values) <= _ENUM:
        return {"type": kind, "enum": list(texts)}, unsaid
    shown = [json.dumps(value, ensure_ascii=False) for value in values[: _ENUM if len(values) <= _ENUM else _SHOWN]]
    more = ", ..." if len(shown) < len(values) else ""
    plain: dict[str, JsonValue] = {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind}
    return plain, [f"One of {', '.join(shown)}{more}", *unsaid]


def _one_of(node: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Of alternatives the first that can hold something; what stands beside them counts too."""
    for word in ("anyOf", "oneOf", "allOf"):
        options = node.get(word)
        for option in options if isinstance(options, list) else ():
            if isinstance(option, dict) and option.get("type") != "null":
                return {**option, **{k: v for k, v in node.items() if k != word}}
    return node


def _type(node: Mapping[str, JsonValue]) -> str:
    given = node.get("type")
    kinds = given if isinstance(given, list) else [given]
    known = next((kind for kind in kinds if isinstance(kind, str) and kind in _TYPES), None)
    return known or ("object" if "properties" in node else "array" if "items" in node else "string")

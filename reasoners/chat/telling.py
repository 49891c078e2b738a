"""How a function is put to a model: as a declaration for servers, or in words for models that see only the messages."""

from __future__ import annotations

import json

from pydantic import JsonValue

from reasoners.chat.driver import Function

# No form is clear without an example; this one is of no catalog, so that nobody takes it for an answer.
EXAMPLE_NAME = "pick_paints"
EXAMPLE: dict[str, JsonValue] = {
    "reason": 'They want a "warm" wall in the children\'s room.',
    "paints": ["amber no. 4", "clear varnish"],
    "walls": [{"side": "north", "coats": 2}],
    "glossy": False,
}
EXAMPLE_ARGUMENTS = ", ".join(f"`{name}`" for name in EXAMPLE)


def declaration(function: Function) -> dict[str, JsonValue]:
    return {"name": function.name, "description": function.description, "parameters": function.schema}


def schema_of(name: str, schema: JsonValue) -> str:
    """What the function takes: on one line, so that no text in it passes for another part of the prompt."""
    return f"JSON Schema of the arguments of `{name}`:\n{json.dumps(schema, ensure_ascii=False)}"


def explained(function: Function) -> str:
    """What the function is for, and what it takes. Stands last, as it changes from one request to the next."""
    return f"`{function.name}`: {function.description}\n{schema_of(function.name, function.schema)}"


def as_json(arguments: dict[str, JsonValue]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def as_keywords(arguments: dict[str, JsonValue]) -> str:
    """As between the brackets of a call in Python."""
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())

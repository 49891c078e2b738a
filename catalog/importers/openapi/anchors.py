"""What schemas of a document call themselves: `$anchor`, `$dynamicAnchor` and `$id`, which references may name."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from catalog.importers.record import Fields

DATA = frozenset({"example", "examples", "enum", "const", "default"})
"""What stands there is a value, not a schema, whatever it looks like."""


def named_in(root: JsonValue | Fields) -> Mapping[str, JsonValue]:
    """By `#anchor` or id; where two bear one name, the first counts."""
    found: dict[str, JsonValue] = {}
    waiting: list[JsonValue | Fields] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, Mapping):
            for name in _names(value):
                found.setdefault(name, dict(value))
            waiting += [each for key, each in reversed(list(value.items())) if key not in DATA]
    return found


def _names(value: Fields) -> list[str]:
    anchors = [f"#{said}" for key in ("$anchor", "$dynamicAnchor") if isinstance(said := value.get(key), str)]
    own = value.get("$id")
    return [*anchors, own.rstrip("#")] if isinstance(own, str) else anchors

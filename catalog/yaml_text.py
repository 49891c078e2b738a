"""YAML into JSON values: only what JSON can say, keys as they are written, and no bomb goes off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

DEEPEST = 64  # as for JSON
LARGEST = 2_000_000  # values, those that aliases repeat counted each time; the largest known document has 140,000
TEXT, NULL, BOOL = "tag:yaml.org,2002:str", re.compile(r"~|null|Null|NULL|"), re.compile(r"true|True|TRUE")
NOT = re.compile(r"false|False|FALSE")
WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
PLAIN = frozenset("~nNtTfF.+-0123456789")
"""How plain text begins that is something else than text."""


def parse_yaml(text: bytes) -> list[JsonValue]:
    """The documents of a text, by the core schema of YAML 1.2 (`on` and 2017-11-08 are text). Raises ValueError."""
    try:
        return list(_Builder(yaml.CSafeLoader(text.decode())).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValueError(f"is no valid YAML: {error.problem or error.context}{place}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"is no valid YAML: {str(error).splitlines()[0]}") from error


@dataclass
class _Builder:
    """Builds values from parse events: PyYAML's own constructors would expand aliases and read dates."""

    loader: yaml.CSafeLoader
    anchors: dict[str, tuple[JsonValue, int]] = field(default_factory=dict)
    """Values that an alias may name, and how many values each holds."""
    count: int = 0

    def _next(self) -> yaml.Event:
        event = self.loader.get_event()
        if event is None:
            raise ValueError("ends too early")
        return event

    def documents(self) -> Iterator[JsonValue]:
        while True:
            event = self._next()
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors.clear()
                yield self._value(self._next(), 0)
            elif isinstance(event, yaml.StreamEndEvent):
                return

    def _value(self, event: yaml.Event, depth: int) -> JsonValue:
        before = self.count
        self._add(1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > DEEPEST:
            raise ValueError(f"is nested deeper than {DEEPEST}")
        value: JsonValue
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(depth)
        else:
            value = self._sequence(depth)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self.anchors[event.anchor] = (value, self.count - before)
        return value

    def _sequence(self, depth: int) -> JsonValue:
        items: list[JsonValue] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> JsonValue:
        fields: dict[str, JsonValue] = {}
        merged: list[JsonValue] = []
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event)
            value = self._value(self._next(), depth + 1)
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                merged += value if isinstance(value, list) else [value]
            elif key in fields:
                raise ValueError(f"has the key {key!r} twice{_line(event)}")
            else:
                fields[key] = value
        for other in merged:
            if not isinstance(other, dict):
                raise ValueError("merges ('<<') something that is no mapping")
            self._add(len(other))
            fields = {**other, **fields}
        return fields

    def _key(self, event: yaml.Event) -> str:
        key: JsonValue = None
        if isinstance(event, yaml.AliasEvent):
            key = self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            key = event.value
            if event.anchor:
                self.anchors[event.anchor] = (key, 1)
        if not isinstance(key, str):
            raise ValueError(f"has a key that is no plain text{_line(event)}")
        return key

    def _alias(self, event: yaml.AliasEvent) -> JsonValue:
        if not event.anchor or event.anchor not in self.anchors:
            # Inside of what it names it would make a value without end.
            raise ValueError(f"has an alias to nothing, or to itself{_line(event)}")
        value, size = self.anchors[event.anchor]
        self._add(size)
        return value

    def _add(self, values: int) -> None:
        self.count += values
        if self.count > LARGEST:
            raise ValueError(f"holds more than {LARGEST:,} values, with those that aliases repeat")


def _line(event: yaml.Event) -> str:
    return f" (line {event.start_mark.line + 1})" if event.start_mark else ""


def _scalar(event: yaml.ScalarEvent) -> JsonValue:
    text: str = event.value
    if event.tag and event.tag != TEXT and not event.implicit[1]:
        return _plain(text)
    is_text = event.tag == TEXT or not event.implicit[0] or (text and text[0] not in PLAIN)
    return text if is_text else _plain(text)


def _plain(text: str) -> JsonValue:
    if NULL.fullmatch(text):
        return None
    if BOOL.fullmatch(text):
        return True
    if NOT.fullmatch(text):
        return False
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) and abs(float(text)) != float("inf") else text

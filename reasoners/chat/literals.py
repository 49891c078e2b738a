"""Reads values and calls that a model wrote in Python, JSON or a mixture. Evaluates nothing; takes linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, nan

from pydantic import JsonValue

_DEPTH = 50  # no decision is nested deeper
_SHOWN = 30  # characters around the place that cannot be read

# Possessive (`*+`), so that no text however odd is gone over twice.
_SPACE = re.compile(r"\s*+")
_QUOTED: Mapping[str, re.Pattern[str]] = {
    '"""': re.compile(r'(?:[^\\"]++|\\.|(?!""").)*+"""', re.DOTALL),
    "'''": re.compile(r"(?:[^\\']++|\\.|(?!''').)*+'''", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]++|\\.)*+"', re.DOTALL),
    "'": re.compile(r"(?:[^'\\]++|\\.)*+'", re.DOTALL),
    "“": re.compile(r"[^”]*+”"),
}
_NUMBER = re.compile(r"[+-]?+(?:\d[\d_]*+(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?+\d++)?+(?![\w.])")
_WORD = re.compile(r"[+-]?+[A-Za-z]++(?![\w.])")
_NAME = re.compile(r"[\w-]++")
_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # JSON's way beyond 0xFFFF
_ESCAPE = re.compile(rf"\\({_PAIR}|u[0-9a-fA-F]{{4}}|x[0-9a-fA-F]{{2}}|U[0-9a-fA-F]{{8}}|.)", re.DOTALL)

_WORDS: Mapping[str, JsonValue] = {
    "true": True, "false": False, "none": None, "null": None, "undefined": None,
    "nan": nan, "infinity": inf, "inf": inf, "-infinity": -inf, "-inf": -inf,
}  # fmt: skip
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": ""}
_PLAIN = frozenset("\\\"'/")


class Illegible(ValueError):
    """What stands at a place is no value. The message is for whoever wrote it."""


@dataclass(frozen=True)
class Written:
    """The arguments of a call."""

    named: dict[str, JsonValue]
    placed: list[JsonValue]
    """Those without a name."""
    end: int
    """Where the text goes on."""


def value_at(text: str, at: int) -> tuple[JsonValue, int]:
    """The value that begins at a place, and where it ends. Raises Illegible."""
    reader = _Reader(text, at)
    return reader.value(_DEPTH), reader.at


def arguments_at(text: str, at: int) -> Written:
    """What stands in the bracket that was opened just before a place. Raises Illegible."""
    reader = _Reader(text, at)
    named: dict[str, JsonValue] = {}
    placed: list[JsonValue] = []

    def argument() -> None:
        name = reader.name()
        value = reader.value(_DEPTH)
        if name is None:
            placed.append(value)
        else:
            named[name] = value

    reader.listed(")", argument)
    return Written(named, placed, reader.at)


@dataclass
class _Reader:
    text: str
    at: int

    def value(self, depth: int) -> JsonValue:
        self.space()
        first = self.text[self.at : self.at + 1]
        if depth == 0:
            raise self.illegible("is nested too deeply")
        if first in ("[", "("):
            return self.array({"[": "]", "(": ")"}[first], depth)
        if first == "{":
            return self.object(depth)
        if first and first in "\"'“":
            return self.string()
        return self.plain()

    def array(self, closing: str, depth: int) -> JsonValue:
        items: list[JsonValue] = []
        self.at += 1
        self.listed(closing, lambda: items.append(self.value(depth - 1)))
        return items

    def object(self, depth: int) -> JsonValue:
        members: dict[str, JsonValue] = {}

        def member() -> None:
            key = self.value(depth - 1)
            self.space()
            if not self.skipped(":") or isinstance(key, list | dict):
                raise self.illegible("should be a name, a colon and a value")
            members[key if isinstance(key, str) else str(key)] = self.value(depth - 1)

        self.at += 1
        self.listed("}", member)
        return members

    def listed(self, closing: str, one: Callable[[], None]) -> None:
        """Reads one after the other, up to and with the closing bracket; a comma may stand before it."""
        self.space()
        while not self.skipped(closing):
            one()
            self.space()
            if not self.skipped(",") and self.text[self.at : self.at + 1] != closing:
                raise self.illegible(f"should be `,` or `{closing}`")
            self.space()

    def string(self) -> str:
        quote = self.text[self.at : self.at + 3]
        quote = quote if quote in ("'''", '"""') else quote[0]
        begins = self.at + len(quote)
        found = _QUOTED[quote].match(self.text, begins)
        if found is None:
            raise self.illegible("begins a text that does not end")
        self.at = found.end()
        return _ESCAPE.sub(_unescaped, self.text[begins : found.end() - len(quote)])

    def plain(self) -> JsonValue:
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            return self.number(found.group().replace("_", ""))
        found = _WORD.match(self.text, self.at)
        if found is None or found.group().casefold() not in _WORDS:
            raise self.illegible("is no value; texts need quotes")
        self.at = found.end()
        return _WORDS[found.group().casefold()]

    def number(self, digits: str) -> JsonValue:
        try:
            return float(digits) if any(c in ".eE" for c in digits) else int(digits)
        except ValueError:  # thousands of digits
            raise self.illegible("follows a number that is too long") from None

    def name(self) -> str | None:
        """The name before `=`, in quotes or not; None: a value stands here without one."""
        begins = self.at
        self.space()
        try:
            found = _NAME.match(self.text, self.at)
            name = found.group() if found else self.string() if self.text[self.at : self.at + 1] in ("'", '"') else ""
        except Illegible:
            name, found = "", None
        self.at = found.end() if found else self.at
        self.space()
        if name and (self.skipped("=") or self.skipped(":")):
            return name
        self.at = begins
        return None

    def space(self) -> None:
        if found := _SPACE.match(self.text, self.at):
            self.at = found.end()

    def skipped(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def illegible(self, problem: str) -> Illegible:
        here = self.text[self.at : self.at + _SHOWN]
        return Illegible(f"what stands at {here!r} {problem}" if here else "it ends too early")


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    if "\\" in code[1:]:
        high, low = code[1:].split("\\u")
        return chr(0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00)
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else found.group()
    return code if code in _PLAIN else _ESCAPED.get(code, found.group())

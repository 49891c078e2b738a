"""Reads what a model wrote: patient with its form (case, numbers as text), strict with names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue

from reasoners.chat.driver import Arguments

T = TypeVar("T")


@dataclass(frozen=True)
class Names:
    """The ids that were offered, found again in another case, or as the title of exactly one."""

    ids: tuple[str, ...]
    _known: dict[str, str]

    @classmethod
    def of(cls, offered: Iterable[tuple[str, str]], also: Mapping[str, str] | None = None) -> Names:
        """From pairs of id and title. `also`: other names by which one of the ids may be called."""
        pairs = list(offered)
        exact = {offered_id: offered_id for offered_id, _ in pairs}
        loose = _unambiguous((_folded(offered_id), offered_id) for offered_id, _ in pairs)
        titles = _unambiguous((_folded(title), offered_id) for offered_id, title in pairs)
        ends = _unambiguous((end, offered_id) for offered_id, _ in pairs for end in _ends(_folded(offered_id)))
        return cls(tuple(exact), {**ends, **titles, **(also or {}), **loose, **exact})

    def find(self, name: str) -> str | None:
        return self._known.get(name) or self._known.get(_folded(name))

    def sort_out(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Those that were offered, as ids, and those that were made up."""
        found = [(name, self.find(name)) for name in names]
        return [offered for _, offered in found if offered], [name for name, offered in found if not offered]


def _ends(name: str) -> Iterator[str]:
    """`a/b/c`: `b/c` and `c`, as ids stand in a list below what they have in common."""
    while name.partition("/")[2]:
        name = name.partition("/")[2]
        yield name


def _folded(name: str) -> str:
    return " ".join(name.split()).strip("\"'`").casefold()


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    seen: dict[str, set[str]] = {}
    for key, offered_id in pairs:
        seen.setdefault(key, set()).add(offered_id)
    return {key: next(iter(ids)) for key, ids in seen.items() if key and len(ids) == 1}


def names_in(arguments: Arguments, key: str) -> list[str] | None:
    """The strings of an array, also of one written as text or left out around one; None: there is none."""
    given = arguments.get(key)
    if isinstance(given, str):
        given = _array_in(given)
    if not isinstance(given, list):
        return None
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in given]


def _array_in(text: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return [text] if text.strip() else None
    return parsed if isinstance(parsed, list) else [text]


def parsed(value: JsonValue) -> JsonValue:
    """A list or object that was written as text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        parsed: JsonValue = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed


def text_in(arguments: Arguments, key: str) -> str:
    """A text; empty where it is absent or something else."""
    given = arguments.get(key)
    return given.strip() if isinstance(given, str) else ""


def objects_in(arguments: Arguments, key: str) -> list[dict[str, JsonValue]]:
    """The objects of an array; whatever else stands there is passed over."""
    given = arguments.get(key)
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def whole_number(value: JsonValue) -> int | None:
    """An integer, also where it is written as text or as 2.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        number = float(value) if isinstance(value, str | float) else None
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else None


def truth(value: JsonValue) -> bool:
    """Whether it says yes, also in words."""
    return value is True or (isinstance(value, str) and value.strip().strip(".!").casefold() in ("yes", "true"))


def denied(value: JsonValue) -> bool:
    """Whether it says no, also in words; anything else does not."""
    return value is False or (isinstance(value, str) and value.strip().strip(".!").casefold() in ("no", "false"))


def words_of(question: str, given: Iterable[str]) -> tuple[str, ...]:
    """Those that stand in the question, in any case; a model may not put words into a person's mouth."""
    folded = question.casefold()
    return distinct(w.strip() for w in given if w.strip() and w.strip().casefold() in folded)


def distinct(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def not_offered(made_up: Sequence[str], key: str) -> str:
    """The complaint about names that were made up; empty where there are none."""
    if not made_up:
        return ""
    listed = ", ".join(repr(name[:100]) for name in made_up[:10])
    verb = "was" if len(made_up) == 1 else "were"
    return f"{listed} in `{key}` {verb} not offered. Take whole ids, as the function lists them."


def dropped(reason: str, made_up: Sequence[str]) -> str:
    """The reason, with a note of what was left out of the answer."""
    if not made_up:
        return reason
    listed = ", ".join(name[:100] for name in made_up[:10])
    return f"{reason} (Not offered, and dropped: {listed}.)".strip()

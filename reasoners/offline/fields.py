"""A parameter as it is looked for in a question: what its name and description are about, and which forms it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from catalog.models import Parameter
from reasoners.dates import written_as
from reasoners.offline.amounts import MONEY
from reasoners.offline.formats import QUOTED, format_of
from reasoners.offline.labels import GENERIC, ID_WORDS
from reasoners.offline.moments import DATED, TIMED
from reasoners.offline.phrases import NAMED, SEARCHES, direction, is_place
from reasoners.words import name_words, stem, stems

_CONTENT = """content message text body description comment note notes remark remarks feedback review tweet post reason
prompt question answer"""
_KIND = "type category kind class genre mode style level status format method model size color stage"
KINDS: Mapping[str, frozenset[str]] = {
    "search": SEARCHES, "id": ID_WORDS, "date": DATED, "time": TIMED, "money": MONEY, "name": NAMED,
    "content": frozenset(_CONTENT.split()), "kind": frozenset(_KIND.split()),
    "file": frozenset({"file", "filename", "path", "folder", "directory", "dir"}),
    "unit": frozenset({"unit", "units", "scale"}),
}  # fmt: skip
"""What a parameter is about, by a word of its name."""
_STOPS = """
a an the this that these those my our your his her its their and or but nor so yet if then than as at by for from in
into of off on onto out over per since till to until up upon via with within without about after before between during
through under above below is are was were be been being am do does did doing have has had having can could may might
must shall should will would i me we us you he him she it they them what which who whom whose when where why how not no
please just also too very really there here let lets let's i'm i'd i've want need like get give tell show find help
don't can't it's that's there's what's where's know make use using used called named some any all each every both other
another more most much many such only own same again once"""
STOPS = frozenset(_STOPS.split())
"""Words that no phrase of free words begins or ends with."""
_TYPES = {"integer": "n", "number": "n", "boolean": "b", "array": "a", "object": "o"}
TEXT_LIMIT = 1_000
"""Characters of a description that are looked at."""


@dataclass(frozen=True)
class Field:
    """What is known of a parameter before any question."""

    parameter: Parameter
    type: str
    """n: number, b: flag, a: list, o: object, e: one of few, s: any other text."""
    need: str
    kinds: tuple[str, ...]
    label: frozenset[str]
    """Stems of its name that tell it from others."""
    about: frozenset[str]
    """Stems of its description."""
    shapes: frozenset[str]
    """Forms of the values that its description names."""
    form: str
    way: str
    """ "from" or "to" for one end of a way."""


def type_of(parameter: Parameter) -> str:
    """In a letter, as in `Field.type`."""
    return _TYPES.get(parameter.type) or ("e" if parameter.enum else "s")


def field_of(parameter: Parameter) -> Field:
    """Cheap: what takes time is kept by name and description."""
    kinds, label, about, shapes = _read(parameter.name, parameter.description[:TEXT_LIMIT])
    return Field(
        parameter=parameter,
        type=type_of(parameter),
        need="req" if parameter.required else "opt",
        kinds=(("place", *kinds) if is_place(parameter) else kinds) or ("other",),
        label=label,
        about=about,
        shapes=shapes,
        form=format_of(parameter) or ("day" if written_as(parameter) else ""),
        way=direction(parameter),
    )


@lru_cache(maxsize=8_192)
def _read(name: str, said: str) -> tuple[tuple[str, ...], frozenset[str], frozenset[str], frozenset[str]]:
    words = name_words(name)
    kinds = tuple(kind for kind, named in KINDS.items() if named & set(words))
    label = frozenset(stem(word) for word in [word for word in words if word not in GENERIC] or words)
    about = frozenset(each for each in stems(said[:300]) if len(each) > 2 and each not in STOPS) - label
    return kinds, label, about, frozenset(shape(value) for value in described(said))


def shape(value: JsonValue) -> str:
    """The form of a value, roughly."""
    if isinstance(value, list):
        return f"list{min(len(value), 3)}"
    if not isinstance(value, str):
        return "true" if value is True else "false" if value is False else "number"
    if re.fullmatch(r"[\d.,\s%-]+", value):
        return "digits"
    if re.search(r"\d", value):
        return "code" if " " not in value else "mixed"
    if re.search(r"[@#/\\_]|\w\.\w", value):
        return "marked"
    if ", " in value:
        return "comma"
    return _cased(value)


def _cased(value: str) -> str:
    if value.isupper():
        return "capitals"
    return "Title" if value[:1].isupper() else "lower" if " " not in value else "lower words"


_LISTED = re.compile(
    r"(?:\[?enum\]?\s*:?\s*|(?:options|values|choices)\s*(?:are|include|:)|such as|e\.g\.?,?|for example,?|one of|"
    r"either|can be|could be|must be|including|i\.e\.|\blike\b|:|\()\s*(?P<list>[^.;)\n]{2,400})",
    re.IGNORECASE,
)
_EDGES = re.compile(r"^\W+|\W+$")


@lru_cache(maxsize=4_096)
def described(said: str) -> tuple[str, ...]:
    """Values that a description names: "Options are: economy, business, first"."""
    found = [match[match.lastindex or 0] for match in QUOTED.finditer(said[:TEXT_LIMIT])]
    for match in _LISTED.finditer(said[:TEXT_LIMIT]):
        for part in re.split(r",|/|\bor\b|\band\b|\|", match["list"]):
            bare = _EDGES.sub("", part)
            if 1 < len(bare) <= 40 and len(bare.split()) <= 4 and bare.casefold() not in STOPS | {"etc"}:
                found.append(bare)
    return tuple(dict.fromkeys(found))[:60]

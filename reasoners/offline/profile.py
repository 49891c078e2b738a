"""What an API says of itself, as stems with strengths: made once per API and kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from catalog.models import Api, Parameter
from catalog.store import CatalogIndex
from reasoners.offline.filler import ASKING, CHANGES, FILLER
from reasoners.offline.forms import Form, form_of
from reasoners.offline.hints import Taste, taste_of
from reasoners.offline.labels import GENERIC, ID_WORDS
from reasoners.offline.moments import pattern_takes_clock, wants_day
from reasoners.offline.question import FLOOR, TOKEN, UNHEARD
from reasoners.offline.split import asked_verbs
from reasoners.words import name_words
from reasoners.words import stem as stem_of

KEPT_PROFILES = 4096
"""About 4 kB each: 32 MB at worst, and a pool is at most 64."""
_TEXT_LIMIT = 1000
"""Characters of a description that count. Longer ones (34 of 16,463 exceed 2,000) mention everything."""

_LABEL, _ENUM, _PARAMETER, _EXAMPLE, _TOOL, _DESCRIPTION, _CATEGORY, _RESPONSE = (
    1.0,
    0.9,
    0.85,
    0.9,
    0.8,
    0.75,
    0.7,
    0.6,
)
"""How surely a word that stands there is what the API is about."""

_SPLIT = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r"(?<!\w)([\"'])[^\"']+\1(?!\w)")
_DIGIT = re.compile(r"\d")
_AIM = re.compile(r"\bto ([a-z]+)\b")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Example:
    """A question that the API answers, without the values in it."""

    stems: frozenset[str]
    typed: tuple[str, ...]
    """All its words, folded."""
    gives_id: bool
    """It names one thing by its id or number."""


@dataclass(frozen=True)
class Profile:
    """An API's own words."""

    strengths: Mapping[str, float]
    """By stem: how surely the API is about it."""
    label: Mapping[str, float]
    """Stems of name and title that say what it is about, with their weights in [0, 1]."""
    titled: frozenset[str]
    """All stems of its title, or of its name."""
    tool: Mapping[str, float]
    """Stems of the tool's name, with their weights in [0, 1]."""
    examples: tuple[Example, ...]
    forms: tuple[Form, ...]
    required: tuple[Form, ...]
    strict: tuple[Form, ...]
    """Those whose values are recognised by their form."""
    takes_text: bool
    """Free words may be a value of it."""
    needs_id: bool
    """It has a required parameter whose values are recognised by their form."""
    room: int
    """How many values it takes that are not recognised by their form."""
    verbs: frozenset[str]
    """What it does, one of each class of change (`filler.CHANGES`): from its name and its example commands."""
    words: Mapping[str, str]
    """By stem: the word as the API writes it, for reasons."""
    produces: frozenset[str]
    """Names in its response, folded."""
    taste: Taste
    ids: frozenset[str]
    """Required parameters that take an id, which another API may find."""


class _Known:
    """An API as a cache key: equal content, equal key. (A model with dictionaries in it has no hash.)"""

    def __init__(self, api: Api, index: CatalogIndex) -> None:
        self.api, self.index = api, index

    def __hash__(self) -> int:
        return hash(self.api.id)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Known) and self.index is other.index and (self.api is other.api or self.api == other.api)
        )


def profile_of(api: Api, index: CatalogIndex) -> Profile:
    """The API's profile, from the cache when its content is unchanged."""
    return _profile(_Known(api, index))


@lru_cache(maxsize=KEPT_PROFILES)
def _profile(known: _Known) -> Profile:
    api, index = known.api, known.index
    forms = tuple(form_of(parameter, index) for parameter in api.parameters)
    words: dict[str, str] = {}
    strengths: dict[str, float] = {}
    for strength, text in _fields(api):
        for word in _words(text):
            for stem in index.words(word):
                words.setdefault(stem, word)
                strengths[stem] = max(strengths.get(stem, 0.0), strength)
    return Profile(
        strengths=strengths,
        label=_weights(api.title or api.name, index),
        titled=frozenset(index.words(api.title or api.name)),
        tool=_weights(api.tool_name, index),
        examples=tuple(_example(text, index) for text in api.examples),
        forms=forms,
        required=tuple(form for form in forms if form.required),
        strict=tuple(form for form in forms if form.strict),
        takes_text=any(form.kind in ("text", "list") for form in forms),
        needs_id=any(form.required and form.kind in ("pattern", "shape") for form in forms),
        room=sum(not form.strict for form in forms),
        verbs=_verbs(api),
        words=words,
        produces=frozenset(name.lower() for name in _keys(api.response_shape)),
        taste=taste_of(api),
        ids=frozenset(
            p.name for p, form in zip(api.parameters, forms, strict=True) if p.required and _takes_id(p, form)
        ),
    )


def _takes_id(parameter: Parameter, form: Form) -> bool:
    if set(name_words(parameter.name)) <= GENERIC or wants_day(parameter) or pattern_takes_clock(parameter):
        return False
    return form.kind == "pattern" or (form.kind == "text" and bool(ID_WORDS & set(name_words(parameter.name))))


def _fields(api: Api) -> Iterator[tuple[float, str]]:
    yield _LABEL, f"{api.title} {api.name}"
    yield _TOOL, api.tool_name
    yield _CATEGORY, api.category
    yield _DESCRIPTION, api.description[:_TEXT_LIMIT]
    yield _RESPONSE, " ".join(_keys(api.response_shape))
    for parameter in api.parameters:
        yield _PARAMETER, f"{parameter.title} {parameter.name}"
        yield _DESCRIPTION, parameter.description[:200]
        yield _ENUM, " ".join(value for value in parameter.enum if isinstance(value, str))
    for example in api.examples:
        yield _EXAMPLE, _without_values(example)


def _words(text: str) -> Iterator[str]:
    for match in _SPLIT.finditer(_CAMEL.sub(" ", text)):
        yield match.group()


def _weights(name: str, index: CatalogIndex) -> dict[str, float]:
    """What a name is about: its stems by how telling they are; asking and filler only where it has nothing else."""
    ceiling = index.weight(UNHEARD) or 1.0
    words = list(_words(name))
    about = [word for word in words if word.lower() not in ASKING and word.lower() not in FILLER] or words
    return {
        stem: FLOOR + (1 - FLOOR) * min(index.weight(word) / ceiling, 1.0)
        for word in about
        for stem in index.words(word)
    }


def _example(text: str, index: CatalogIndex) -> Example:
    typed = tuple(word.lower() for word in TOKEN.findall(text))
    return Example(frozenset(index.words(_without_values(text))), typed, _DIGIT.search(text) is not None)


def _without_values(example: str) -> str:
    """What stays of a question when its ids, amounts and names are exchanged for others."""
    first, *rest = _QUOTED.sub(" ", example).split() or [""]
    return " ".join(word for word in (first, *(w for w in rest if not w[0].isupper())) if not _DIGIT.search(word))


def _verbs(api: Api) -> frozenset[str]:
    first = (next(iter(_words(text.lower())), "") for text in (api.title, api.name.replace("_", " ")))
    named = frozenset(CHANGES.get(verb, verb) for verb in first if verb)
    told = _told_verbs(api) if api.risk == "mutating" else frozenset()
    return named.union(told, *(asked_verbs(example) for example in api.examples))


def _told_verbs(api: Api) -> frozenset[str]:
    """The changes that its text tells of: "Turn a lamp on or off, set its brightness", "Start cleaning"."""
    clauses = re.split(r"[,.;]\s*|\s(?:and|or)\s", api.description[:_TEXT_LIMIT].lower())
    first = (next(iter(_words(clause)), "") for clause in clauses)
    aims = (verb for verb in _AIM.findall(api.description[:_TEXT_LIMIT].lower()) if verb not in FILLER | ASKING)
    doing = (stem_of(word) for word in _words(api.title.lower()) if word.endswith("ing") and len(word) > 5)
    return frozenset(CHANGES[verb] for verb in first if verb in CHANGES) | frozenset(
        CHANGES.get(verb, verb) for verb in (*aims, *doing)
    )


def _keys(shape: JsonValue) -> Iterable[str]:
    if isinstance(shape, dict):
        for name, inner in shape.items():
            yield name
            yield from _keys(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from _keys(inner)

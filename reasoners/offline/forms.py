"""Which values a parameter can take, and which words of a question have that form: values are evidence for an API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.models import Parameter
from catalog.store import CatalogIndex
from reasoners.dates import days
from reasoners.fits import Pattern, compiled, is_mere_word
from reasoners.offline.question import Question, Word

FormKind = Literal["pattern", "enum", "shape", "number", "flag", "text", "list", "object"]

_SHAPES: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    "uri": re.compile(r"https?://\S+|(?:\w[\w-]*\.)+[a-z]{2,}(?:/\S*)?"),
    "domain": re.compile(r"(?:https?://)?(?:\w[\w-]*\.)+[a-z]{2,}"),
    "ip": re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"),
    "date": re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:T[\d:]+Z?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_FORMATS = {
    "email": "email", "idn-email": "email", "uri": "uri", "url": "uri", "iri": "uri", "hostname": "domain",
    "ipv4": "ip", "date": "date", "date-time": "date", "uuid": "uuid",
}  # fmt: skip
_NAMES = (
    (re.compile(r"e-?mail", re.I), "email"),
    (re.compile(r"^(web_?site|site_?)?(url|link|uri)$|_(url|link|uri)$", re.I), "uri"),
    (re.compile(r"^(domain|host|hostname)(_?name)?$", re.I), "domain"),
    (re.compile(r"^ip(_?addr(ess)?)?$", re.I), "ip"),
    (re.compile(r"(^|_)date($|_)|Date$", re.I), "date"),
)
_ORDINARY = ("a", "the", "order", "status", "Paris", "information", "something", "I", "2", "10")
"""A pattern that takes any of these tells nothing about the API."""
_VALUE_LIMIT = 200
"""Characters; a longer word is no id."""


@dataclass(frozen=True)
class Form:
    """What a parameter's values look like."""

    name: str
    required: bool
    kind: FormKind
    pattern: Pattern | None = None
    stems: tuple[frozenset[str], ...] = ()
    """Of each enum value."""

    @property
    def strict(self) -> bool:
        """Only few strings fit, so that one that does is evidence."""
        return self.kind in ("pattern", "shape", "enum")


@dataclass(frozen=True)
class Fit:
    """A word of the question that has a parameter's form."""

    parameter: str
    word: Word
    required: bool
    is_code: bool = False
    """Letters and digits in a pattern that hardly anything else has."""


def form_of(parameter: Parameter, index: CatalogIndex) -> Form:
    kind, pattern = _kind(parameter)
    values = (str(value) for value in parameter.enum) if kind == "enum" else ()
    stems = tuple(stems for value in values if (stems := frozenset(index.words(value))))
    return Form(parameter.name, parameter.required, kind, pattern, stems)


def _kind(parameter: Parameter) -> tuple[FormKind, Pattern | None]:
    if parameter.enum:
        return "enum", None
    if parameter.type in ("integer", "number"):
        return "number", None
    if parameter.type == "boolean":
        return "flag", None
    if parameter.type in ("array", "object"):
        return ("list" if parameter.type == "array" else "object"), None
    if pattern := _pattern(parameter.constraints.get("pattern")):
        return "pattern", pattern
    shape = _FORMATS.get(str(parameter.constraints.get("format"))) or _shape_by_name(parameter.name)
    return ("shape", _SHAPES[shape]) if shape else ("text", None)


def _shape_by_name(name: str) -> str | None:
    return next((shape for pattern, shape in _NAMES if pattern.search(name)), None)


def _pattern(text: object) -> Pattern | None:
    pattern = compiled(text) if isinstance(text, str) else None
    return None if pattern is None or any(pattern.search(word) for word in _ORDINARY) else pattern


def fits(form: Form, words: Sequence[Word]) -> Iterator[Fit]:
    """Words that have the form of a strict parameter. None for a parameter that takes nearly anything."""
    if form.kind == "enum":
        stems = {stem for word in words for stem in word.stems}
        for value in form.stems:
            if value <= stems:
                yield Fit(form.name, next(w for w in words if value & set(w.stems)), form.required)
    elif form.pattern is not None:
        for word in words:
            if len(word.surface) <= _VALUE_LIMIT and _takes(form, word.surface):
                yield Fit(form.name, word, form.required, form.kind == "pattern" and _is_code(word.surface))


def _is_code(surface: str) -> bool:
    return any(mark.isdigit() for mark in surface) and any(mark.isalpha() for mark in surface)


def _takes(form: Form, surface: str) -> bool:
    assert form.pattern is not None  # noqa: S101  the one caller has looked
    if form.kind == "shape":
        return form.pattern.fullmatch(surface) is not None or (form.pattern is _SHAPES["date"] and bool(days(surface)))
    # people type ids in any case; whoever fills the value in settles it
    return not is_mere_word(surface, form.pattern) and any(
        form.pattern.search(text) for text in (surface, surface.lower(), surface.upper())
    )


def values(question: Question) -> tuple[Word, ...]:
    """Words that can only be values: ids, addresses, dates, amounts."""
    return tuple(word for word in question.words if word.kind == "value")

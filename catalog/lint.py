"""How ready an API is to be found, filled and called, and what to write where it is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.lookalikes import lookalikes
from catalog.models import Api, Parameter, Tool

Code = Literal[
    "no_address",
    "no_description",
    "undescribed_parameter",
    "look_alike",
    "no_examples",
    "no_response_shape",
]
Words = Callable[[str], list[str]]
"""A text's words as the search sees them: `CatalogIndex.words`."""

COST: Mapping[Code, int] = {
    "no_address": 40,  # it can be found, and not be called
    "no_description": 30,  # what is found by its name alone is found for the wrong questions too
    "look_alike": 20,  # a person is asked which of them is meant
    "undescribed_parameter": 10,  # each: a value is guessed, or asked for in words that say nothing
    "no_examples": 5,
    "no_response_shape": 5,
}
"""Points of the 100 that a finding takes away."""
FULL = 100
OTHERS = 3  # look-alikes that are named
SHORTEST = 12  # characters: "Get a user" is no description
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Finding:
    """One thing that is wanting."""

    code: Code
    advice: str
    """What to write."""
    where: str = ""
    """The parameter that it is about; empty: the API."""
    others: tuple[str, ...] = ()
    """Ids of the nearest look-alikes."""


@dataclass(frozen=True)
class Readiness:
    """One API's score, 100 where nothing is wanting, and what to do about it."""

    api_id: str
    score: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class LintReport:
    """All APIs that want anything, worst first."""

    apis: int
    mean_score: float | None
    """None: there is no API."""
    lowest_score: int | None
    counts: dict[str, int]
    """APIs by what they want."""
    entries: tuple[Readiness, ...]


def lint(tools: Iterable[Tool], words: Words) -> LintReport:
    """Look at every API for itself, and at those whose words are nearly the same."""
    apis = [(api, frozenset(words(_text(api)))) for tool in tools for api in tool.apis]
    alike = lookalikes({api.id: known for api, known in apis})
    entries = [_readiness(api, alike.get(api.id, ())) for api, _ in apis]
    scores = [entry.score for entry in entries]
    wanting = sorted((entry for entry in entries if entry.findings), key=lambda e: (e.score, e.api_id))
    return LintReport(
        apis=len(apis),
        mean_score=round(sum(scores) / len(scores), 1) if scores else None,
        lowest_score=min(scores, default=None),
        counts=dict(Counter(code for entry in wanting for code in dict.fromkeys(f.code for f in entry.findings))),
        entries=tuple(wanting),
    )


def _text(api: Api) -> str:
    """What tells it from others; the tool's name, because the same words in another tool are another thing."""
    return f"{api.tool_name} {api.label} {api.description}"


def _readiness(api: Api, others: Sequence[str]) -> Readiness:
    findings = tuple(_findings(api, others))
    return Readiness(api.id, max(0, FULL - sum(COST[finding.code] for finding in findings)), findings)


def _findings(api: Api, others: Sequence[str]) -> Iterator[Finding]:
    if not (api.url if api.kind == "http" else api.target):
        yield Finding("no_address", "give it a `url`, or it can be found and never called")
    if (said := _said(api)) is not None:
        yield Finding("no_description", said)
    if others:
        named = f"{', '.join(others[:OTHERS])}{f' and {len(others) - OTHERS:,} more' if len(others) > OTHERS else ''}"
        advice = f"say in the description what tells it from {named}"
        yield Finding("look_alike", advice, others=tuple(others[:OTHERS]))
    for parameter in api.required:
        if not _is_told(parameter):
            advice = "say what it is and what a value looks like: `description`, `enum` or `example`"
            yield Finding("undescribed_parameter", advice, where=parameter.name)
    if not api.examples:
        yield Finding("no_examples", "write one to three questions that it answers into `examples`")
    if api.response_shape is None:
        yield Finding("no_response_shape", "name the fields of its answer and their types in `response_shape`")


def _said(api: Api) -> str | None:
    """What is wanting of the description; None: nothing."""
    text = SPACE.sub(" ", api.description).strip()
    if not text:
        return "say in a sentence what it gives, and of what: questions are held against it"
    if text.casefold() in (api.name.casefold(), api.label.casefold()):
        return "the description only repeats the name: say what it gives, and of what"
    if len(text) < SHORTEST and text.isascii():
        return f"{text!r} is too short to be found by: say what it gives, and of what"
    return None


def _is_told(parameter: Parameter) -> bool:
    told = parameter.description or parameter.enum or parameter.example is not None or parameter.default is not None
    return bool(told) or "format" in parameter.constraints or "pattern" in parameter.constraints

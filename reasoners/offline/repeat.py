"""One API asked several times: "weather in Paris and Rome", "orders 123456 and 123457"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from reasoners.offline.match import Match
from reasoners.offline.question import Question, Word

_BETWEEN = re.compile(
    r"\s*(?:,|;|&|and|,\s*and|as well as|or|plus)\s*(?:(?:also |then )?(?:in|for|of|at|from|on|about)\s+)?(?:the\s+)?",
    re.IGNORECASE,
)
_ONE_THING = re.compile(r"\b(?:between|from|both|versus|vs)\b", re.IGNORECASE)
_MOST = 5
"""Calls of one API from one list; more is a job, not a question."""


def repeated(question: Question, start: int, end: int, chosen: Match) -> list[tuple[int, int]]:
    """Stretches of the part, one per value, where it lists values for the API's one required parameter; else none."""
    required = [form for form in chosen.sight.profile.forms if form.required]
    if len(required) != 1 or required[0].kind not in ("pattern", "shape", "enum", "text"):
        return []
    words = question.between(start, end)
    fitting = {fit.word.start for fit in chosen.fits if fit.parameter == required[0].name}
    values = (
        [[word] for word in words if word.start in fitting]
        if required[0].kind != "text"
        else []
        if _ONE_THING.search(question.text[start:end])
        else _names(question, words, chosen)
    )
    return _cut(question, start, end, values) if 1 < len(values) <= _MOST else []


def _names(question: Question, words: Sequence[Word], chosen: Match) -> list[list[Word]]:
    """Runs of names that the API does not speak of itself."""
    runs: list[list[Word]] = []
    for word in words:
        if word.kind != "name" or word.start in chosen.sight.gains:
            continue
        if runs and question.text[runs[-1][-1].end : word.start] == " ":
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _cut(question: Question, start: int, end: int, values: Sequence[Sequence[Word]]) -> list[tuple[int, int]]:
    """A list is values with nothing but commas and "and" between them."""
    ends = [run[-1].end for run in values]
    for left, right in pairwise(values):
        if not _BETWEEN.fullmatch(question.text[left[-1].end : right[0].start]):
            return []
    starts = [start, *(run[0].start for run in values[1:])]
    return list(zip(starts, [*ends[:-1], end], strict=True))

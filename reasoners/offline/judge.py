"""Yes or no without a model: is the answer grounded, does it answer, are the candidates enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from reasoners.grounding import ungrounded
from reasoners.offline.answer import uncovered
from reasoners.offline.facts import Words
from reasoners.protocol import Candidate, JudgeQuestion, Result, Verdict
from reasoners.words import stems

ENOUGH = 0.5
"""Share of the question's telling words that the pool must cover."""


def judge(
    question: JudgeQuestion,
    query: str,
    *,
    answer: str = "",
    results: Sequence[Result] = (),
    pool: Sequence[Candidate] = (),
    words: Words = lambda text: list(stems(text)),
) -> Verdict:
    """Deterministic: the same facts give the same verdict."""
    if question == "grounded":
        wrong = ungrounded(answer, query, results)
        return Verdict(
            not wrong, f"In no response: {', '.join(wrong)}." if wrong else "Everything stands in a response."
        )
    if question == "answers":
        return _answers(query, results, words)
    if question == "pool_enough":
        return _enough(query, pool, words)
    assert_never(question)


def _answers(query: str, results: Sequence[Result], words: Words) -> Verdict:
    told = [result for result in results if result.outcome in ("ok", "not_found")]
    if not told:
        return Verdict(False, results[0].error if results else "No API was called.")
    untold = uncovered(query, results, words=words)
    if untold:
        return Verdict(True, f"It answers, but nothing speaks of {', '.join(untold)}, and it says so.")
    return Verdict(True, "The responses speak of all that was asked.")


def _enough(query: str, pool: Sequence[Candidate], words: Words) -> Verdict:
    if not pool:
        return Verdict(False, "No candidate was found.")
    asked = set(words(query))
    covered = {stem for candidate in pool for word in candidate.matched for stem in words(word)} & asked
    if len(covered) >= ENOUGH * len(asked):
        return Verdict(True, f"{len(covered)} of {len(asked)} words of the question are covered.")
    return Verdict(False, f"Only {len(covered)} of {len(asked)} words of the question are covered.")

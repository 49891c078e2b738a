"""Which words an answer brings with it: neither the question's nor a response's, nor such as any answer is made of."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.tokens import fold, typed_in, typed_words, words
from reasoners.dates import MONTHS, WEEKDAYS
from reasoners.grounding import Sources
from reasoners.numbers import VALUES
from reasoners.protocol import Result

_TELLING = f"""
according answer base below call contain detail entry field figure find found follow give hold include information item
list locate look mean mention name note number please question record report respective response result return say show
stand state tell title type value {" ".join((*MONTHS, *WEEKDAYS, *VALUES))}"""
TELLING = frozenset(words(_TELLING))
"""Words that claim nothing by themselves; numbers and days are checked as such."""
NEGATIONS = frozenset({"no", "not", "never", "none", "nor", "neither", "nothing", "nobody", "without", "cannot"})
"""They make another claim of the same words."""


def own_words(answer: str, query: str, results: Sequence[Result]) -> tuple[str, ...]:
    """None: the answer is made of quotes. Any: it may still be right, but comparing words cannot tell."""
    said = f"{query} {Sources(query, results).said}"
    known, spoken = TELLING.union(words(said)), frozenset(map(fold, typed_in(said)))
    own = [typed for typed, tokens in typed_words(answer) if not _quoted(tokens, known)]
    turned = [typed for typed in typed_in(answer) if _negates(fold(typed)) and fold(typed) not in spoken]
    return tuple(dict.fromkeys([*own, *turned]))


def _quoted(tokens: Sequence[str], known: frozenset[str]) -> bool:
    """Words with digits are checked as ids and numbers; a compound is known by its parts."""
    if not tokens or any(mark.isdigit() for mark in tokens[0]) or tokens[0] in known:
        return True
    return len(tokens) > 1 and known.issuperset(tokens[1:])


def _negates(word: str) -> bool:
    return word in NEGATIONS or word.endswith(("n't", "n’t"))

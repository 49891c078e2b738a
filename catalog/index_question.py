"""What of a question is searched for: its sentences, their words, and how much each word counts."""

from __future__ import annotations

import re
from functools import lru_cache

from catalog.tokens import fold, spoken

MOST_SENTENCES = 8  # each costs a search of its own; the last one takes the rest
CACHED_QUESTIONS = 512

SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")

# Values say nothing of which API takes them, but their parts would find names that look alike. Of an address in the
# web the host may name the service. Lengths are bounded, so that no text can make the patterns slow.
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.\w+")
WEB_ADDRESS = re.compile(r"(?:https?://|www\.)([^\s/?#]+)\S*", re.IGNORECASE)
ENDING = re.compile(r"\.(?:com|org|net|io)\b", re.IGNORECASE)
DIGIT = re.compile(r"\d")
IDENTIFIER = re.compile(
    r"\b(?=[\w-]{0,40}?(?:[A-Za-z]\d+[A-Za-z]+\d|\d[A-Za-z]+\d+[A-Za-z]))[\w-]{8,}"  # dQw4w9WgXcQ, a UUID
    r"|\b\d{6,}\b|\b\d+(?:\.\d+){2,}\b"
)

# Words that tell of the occasion rather than of the wish: in half of the ToolBench questions, fewer than one in five
# of them stood in the text of a right API. They still count, as some APIs are about just these things.
OCCASION = frozenset(
    """appreciate assist assistance associated best birthday charity company companies confirm considering create
    creating curious develop developing different ensure enthusiast event events explore exploring family fetch final
    finally friend friends gathering good great hosting idea ideas include included includes including inspire learn
    looking new obtain organize organizing party popular prepare preparing project purpose receive recent recently
    recommend research retrieve share sister brother specific start started suggest surprise trip unique upcoming
    vacation various wedding wondering work working""".split()  # noqa: SIM905 - as in tokens.py
)
OCCASION_WEIGHT = 0.5  # 0.3 to 0.7 do alike, 0 loses the order of the first hits

Passage = tuple[tuple[str, float], ...]
"""Words as the index knows them, each with its weight."""


@lru_cache(CACHED_QUESTIONS)
def passages(query: str) -> tuple[Passage, ...]:
    """The whole query, and each of its sentences if it has several; none that says nothing."""
    sentences = [part for part in SENTENCE_ENDS.split(query) if part.strip()]
    if len(sentences) > MOST_SENTENCES:
        sentences = [*sentences[: MOST_SENTENCES - 1], " ".join(sentences[MOST_SENTENCES - 1 :])]
    texts = [query, *sentences] if len(sentences) > 1 else [query]
    return tuple(passage for text in texts if (passage := _passage(text)))


def _passage(text: str) -> Passage:
    # Where there are only values, they are all there is to look for.
    return _weighed(_without_values(text)) or _weighed(text)


def _without_values(text: str) -> str:
    # Looking for a character is cheap, and most texts have none of these.
    text = EMAIL.sub(" ", text) if "@" in text else text
    text = WEB_ADDRESS.sub(lambda address: f" {ENDING.sub(' ', address[1])} ", text)
    return IDENTIFIER.sub(" ", text) if DIGIT.search(text) else text


def _weighed(text: str) -> Passage:
    weights: dict[str, float] = {}
    for typed, tokens in spoken(text):
        if tokens:
            weight = OCCASION_WEIGHT if fold(typed) in OCCASION else 1.0
            for token in tokens:
                weights[token] = weights.get(token, 0.0) + weight
    return tuple(weights.items())

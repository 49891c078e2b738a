"""How words are compared: names split into words, words reduced to stems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

TOKEN = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*")
NAME_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")

_stemmer = snowballstemmer.stemmer("english")
_stemmer.maxCacheSize = 0  # it would keep ten thousand words a second time, and numbers as well
_one_at_a_time = Lock()  # the stemmer keeps the word that it works on

WORDS_KEPT = 20_000
NUMBERS_KEPT = 1_024  # and words with digits: every order and amount has its own, and few come again
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, and where it stands."""

    text: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        return stem(self.text)


def stem(word: str) -> str:
    """The word without case, possessive and ending: "Orders" and "order's" are "order"."""
    return _stem_of_number(word) if _DIGIT.search(word) else _stem_of_word(word)


def _stem(word: str) -> str:
    folded = re.sub(r"['’]s?$", "", word.casefold())
    with _one_at_a_time:
        return str(_stemmer.stemWord(folded))


_stem_of_word = lru_cache(maxsize=WORDS_KEPT)(_stem)
_stem_of_number = lru_cache(maxsize=NUMBERS_KEPT)(_stem)


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text in order; a hyphenated or dotted word is one."""
    return tuple(Token(found[0], found.start(), found.end()) for found in TOKEN.finditer(text))


def name_words(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case: "checkInDate" and "check_in_date" are check, in, date."""
    return _words_of_number(name) if _DIGIT.search(name) else _words_of_name(name)


def _name_words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in NAME_PART.findall(name))


_words_of_name = lru_cache(maxsize=WORDS_KEPT)(_name_words)
_words_of_number = lru_cache(maxsize=NUMBERS_KEPT)(_name_words)


def before(text: str, at: int, reach: int = 60) -> str:
    """The characters right before a place, so that looking back costs the same in a long text.

    A cut is marked, lest the first word shown be taken for the first of the text.
    """
    return text[:at] if at <= reach else f"\0{text[at - reach : at]}"


def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words, names in it split as names are."""
    return tuple(stem(word) for token in tokens(text) for word in (name_words(token.text) or (token.text,)))


def runs(words: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """Where these words (stems) stand one after the other in a text."""
    found = tokens(text)
    wanted = list(words)
    if not wanted:
        return
    for first in range(len(found) - len(wanted) + 1):
        window = found[first : first + len(wanted)]
        if all(token.stem == word for token, word in zip(window, wanted, strict=True)):
            yield window[0].start, window[-1].end

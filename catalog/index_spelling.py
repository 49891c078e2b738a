"""What a word that the catalog does not know may have been meant for: it is misspelled, or several in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import regex

from catalog.index_question import Passage
from catalog.index_shelf import View
from catalog.tokens import STOP_WORDS, fold, tokens_of

SHORTEST = 4  # in shorter words one letter makes another word
SHORTEST_GLUED = 8
SHORTEST_PART = 3
LONGEST_GLUED = 40  # the work grows with the square of it
TWO_SLIPS = 8  # letters, in which two slips may be forgiven
LIKE = 0.8  # share of letters that stay; less, and names of persons turn into words
ALTERNATIVES = 2
LOOKED_AT = 64  # entries with a name that is nearly so
RARE = 2  # a part that fewer names hold is chance,
RARE_IN = 2000  # and so is one that so many entries more have only once more
SHARE = 0.7  # a guess counts less than a word

SMALL_WORD = 4.0  # what a stop word costs among weights of 1 to 10: it must not pay to cut words up

LETTERS = regex.compile(r"\p{L}[\p{L}\p{M}]*")
LONG = regex.compile(rf"\p{{L}}[\p{{L}}\p{{M}}]{{{SHORTEST_GLUED - 1},}}+")

Way = tuple[float, tuple[str, ...]]
"""What it costs, and the parts."""


def mended(view: View, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages with what their misspelled words may have been meant for."""
    unknown = {word for passage in passages for word, _ in passage if not view.frequency(word)}
    guesses = {word: near for word in unknown if (near := _near(view, word))}
    return tuple(_with_guesses(passage, guesses) for passage in passages) if guesses else tuple(passages)


def _with_guesses(passage: Passage, guesses: Mapping[str, Sequence[str]]) -> Passage:
    guessed: dict[str, float] = dict(passage)
    for word, weight in passage:
        for guess in guesses.get(word, ()):
            guessed.setdefault(guess, weight * SHARE)
    return tuple(guessed.items())


def unglued(view: View, text: str) -> str:
    """The text with the parts of its unknown words behind them, where known words make them up."""
    if not any(_glued(view, typed) for typed in LONG.findall(text)):
        return text  # nearly always
    return LETTERS.sub(lambda found: _spaced(view, found[0]), text)


def _glued(view: View, typed: str) -> bool:
    """Whether no entry knows it, and it is long enough to be several words."""
    return SHORTEST_GLUED <= len(typed) <= LONGEST_GLUED and not any(map(view.frequency, tokens_of(typed)))


def _spaced(view: View, typed: str) -> str:
    return " ".join((typed, *_parts(view, fold(typed)))) if _glued(view, typed) else typed


def _near(view: View, word: str) -> list[str]:
    """The words of names that differ by a slip or two, the likest first."""
    if len(word) < SHORTEST or not LETTERS.fullmatch(word):
        return []
    likeness = SequenceMatcher(b=word, autojunk=False)
    liked: list[tuple[float, int, str]] = []
    for named in set(_named(view.nearly(word, 2 if len(word) >= TWO_SLIPS else 1, LOOKED_AT))):
        likeness.set_seq1(named)
        if (ratio := likeness.ratio()) >= LIKE:
            liked.append((-ratio, -view.frequency(named), named))
    return [named for _, _, named in sorted(liked)[:ALTERNATIVES]]


def _named(lines: Iterable[str]) -> Iterator[str]:
    return (word for line in lines for word in line.split())


def _parts(view: View, word: str) -> tuple[str, ...]:
    """The known words that make it up without a rest, the fewest and most usual; none if there is no such way."""
    ways: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ()), *[None] * len(word)]
    for end in range(SHORTEST_PART - 1, len(word) + 1):
        found = [way for begin in range(end - 1) if (way := _way(view, ways[begin], word[begin:end]))]
        ways[end] = min(found, default=None)
    whole = ways[-1]
    return whole[1] if whole and len(whole[1]) > 1 else ()


def _way(view: View, before: Way | None, part: str) -> Way | None:
    if before is None:
        return None
    cost, parts = before
    if part in STOP_WORDS:
        return cost + SMALL_WORD, (*parts, part)
    tokens = tokens_of(part)
    if len(part) < SHORTEST_PART or not tokens or any(view.named_so(token) < _rare(view) for token in tokens):
        return None
    return cost + sum(view.weight(token) for token in tokens), (*parts, part)


def _rare(view: View) -> int:
    return RARE + view.entries // RARE_IN

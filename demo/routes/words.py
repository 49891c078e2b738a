"""Words: at random, explained, and near to others."""

from __future__ import annotations

import secrets
from datetime import date
from functools import cache
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query

from demo.matching import stems
from demo.shelf import NOW, Row, missing, read

router = APIRouter(tags=["Language"])
AWord = Annotated[str, Path(pattern=r"^[A-Za-z-]+$")]


class Entry(NamedTuple):
    part_of_speech: str
    meaning: str
    example: str
    themes: list[str]
    synonyms: list[str]


class Wordbook(Row):
    words: dict[str, Entry]
    rhymes: dict[str, list[str]]
    languages: dict[str, str]
    phrases: list[dict[str, str]]
    """One phrase in each language."""
    glossary: dict[str, tuple[str, str, str, str]]
    """English words in German, French, Spanish and Italian."""


class RandomWord(Row):
    word: str
    theme: str | None
    length: int
    meaning: str


class TodaysWord(Row):
    date: date
    word: str
    meaning: str


class Definition(Row):
    word: str
    part_of_speech: str
    meaning: str
    example: str


class Synonyms(Row):
    word: str
    synonyms: list[str]


class Rhymes(Row):
    word: str
    rhymes: list[str]


@cache
def wordbook() -> Wordbook:
    return read(Wordbook, "words")


def entry(word: str) -> Entry:
    return wordbook().words.get(word.lower()) or missing(f"The dictionary has no word {word!r}")


def fitting(theme: str | None, length: int | None) -> list[str]:
    """The words that share most with the theme."""
    long = [word for word in wordbook().words if length in (None, len(word))]
    if theme is None:
        return long
    shared = {word: len(stems(theme) & stems(" ".join([word, *wordbook().words[word].themes]))) for word in long}
    most = max(shared.values(), default=0)
    return [word for word, count in shared.items() if count == most > 0]


@router.get("/words/random")
async def random_word(
    theme: Annotated[str | None, Query()] = None, length: Annotated[int | None, Query(ge=3, le=14)] = None
) -> RandomWord:
    words = fitting(theme, length)
    if not words:
        missing(f"No word is known for theme {theme or 'any'} and length {length or 'any'}")
    word = secrets.choice(words)
    return RandomWord(word=word, theme=theme, length=len(word), meaning=entry(word).meaning)


@router.get("/words/today")
async def word_of_the_day() -> TodaysWord:
    word = list(wordbook().words)[NOW.toordinal() % len(wordbook().words)]
    return TodaysWord(date=NOW.date(), word=word, meaning=entry(word).meaning)


@router.get("/dictionary/{word}")
async def define_word(word: AWord) -> Definition:
    found = entry(word)
    return Definition(
        word=word.lower(), part_of_speech=found.part_of_speech, meaning=found.meaning, example=found.example
    )


@router.get("/dictionary/{word}/synonyms")
async def find_synonyms(word: AWord) -> Synonyms:
    return Synonyms(word=word.lower(), synonyms=entry(word).synonyms)


@router.get("/dictionary/{word}/rhymes")
async def find_rhymes(word: AWord) -> Rhymes:
    rhymes = wordbook().rhymes.get(word.lower()) or missing(f"No rhyme is known for {word!r}")
    return Rhymes(word=word.lower(), rhymes=rhymes)

"""Short texts from one language into another, by a phrase book."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from demo.routes.words import wordbook
from demo.shelf import Body, Row, unusable

router = APIRouter(prefix="/translate", tags=["Language"])
LanguageCode = Literal["en", "de", "fr", "es", "it"]
CODES: tuple[LanguageCode, ...] = ("en", "de", "fr", "es", "it")


class ToTranslate(Body):
    text: str = Field(min_length=1, max_length=500)
    target_language: LanguageCode
    source_language: LanguageCode = "en"


class Translated(Row):
    text: str
    source_language: str
    target_language: str
    translation: str


class ToDetect(Body):
    text: str = Field(min_length=2, max_length=500)


class Detected(Row):
    text: str
    language: str
    name: str
    confidence: float


class Language(Row):
    code: str
    name: str


class Languages(Row):
    languages: list[Language]


def pairs(source: LanguageCode, target: LanguageCode) -> Iterator[tuple[str, str]]:
    """What is known in both languages, longest first: phrases win over words."""
    known = [(phrase[source], phrase[target]) for phrase in wordbook().phrases]
    for english, others in wordbook().glossary.items():
        row = dict(zip(CODES, (english, *others), strict=True))
        known.append((row[source], row[target]))
    yield from sorted(known, key=lambda pair: -len(pair[0]))


def translate(text: str, source: LanguageCode, target: LanguageCode) -> tuple[str, int]:
    """The text with every known phrase replaced, and how many were known."""
    table = {said.casefold(): meant for said, meant in pairs(source, target)}
    known = re.compile("|".join(rf"\b{re.escape(said)}\b" for said in table), re.IGNORECASE)
    return known.subn(lambda match: table[match[0].casefold()], text)


@router.post("")
async def translate_text(asked: ToTranslate) -> Translated:
    translation, known = translate(asked.text, asked.source_language, asked.target_language)
    if not known:
        unusable("text: this phrase book knows none of these words.")
    return Translated(
        text=asked.text, source_language=asked.source_language, target_language=asked.target_language,
        translation=translation,
    )  # fmt: skip


@router.post("/detect")
async def detect_language(asked: ToDetect) -> Detected:
    known = {code: translate(asked.text, code, "en")[1] for code in CODES}
    code = max(known, key=lambda code: known[code])
    if not known[code]:
        unusable("text: the language of these words is not known.")
    confidence = round(known[code] / sum(known.values()), 2)
    return Detected(text=asked.text, language=code, name=wordbook().languages[code], confidence=confidence)


@router.get("/languages")
async def list_languages() -> Languages:
    rows = [Language(code=code, name=name) for code, name in wordbook().languages.items()]
    return Languages(languages=rows)

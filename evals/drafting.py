"""Drafts a question set for a catalog: its example questions, APIs that are easily confused, and a sample of all."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from pydantic import JsonValue

from catalog.models import Api
from catalog.store import CatalogIndex
from evals.catalogs import Opened
from evals.progress import followed

Json = dict[str, JsonValue]
ALIKE = 0.4
"""Share of the weight of two texts' words that is in both, from which a person may confuse them."""
SAME = 0.99
"""From here no words are left to tell them apart."""
NEIGHBOURS = 6
WORDS_TOLD = 8
REWRITE = "Ask for it as a person would who does not know the catalog."
SEED = 0  # the same catalog, the same draft
_SENTENCE = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True)
class Pair:
    """Two APIs that are easily confused."""

    one: Api
    other: Api
    likeness: float


@dataclass(frozen=True)
class Draft:
    """Lines of a question file, and how many pairs no words can tell apart."""

    lines: Sequence[Json]
    same: int


async def draft(opened: Opened, *, pairs: int, described: int, looked_at: int) -> Draft:
    """Every example question, both sides of the most alike pairs, and a sample of what is described."""
    apis = [api for tool in opened.tools() for api in tool.apis]
    chance = random.Random(SEED)  # noqa: S311 - a sample
    sample = sorted(chance.sample(apis, min(looked_at, len(apis))), key=lambda api: api.id) if pairs else []
    found = [pair for api in followed(sample, "APIs compared") if (pair := await _nearest(api, opened))]
    alike = sorted(_distinct(found), key=lambda pair: (-pair.likeness, pair.one.id))
    told = [pair for pair in alike if pair.likeness < SAME]
    worded = [api for api in apis if api.description.strip()]
    shown = sorted(chance.sample(worded, min(described, len(worded))), key=lambda api: api.id)
    lines = chain(
        (_line(question, api, "examples") for api in apis for question in api.examples),
        chain.from_iterable(_both(pair, opened.index) for pair in _apart(told)[:pairs]),
        (_line(_first_sentence(api), api, "described", write=REWRITE) for api in shown),
    )
    return Draft(list(lines), len(alike) - len(told))


async def _nearest(api: Api, opened: Opened) -> Pair | None:
    """The API with its most alike neighbour; None: there is none alike enough."""
    found = await opened.index.search(_text(api), k=NEIGHBOURS)
    others = await opened.store.get([hit.id for hit in found.hits if hit.id != api.id])
    pairs = [_pair(api, other, opened.index) for other in others.values()]
    best = max(pairs, key=lambda pair: pair.likeness, default=None)
    return best if best and best.likeness >= ALIKE else None


def _pair(api: Api, other: Api, index: CatalogIndex) -> Pair:
    """The same, whichever of the two was looked at."""
    one, two = (api, other) if api.id < other.id else (other, api)
    return Pair(one, two, likeness(one, two, index))


def likeness(one: Api, other: Api, index: CatalogIndex) -> float:
    """Share of the weight of their words that both have: rare words tell more."""
    mine, others = set(index.words(_text(one))), set(index.words(_text(other)))
    shared = sum(map(index.weight, mine & others))
    return shared / (sum(map(index.weight, mine | others)) or 1.0)


def _text(api: Api) -> str:
    return f"{api.tool_name} {api.title or api.name} {api.description}"


def _distinct(pairs: Sequence[Pair]) -> Sequence[Pair]:
    return list({(pair.one.id, pair.other.id): pair for pair in pairs}.values())


def _apart(pairs: Sequence[Pair]) -> Sequence[Pair]:
    """The first of those that share an API, so that one large family does not fill the file."""
    seen: set[str] = set()
    kept = []
    for pair in pairs:
        if not seen & {pair.one.id, pair.other.id}:
            kept.append(pair)
            seen |= {pair.one.id, pair.other.id}
    return kept


def _both(pair: Pair, index: CatalogIndex) -> Iterator[Json]:
    for api, other in ((pair.one, pair.other), (pair.other, pair.one)):
        own = ", ".join(_own_words(api, other, index)) or "nothing but its parameters"
        write = f"{REWRITE} Its own words: {own}."
        yield _line(_first_sentence(api), api, "look-alikes", write=write) | {"not": [other.id]}


def _own_words(api: Api, other: Api, index: CatalogIndex) -> Sequence[str]:
    """Words that the other does not have, the most telling first."""
    others = set(index.words(_text(other)))
    typed = dict.fromkeys(re.findall(r"[^\W_]+", _text(api)))
    own = [word for word in typed if (tokens := index.words(word)) and not others.issuperset(tokens)]
    return sorted(own, key=lambda word: -index.weight(word))[:WORDS_TOLD]


def _first_sentence(api: Api) -> str:
    return _SENTENCE.split(api.description.strip(), maxsplit=1)[0] or api.label


def _line(question: str, api: Api, name: str, write: str = "") -> Json:
    line: Json = {"query": question, "gold": [api.id], "set": name}
    return {**line, "write": write} if write else line

"""What a question says beyond what its API says already: "kindness" in "synonyms for kindness"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from catalog.models import Api
from reasoners.dates import clocks, days
from reasoners.numbers import numbers
from reasoners.offline.filler import ASKING, CHANGES, FILLER
from reasoners.words import Token, before, name_words, stems, tokens

INNER = frozenset(
    {"of", "the", "and", "for", "in", "to", "towards", "toward", "a", "an", "with", "on", "&", "de", "la"}
)
"""Words that may stand inside a phrase without ending it."""
LIMIT = 80


@lru_cache(maxsize=1_024)
def own_words(
    name: str, title: str, tool_name: str, category: str, description: str, parameters: tuple[str, ...]
) -> frozenset[str]:
    """The stems of an API's texts."""
    said = " ".join([title, tool_name, category, description, *map(_spoken, (name, *parameters))])
    return frozenset(stems(said[:4_000]))


def _spoken(name: str) -> str:
    return " ".join(name_words(name))


def words_of(api: Api) -> frozenset[str]:
    names = tuple(parameter.name for parameter in api.parameters)
    return own_words(api.name, api.title, api.tool_name, api.category, api.description, names)


def leftovers(text: str, api: Api, taken: Iterable[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """Runs of words that neither asking nor the API's own words explain, and that no other value uses."""
    used = [
        *taken,
        *((day.start, day.end) for day in days(text)),
        *((clock.start, clock.end) for clock in clocks(text)),
    ]
    used += [(number.start, number.end) for number in numbers(text)]
    own = words_of(api)
    run: list[Token] = []
    for token in tokens(text):
        inside = any(start < token.end and token.start < end for start, end in used)
        if run and (inside or re.search(r"[.?!;:,()\"]", text[run[-1].end : token.start])):
            yield from _ended(run)
            run = []
        explained = _explained(token, own, named=_is_name(token, text))
        if inside or (not run and explained):
            continue
        if explained and token.text.casefold() not in INNER:
            yield from _ended(run)
            run = []
        else:
            run.append(token)
    yield from _ended(run)


def _ended(run: list[Token]) -> Iterator[tuple[int, int]]:
    while run and run[-1].text.casefold() in FILLER | ASKING | INNER:
        run.pop()
    if run and run[-1].end - run[0].start <= LIMIT:
        yield run[0].start, run[-1].end


def _explained(token: Token, own: frozenset[str], *, named: bool) -> bool:
    folded = token.text.casefold()
    bare = re.split(r"['’]", folded)[0]
    ordinary = bare in FILLER or bare in ASKING or bare in CHANGES
    return token.stem in own or (ordinary and not named) or (len(folded) < 2 and folded.isascii())


def _is_name(token: Token, text: str) -> bool:
    """A capital inside a sentence: the "New" of New York is no filler."""
    return (
        token.text[0].isupper()
        and token.text != "I"
        and re.search(r"\w[\w,]* +$", before(text, token.start)) is not None
    )

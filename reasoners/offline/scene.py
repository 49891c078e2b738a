"""A question and an API side by side: what is the same for every parameter that a place may be a value of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from catalog.models import Api, Parameter
from reasoners.dates import clocks, days
from reasoners.offline.fields import STOPS, Field, field_of, type_of
from reasoners.offline.leftover import words_of
from reasoners.offline.spans import Span
from reasoners.words import Token, name_words, stem, tokens

_MORE = re.compile(
    r"\b(?:additionally|also|then|finally|after that|afterwards|lastly|firstly|first,|secondly|next,|furthermore|"
    r"respectively|each|both)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(r"[A-Z]\w*,? and [A-Z]")
PLAIN = 120
"""Characters of a short sentence."""
SENTENCE = re.compile(r"[.?!;\n](?=\s|$)")
_QUOTES = "\"'“‘`"
_ARTICLES = frozenset({"a", "an", "the", "my", "our", "your"})
_LISTED_ON = re.compile(r"[\"'”’]?(?:,? (?:and|or|&) |, )(?=[\w\"'“‘])", re.IGNORECASE)
_LISTED_AFTER = re.compile(r"\w[\"'”’]?(?:,? (?:and|or|&) |, )[\"'“‘]?$", re.IGNORECASE)


@dataclass(frozen=True)
class Beside:
    """The nearest word on one side, articles passed over; no word: a mark, or "^" where a sentence ends."""

    word: Token | None
    mark: str
    skipped: bool


@dataclass(frozen=True)
class Place:
    """A stretch of the question, with what stands around it."""

    first: int
    last: int
    """Its words in the question, the last one excluded."""
    inside: frozenset[str]
    """Its stems."""
    before: Beside
    behind: Beside
    signs: tuple[str, ...]
    """What can be said of it whatever the parameter."""


@dataclass(frozen=True)
class Scene:
    """Made once for a question and an API."""

    text: str
    words: tuple[Token, ...]
    fields: Mapping[str, Field]
    own: frozenset[str]
    """Stems of the API's texts."""
    signs: tuple[str, ...]
    """What can be said of the question and the API whatever the place."""
    plain: bool
    """One short sentence, which speaks of one thing."""
    order: Mapping[str, tuple[int, int]]
    """The place of each required parameter among those of its type, and how many there are."""
    home: tuple[tuple[int, int, int], ...]
    """The sentences: start, end, and how many words of the API's name each has."""
    moments: tuple[tuple[int, int], ...]
    rivals: Mapping[str, frozenset[str]]
    """By parameter: stems that tell the others."""
    _places: dict[tuple[int, int], Place] = field(default_factory=dict, repr=False)

    def place(self, span: Span) -> Place:
        """Where a value stands, looked at once."""
        key = (span.start, span.end)
        if key not in self._places:
            self._places[key] = _place(self, *key)
        return self._places[key]


def scene_of(text: str, api: Api, parameters: Sequence[Parameter], *, part: bool) -> Scene:
    """`part`: the text is cut from a longer question."""
    fields = {p.name: field_of(p) for p in parameters}
    return Scene(
        text=text,
        words=tokens(text),
        fields=fields,
        own=words_of(api),
        signs=tuple(_common(text, api, parameters, part)),
        plain=not part and is_plain(text),
        order=_order(parameters),
        home=_home(text, api),
        moments=(*((m.start, m.end) for m in days(text)), *((m.start, m.end) for m in clocks(text))),
        rivals=_rivals(fields),
    )


def is_plain(text: str) -> bool:
    """Whether a question is one short sentence that lists nothing."""
    if len(text) >= PLAIN or _MORE.search(text) or _LISTS.search(text):
        return False
    return not SENTENCE.search(text.strip().rstrip(".?!"))


def _rivals(fields: Mapping[str, Field]) -> dict[str, frozenset[str]]:
    """What a name shares with this parameter's own tells neither."""
    return {
        name: frozenset(each for other in fields.values() if other is not mine for each in other.label) - mine.label
        for name, mine in fields.items()
    }


def _common(text: str, api: Api, parameters: Sequence[Parameter], part: bool) -> list[str]:
    size = "short" if len(text) < 80 else "middle" if len(text) < 250 else "long"
    texts = sum(p.required and type_of(p) == "s" for p in parameters)
    amounts = sum(type_of(p) == "n" for p in parameters)
    return [
        "several=more" if _MORE.search(text) else "several=one",
        f"size={size}",
        f"part={part}",
        f"texts={min(texts, 4)}",
        f"amounts={min(amounts, 4)}",
        f"sentences={min(len(SENTENCE.findall(text)), 4)}",
    ]


def _order(parameters: Sequence[Parameter]) -> dict[str, tuple[int, int]]:
    kinds: dict[str, list[str]] = {}
    for p in parameters:
        if p.required:
            kinds.setdefault(type_of(p), []).append(p.name)
    return {name: (at, len(names)) for names in kinds.values() for at, name in enumerate(names)}


def _home(text: str, api: Api) -> tuple[tuple[int, int, int], ...]:
    named = {stem(word) for word in name_words(api.name) if len(word) > 2 and word not in STOPS}
    ends = [*(match.end() for match in SENTENCE.finditer(text)), len(text)]
    starts = [0, *ends[:-1]]
    inside = [{t.stem for t in tokens(text) if low <= t.start < high} for low, high in zip(starts, ends, strict=True)]
    return tuple((low, high, len(each & named)) for low, high, each in zip(starts, ends, inside, strict=True))


def _place(around: Scene, start: int, end: int) -> Place:
    words, text = around.words, around.text
    first = bisect_right(words, start, key=attrgetter("end"))
    last = bisect_left(words, end, lo=first, key=attrgetter("start"))
    inside = frozenset(words[at].stem for at in range(first, last))
    own = sum(each in around.own for each in inside)
    count = max(1, len(text[start:end].split()))
    signs = [
        f"own={'none' if not own else 'all' if own == len(inside) else 'some'}",
        f"words={count if count < 4 else '4-6' if count < 7 else '7+'}",
        f"quoted={start > 0 and text[start - 1] in _QUOTES}",
        f"home={_at_home(around, start)}",
    ]
    signs += ["stop"] if inside and inside <= STOPS else []
    signs += ["moment"] if any(low < end and start < high for low, high in around.moments) else []
    signs += ["listed on"] if _LISTED_ON.match(text, end) else []
    signs += ["listed after"] if _LISTED_AFTER.search(text[max(0, start - 40) : start]) else []
    signs += ["closes"] if not text[end : end + 20].strip(" .?!\"'") and end + 20 >= len(text) else []
    signs += ["opens"] if first == 0 else []
    return Place(
        first, last, inside, _beside(around, first - 1, -1, start), _beside(around, last, 1, end), tuple(signs)
    )


def _at_home(around: Scene, start: int) -> str:
    """Whether it stands in the sentence that speaks most of the API."""
    if len(around.home) < 2:
        return "only"
    best = max(said for *_, said in around.home)
    here = next((said for low, high, said in around.home if low <= start < high), 0)
    return "none" if not best else "best" if here == best else "some" if here else "away"


def _beside(around: Scene, at: int, step: int, edge: int) -> Beside:
    words, skipped = around.words, False
    while 0 <= at < len(words) and words[at].text.casefold() in _ARTICLES:
        at, skipped = at + step, True
    if not 0 <= at < len(words):
        return Beside(None, "^", skipped)
    low, high = sorted((words[at].end if step < 0 else words[at].start, edge))
    between = around.text[low:high]
    if SENTENCE.search(between):
        return Beside(None, "^", skipped)
    mark = re.search(r"[,:()]", between)
    return Beside(None, mark[0].replace(")", "("), skipped) if mark else Beside(words[at], "", skipped)

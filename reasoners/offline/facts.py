"""What a response says that a question is about: its leaves as facts, ranked by the question's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from reasoners.evidence import escaped
from reasoners.words import name_words, stem

Words = Callable[[str], list[str]]
Object = Mapping[str, JsonValue]

_MAIN = """
name title status state result total date summary description price amount rate value temperature condition text
word message answer"""
MAIN = {word: 1.0 - 0.03 * at for at, word in enumerate(_MAIN.split())}
"""What identifies a thing or is its outcome, in this order."""
_TECHNICAL = """
url uri link href icon image thumbnail created updated timestamp etag version hash uuid cursor page limit
offset self next prev lat lon latitude longitude tz"""
TECHNICAL = frozenset(_TECHNICAL.split())
_ASKED = {
    "when": "date time at on day processed start end due delivery expected until since updated created placed",
    "where": "place city location address country status position street venue room gate",
    "who": "name author artist customer person sender guest owner director player team company",
    "much": "price total amount cost fee sum balance rate converted result salary",
    "many": "count total quantity number items",
    "long": "duration minutes hours days length time",
    "weather": "temperature condition wind humidity rain description",
    "cost": "price total amount fee",
    "arrive": "delivery date expected arrival",
    "mean": "definition meaning definitions",
    "why": "reason cause description message",
}
ASKED = {word: frozenset(stem(key) for key in keys.split()) for word, keys in _ASKED.items()}
"""Which keys a question word asks for."""
ENVELOPES = frozenset(
    {"data", "result", "results", "response", "items", "body", "payload", "records", "content", "hits", "list"}
)
TEXT_LIMIT = 240


@dataclass(frozen=True)
class Fact:
    """One leaf of a response, and how near it is to the question."""

    key: str
    """As people read it: "placed on" for `placed_on`."""
    value: JsonValue
    pointer: str
    score: float
    at: int
    """Where it stands in the response."""


def interest(question: str, words: Words, known: str = "") -> frozenset[str]:
    """The stems that a question asks for, and the keys that its question words mean; `known` is what it is about."""
    said = _stems(question, words)
    asked = said.union(*(keys for word, keys in ASKED.items() if stem(word) in said))
    return asked - _stems(known, words) if known else asked


def _stems(text: str, words: Words) -> frozenset[str]:
    return frozenset(words(text)) | frozenset(stem(word) for word in re.findall(r"[^\W\d_]{2,}", text.casefold()))


def opened(response: JsonValue) -> tuple[str, JsonValue]:
    """The part of a response that holds the matter, and its pointer: `{"data": [...]}` is its list."""
    pointer, node = "", response
    for _ in range(4):
        if not isinstance(node, Mapping) or not node:
            break
        inner = [key for key, child in node.items() if isinstance(child, list | dict) and (child or len(node) == 1)]
        plain = [key for key, child in node.items() if not isinstance(child, list | dict) and child is not None]
        key = inner[0] if len(inner) == 1 else next((key for key in inner if key.casefold() in ENVELOPES), None)
        if key is None or not (
            len(node) == 1 or key.casefold() in ENVELOPES or (isinstance(node[key], dict) and not plain)
        ):
            break
        if plain and isinstance(node[key], list) and any(set(name_words(name)) & set(MAIN) for name in plain):
            break
        pointer, node = f"{pointer}/{escaped(key)}", node[key]
    return pointer, node


def facts(node: Object, pointer: str, wanted: frozenset[str]) -> list[Fact]:
    """The leaves of an object down to its second level, best first."""
    found = [
        Fact(readable(path), value, where, _score(path, value, wanted), at)
        for at, (path, where, value) in enumerate(_leaves(node, pointer))
    ]
    return sorted(found, key=lambda fact: (-fact.score, fact.at))


def _leaves(node: Object, pointer: str, above: str = "", depth: int = 2) -> Iterator[tuple[str, str, JsonValue]]:
    for key, value in node.items():
        path = f"{above} {key}".strip()
        where = f"{pointer}/{escaped(key)}"
        if isinstance(value, Mapping) and depth > 0:
            yield from _leaves(value, where, path, depth - 1)
        elif value is not None and value != "" and value != {} and not isinstance(value, Mapping):
            yield path, where, value


def _score(path: str, value: JsonValue, wanted: frozenset[str]) -> float:
    words = [word for part in path.split() for word in name_words(part)]
    asked = sum(stem(word) in wanted for word in words)
    main = max((MAIN.get(word, 0.0) for word in words[-2:]), default=0.0)
    technical = bool(set(words) & TECHNICAL) or (isinstance(value, str) and value.startswith("http"))
    return 2.0 * min(asked, 2) + main - (1.5 if technical and not asked else 0) - (0.3 if words[-1:] == ["id"] else 0)


def readable(path: str) -> str:
    """A key as people read it."""
    return re.sub(r"\s+", " ", re.sub(r"(?<=[a-z\d])(?=[A-Z])|[_.\-]+", " ", path)).strip().casefold()


def shown(value: JsonValue) -> str:
    """A leaf in words: as it stands, shortened, truth as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = re.sub(r"\s+", " ", str(value)).strip()
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def matches(node: JsonValue, said: frozenset[str], words: Words) -> int:
    """How many of the question's words an item's own texts hold."""
    if isinstance(node, Mapping):
        texts: Sequence[JsonValue] = [value for value in node.values() if isinstance(value, str | int)]
    else:
        texts = [node] if isinstance(node, str | int) else []
    return len(said & {word for text in texts[:12] for word in words(str(text)[:200])})

"""Which texts of a catalog are nearly the same, found without comparing each with each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import ceil

ALIKE = 0.85  # words in common, of all words of both: one in seven may be another; shorter texts must be the same
MOST_COMPARED = 50  # texts that share a rare word; more than that is a template, and its first ones tell enough

Words = frozenset[str]


def lookalikes(texts: Mapping[str, Words]) -> dict[str, tuple[str, ...]]:
    """For each id that has any, the ids whose words are nearly the same, nearest first."""
    same: dict[Words, list[str]] = defaultdict(list)
    for name, words in texts.items():
        if words:
            same[words].append(name)
    near: dict[Words, list[tuple[float, Words]]] = defaultdict(list)
    for one, other, share in _pairs(list(same)):
        near[one].append((share, other))
        near[other].append((share, one))
    return {name: others for words, names in same.items() for name, others in _others(words, names, same, near)}


def _others(
    words: Words,
    names: list[str],
    same: Mapping[Words, list[str]],
    near: Mapping[Words, list[tuple[float, Words]]],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    ranked = sorted(near.get(words, ()), key=lambda pair: -pair[0])
    further = [name for _, other in ranked for name in same[other]]
    for name in names:
        if others := [*(each for each in names if each != name), *further]:
            yield name, tuple(others)


def _pairs(texts: list[Words]) -> Iterator[tuple[Words, Words, float]]:
    """Two texts that are alike share one of their rarest words: only those that do are compared."""
    frequency = Counter(word for words in texts for word in words)
    by_rare: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(texts):
        ordered = sorted(words, key=lambda word: (frequency[word], word))
        rarest = ordered[: len(ordered) - ceil(ALIKE * len(ordered)) + 1]
        known = {other for word in rarest for other in by_rare[word][:MOST_COMPARED]}
        for other in known:
            if (share := _share(words, texts[other])) >= ALIKE:
                yield texts[other], words, share
        for word in rarest:
            by_rare[word].append(number)


def _share(one: Words, other: Words) -> float:
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)

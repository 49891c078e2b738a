"""Puts like tools beside each other, so that one agent sees those between which it has to tell."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from nodes.reopen import TOOLS_AN_AGENT


def like_with_like(words: Mapping[str, AbstractSet[str]], size: int = TOOLS_AN_AGENT) -> list[str]:
    """The tools, given best first with their words, in groups of `size`: the best one left, and those most like it."""
    left = dict(words)
    ordered: list[str] = []
    while left:
        first, own = next(iter(left.items()))
        group = sorted(left, key=lambda tool: (tool != first, -_likeness(own, left[tool])))[:size]
        ordered += group
        left = {tool: said for tool, said in left.items() if tool not in group}
    return ordered


def _likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Share of their words that both have, in [0, 1]."""
    return len(one & other) / len(one | other) if one | other else 0.0

"""Which tools an agent gets: like beside like, at most five, and none where there is nothing to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

TOOLS_AN_AGENT = 5
"""AnyTool's limit: more tools to one agent, and it overlooks APIs."""
HANDFUL = 5
"""APIs among which there is nothing to choose: whoever plans reads them anyway, and a turn would cost more."""


def grouped(words: Mapping[str, AbstractSet[str]], sizes: Mapping[str, int]) -> list[str]:
    """Tools, given best first with their words and numbers of APIs, in the order in which agents take five each.

    Like tools stand together. If some are left over from the fives, these are the smallest where that spares an agent.
    """
    few = sorted(words, key=lambda tool: sizes[tool])[: len(words) % TOOLS_AN_AGENT]
    if len(words) < TOOLS_AN_AGENT or sum(sizes[tool] for tool in few) > HANDFUL:
        few = []
    return [*like_with_like({tool: own for tool, own in words.items() if tool not in few}), *few]


def like_with_like(words: Mapping[str, AbstractSet[str]]) -> list[str]:
    """Fives of the best tool that is left and those most like it."""
    left = dict(words)
    ordered: list[str] = []
    while left:
        first, own = next(iter(left.items()))
        group = sorted(left, key=lambda tool: (tool != first, -_likeness(own, left[tool])))[:TOOLS_AN_AGENT]
        ordered += group
        left = {tool: said for tool, said in left.items() if tool not in group}
    return ordered


def _likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Share of their words that both have, in [0, 1]."""
    return len(one & other) / len(one | other) if one | other else 0.0


def batches(tools: Sequence[str]) -> list[list[str]]:
    """At most five tools to an agent."""
    return [list(tools[i : i + TOOLS_AN_AGENT]) for i in range(0, len(tools), TOOLS_AN_AGENT)]

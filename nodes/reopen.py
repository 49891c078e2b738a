"""Which branches a round opens, in the order in which a short budget is spent: the deepest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nodes.grouping import batches
from nodes.run import Run
from nodes.state import VisitState

CALLS_A_BRANCH = 2
"""Model calls of a category: its own agent, and a tool agent."""
CALLS_AFTER = 6
"""Set aside for what follows the pool: a plan, parameters, an answer, its graders."""


def affordable(run: Run) -> int:
    """Model calls that the agents of this round may take; those of one branch in any case."""
    left = run.limits.max_llm_calls - run.spent.llm_calls - CALLS_AFTER
    return max(CALLS_A_BRANCH, left)


def visits(
    chosen: Sequence[str], opened: Mapping[str, Sequence[str]], calls: int
) -> tuple[list[VisitState], list[str]]:
    """Branches for `calls` model calls, and the categories for which these do not suffice.

    `chosen` are new categories, best first. `opened` are the tools that earlier rounds looked into, by category: each
    may hold APIs that were passed over, and its category tools that were.
    """
    again: dict[str, list[str]] = {}
    for category, tools in opened.items():
        if (cost := len(batches(tools))) <= calls and tools:
            again[category] = list(tools)
            calls -= cost
    wanted = list(dict.fromkeys([*opened, *chosen]))
    choosing = wanted[: calls // CALLS_A_BRANCH]
    named = dict.fromkeys([*again, *choosing])
    branches: list[VisitState] = [
        {"category": c, "tools": again.get(c, []), "choose": c in choosing, "known": [*opened.get(c, ())]}
        for c in named
    ]
    return branches, [category for category in wanted if category not in choosing and category not in opened]

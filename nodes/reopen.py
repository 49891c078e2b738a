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
    choosing, unopened = [], []
    for category in (*opened, *(name for name in chosen if name not in opened)):
        if calls >= CALLS_A_BRANCH:
            choosing.append(category)
            calls -= CALLS_A_BRANCH
        else:
            unopened.append(category)
    named = dict.fromkeys([*again, *choosing])
    return [{"category": c, "tools": again.get(c, []), "choose": c in choosing} for c in named], unopened

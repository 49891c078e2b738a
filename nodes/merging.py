"""How what parallel branches write is brought together: whatever the order in which they finish, the same comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the state names these functions
    from nodes.state import CallState, PauseState, PooledState


def merge_pool(left: list[PooledState], right: list[PooledState]) -> list[PooledState]:
    """Each API once; an agent's word stands above the index's. Branches finish in any order and may agree."""

    def rank(entry: PooledState) -> tuple[bool, float, str]:
        return entry["agent"] != "index", entry["raw"], entry["agent"]

    best: dict[str, PooledState] = {}
    for entry in (*left, *right):
        known = best.get(entry["api_id"])
        if known is None or rank(entry) > rank(known):
            best[entry["api_id"]] = entry
    return sorted(best.values(), key=lambda entry: (-entry["raw"], entry["api_id"]))


def merge_problems(left: list[str], right: list[str]) -> list[str]:
    """Append what is new, in a fixed order within one join."""
    return left + sorted({problem for problem in right if problem not in left})


def merge_opened(left: dict[str, list[str]], right: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tools of each category, those opened first ahead; branches finish in any order."""
    merged = {category: list(tools) for category, tools in left.items()}
    for category in sorted(right):
        known = merged.setdefault(category, [])
        known += [tool for tool in right[category] if tool not in known]
    return merged


def merge_pause(left: PauseState | None, right: PauseState | None) -> PauseState | None:
    """Branches that reach the same limit lead to one question, and go on together."""
    if left is None or right is None:
        return right
    most = max(left, right, key=lambda pause: (pause["needed"], pause["limit"]))
    return {**most, "cut": sorted([*left["cut"], *right["cut"]], key=lambda v: (v["category"], v["tools"]))}


def merge_calls(left: list[CallState], right: list[CallState]) -> list[CallState]:
    """A repeated step replaces its earlier call at the end of the list."""
    steps = {call["step"] for call in right}
    return [call for call in left if call["step"] not in steps] + right

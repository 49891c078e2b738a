"""Which branches a round opens, for how many model calls."""

from __future__ import annotations

from nodes.grouping import TOOLS_AN_AGENT, batches, grouped, like_with_like
from nodes.reopen import visits


def test_a_first_round_opens_what_was_chosen_as_far_as_the_budget_goes() -> None:
    opened, left = visits(["a", "b", "c"], {}, 4)
    assert [(v["category"], v["choose"], v["tools"]) for v in opened] == [("a", True, []), ("b", True, [])]
    assert left == ["c"], "what is not opened is named"


def test_a_later_round_opens_all_again_that_may_help() -> None:
    opened, left = visits(["new"], {"old": ["old/1", "old/2"], "empty": []}, 20)
    assert opened == [
        {"category": "old", "tools": ["old/1", "old/2"], "choose": True, "known": ["old/1", "old/2"]},
        {"category": "empty", "tools": [], "choose": True, "known": []},
        {"category": "new", "tools": [], "choose": True, "known": []},
    ]
    assert left == []


def test_a_short_budget_is_spent_on_the_deepest_level_first() -> None:
    six = [f"old/{n}" for n in range(6)]
    assert visits(["new"], {"old": six}, 2) == (
        [{"category": "old", "tools": six, "choose": False, "known": six}],
        ["new"],
    )
    assert visits(["new"], {"old": six}, 4) == (
        [{"category": "old", "tools": six, "choose": True, "known": six}],
        ["new"],
    )


def test_where_no_budget_is_left_to_look_again_other_tools_are_chosen_all_the_same() -> None:
    many = [f"old/{n}" for n in range(16)]
    assert visits([], {"old": many}, 3)[0] == [{"category": "old", "tools": [], "choose": True, "known": many}]


def test_like_tools_stand_in_one_five() -> None:
    words = {
        "train": {"rail", "station"},
        "stocks": {"share", "price"},
        "rail": {"rail", "ticket"},
        "bonds": {"share", "yield"},
        "metro": {"rail", "station", "city"},
        "funds": {"share", "price", "fund"},
        "tram": {"rail", "city"},
        "crypto": {"price", "coin"},
        "bus": {"station", "city"},
        "gold": {"price"},
    }
    first, second = batches(like_with_like(words))
    assert set(first) == {"train", "rail", "metro", "tram", "bus"}
    assert set(second) == {"stocks", "bonds", "funds", "crypto", "gold"}


def test_the_smallest_tools_are_left_over_where_that_spares_an_agent() -> None:
    words = {name: frozenset({"same"}) for name in "abcdefg"}
    sizes = dict.fromkeys("abcdefg", 20)
    assert set(batches(grouped(words, {**sizes, "b": 2, "e": 3}))[1]) == {"b", "e"}
    assert set(batches(grouped(words, {**sizes, "b": 2, "e": 4}))[1]) == {"f", "g"}, "six APIs are a choice"
    assert batches(grouped({"a": frozenset()}, {"a": 1})) == [["a"]]


def test_no_tool_is_lost_or_doubled() -> None:
    words = {f"t{n}": frozenset({f"w{n % 3}"}) for n in range(23)}
    ordered = grouped(words, {f"t{n}": n % 4 for n in range(23)})
    assert sorted(ordered) == sorted(words)
    assert max(map(len, batches(ordered))) == TOOLS_AN_AGENT

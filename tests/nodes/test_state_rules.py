"""Reducers and step rules: order and repeats of branches must not matter."""

from __future__ import annotations

import json
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Api, Parameter
from nodes.merging import merge_calls, merge_pool, merge_problems
from nodes.pool import ranked
from nodes.shape import Shaped, shaped
from nodes.state import PooledState
from nodes.step_state import StepState
from nodes.steps import due, fingerprint, named, new_step, pointer_to, skip_orphans
from reasoners.protocol import Step


def entry(api_id: str, raw: float, agent: str = "index") -> PooledState:
    return {"api_id": api_id, "raw": raw, "matched": [], "why": "", "agent": agent}


def test_the_pool_is_the_same_in_whatever_order_branches_finish() -> None:
    branches = [
        [entry("a", 3.0), entry("b", 2.0)],
        [entry("b", 2.0, "tool:x")],
        [entry("c", 1.0, "tool:y"), entry("a", 3.0, "tool:y")],
    ]
    merged = [merge_pool(merge_pool(merge_pool([], x), y), z) for x, y, z in permutations(branches)]
    assert all(pool == merged[0] for pool in merged)
    assert {e["api_id"]: e["agent"] for e in merged[0]} == {"a": "tool:y", "b": "tool:x", "c": "tool:y"}


def test_problems_of_repeated_branches_are_told_once() -> None:
    assert merge_problems(["x"], ["y", "x", "y"]) == ["x", "y"]


def test_what_an_agent_chose_stands_above_what_the_index_only_matched() -> None:
    pool = ranked([entry("matched", 9.0), entry("chosen", 2.0, "tool:x"), entry("far", 1.0)])
    assert [e["api_id"] for e, _ in pool] == ["chosen", "matched", "far"]
    assert all(0 <= score <= 1 for _, score in pool)


def test_without_agents_the_best_of_the_index_has_score_one() -> None:
    assert [score for _, score in ranked([entry("a", 4.0), entry("b", 1.0)])] == [1.0, 0.25]


def step(step_id: str, *depends_on: str, status: str = "planned") -> StepState:
    planned = new_step(Step(step_id, "api", "part", depends_on))
    return {**planned, "status": status}  # type: ignore[typeddict-item]


def test_a_step_is_due_when_all_it_depends_on_is_done() -> None:
    steps = {"1": step("1", status="done"), "2": step("2", "1"), "3": step("3", "2")}
    assert [s["id"] for s in due(steps)] == ["2"]


def test_steps_behind_a_failed_one_are_skipped_all_along_the_chain() -> None:
    steps = skip_orphans({"1": step("1", status="not_found"), "2": step("2", "1"), "3": step("3", "2"), "4": step("4")})
    assert [s["status"] for s in steps.values()] == ["not_found", "skipped", "skipped", "planned"]


def test_a_step_with_alike_apis_waits_for_a_choice() -> None:
    chosen = new_step(Step("1", "a", "?"), alike=["a", "b"])
    assert (chosen["status"], chosen["ask"]) == ("waiting", "choose_api")


def test_a_step_that_is_sent_again_replaces_its_call() -> None:
    calls = [{"step": "1", "n": 1}, {"step": "2", "n": 1}]
    merged = merge_calls(calls, [{"step": "1", "n": 2}])  # type: ignore[arg-type, list-item]
    assert merged == [{"step": "2", "n": 1}, {"step": "1", "n": 2}]


def test_a_fingerprint_depends_on_the_facts_and_not_on_their_order() -> None:
    assert fingerprint({"a": 1, "b": "ü"}) == fingerprint({"b": "ü", "a": 1}) != fingerprint({"a": 1, "b": "u"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=8),
    max_leaves=40,
)


@given(json_values)
def test_a_small_response_stays_as_it_is(body: object) -> None:
    assert shaped(body) == Shaped(body)  # type: ignore[arg-type]


def test_a_large_list_is_cut_and_what_it_lost_is_counted() -> None:
    cut = shaped({"a/b": [{"id": n, "text": "x" * 200} for n in range(5_000)]})
    kept = cut.body["a/b"]  # type: ignore[index, call-overload]
    assert len(json.dumps(cut.body)) <= 60_000
    assert kept[0] == {"id": 0, "text": "x" * 200}  # type: ignore[index]
    assert cut.omitted == ({"pointer": "/a~1b", "kept": len(kept), "of": 5_000},)  # type: ignore[arg-type]


def test_a_long_text_is_cut_and_counted() -> None:
    cut = shaped({"page": "y" * 90_000})
    assert cut.omitted[0]["pointer"] == "/page" and cut.omitted[0]["of"] == 90_000
    assert len(json.dumps(cut.body)) <= 60_000


def test_a_bottomless_response_is_cut() -> None:
    deep: object = "end"
    for _ in range(500):
        deep = [deep]
    cut = shaped(deep)  # type: ignore[arg-type]
    assert cut.omitted[0]["pointer"].count("/") == 40 and len(json.dumps(cut.body)) < 200


def test_a_response_of_many_keys_keeps_some_and_says_of_how_many() -> None:
    cut = shaped({f"key {n}": n for n in range(100_000)})
    assert cut.omitted == ({"pointer": "", "kept": len(cut.body), "of": 100_000},)  # type: ignore[arg-type]
    assert len(json.dumps(cut.body)) <= 60_000


def test_a_response_that_no_cut_makes_small_is_not_kept_and_its_size_is_told() -> None:
    body: object = {"k" * 70_000: 1}
    cut = shaped(body)  # type: ignore[arg-type]
    assert cut.body is None
    assert cut.omitted == ({"pointer": "", "kept": 0, "of": len(json.dumps(body))},)


def test_a_pointer_leads_to_the_parameter_also_where_names_hold_dots_and_slashes() -> None:
    names = ["page", "page.size", "a/b"]
    api = Api(
        id="x", name="x", category="c", tool_id="t", tool_name="t", parameters=tuple(Parameter(name=n) for n in names)
    )
    assert [named(p, api) for p in ("/page.size", "/page.number", pointer_to("a/b"), "/other")] == [
        "page.size", "page", "a/b", "other",
    ]  # fmt: skip

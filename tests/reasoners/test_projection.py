"""A long response loses what the question does not need, and no pointer into the rest becomes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from reasoners.chat.answering import found_at
from reasoners.projection import CUT, Wanted, projected

ORDERS: JsonValue = {
    "orders": [
        {"id": f"A{n}", "customer": f"Customer {n}", "status": "sent", "history": [{"at": n, "note": "x" * 300}] * 4}
        for n in range(400)
    ]
}


def test_what_fits_is_shown_as_it_is() -> None:
    assert projected({"a": [1, 2, {"b": None}]}, 100) == {"a": [1, 2, {"b": None}]}


def test_the_item_asked_for_is_shown_wherever_it_stands() -> None:
    shown = projected(ORDERS, 6_000, Wanted.of("What is the status of A317?"))

    assert found_at(shown, "/orders/317/id") == "A317"
    assert found_at(shown, "/orders/317/status") == "sent"
    assert len(json.dumps(shown, ensure_ascii=False)) <= 6_000


def test_what_is_left_out_of_a_list_is_counted() -> None:
    shown = projected({"rows": ["y" * 30 for _ in range(1_000)]}, 2_000)

    assert found_at(shown, "/rows/50") == f"{CUT} 950 more"


def test_the_middle_of_a_list_keeps_its_places_and_its_count() -> None:
    rows: list[JsonValue] = [{"city": f"Town {n}", "population": n * 1000} for n in range(500)]
    rows.append({"city": "Lyon"})

    shown = projected({"rows": rows}, 3_000, Wanted.of("How many people live in Lyon?"))

    assert found_at(shown, "/rows/500/city") == "Lyon"
    assert str(found_at(shown, f"/rows/{CUT}")).endswith("of 501")


def test_fields_that_the_question_names_outlive_the_others() -> None:
    record: dict[str, JsonValue] = {f"note_{n}": "z" * 500 for n in range(60)}
    record["delivery_date"] = "2026-06-01"

    shown = projected({"order": record}, 1_500, Wanted.of("When is the delivery?"))

    assert found_at(shown, "/order/delivery_date") == "2026-06-01"


def test_words_that_every_item_has_choose_none() -> None:
    rows: JsonValue = [{"kind": "order", "n": n, "text": "t" * 100} for n in range(300)]

    shown = projected(rows, 2_000, Wanted.of("Which order?"))

    assert isinstance(shown, list)
    assert found_at(shown, "/0/n") == 0


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=30),
    max_leaves=200,
)


@given(trees, st.text(max_size=30), st.integers(20, 600))
@settings(max_examples=150, deadline=None)
def test_every_pointer_into_what_is_shown_holds_in_the_document(document: JsonValue, about: str, limit: int) -> None:
    shown = projected(document, limit, Wanted.of(about))

    if isinstance(shown, str) and not isinstance(document, str):
        assert len(shown) <= limit  # nothing of its structure fitted
        return
    assert len(json.dumps(shown, ensure_ascii=False)) <= limit or isinstance(shown, str)
    for pointer, value in leaves(shown):
        meant = found_at(document, pointer)
        assert meant == value or (isinstance(value, str) and CUT in value)


def leaves(node: JsonValue, pointer: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name != CUT:
                yield from leaves(value, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from leaves(value, f"{pointer}/{place}")
    else:
        yield pointer, node
